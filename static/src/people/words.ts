import type { TextKey } from "../i18n/keys";
import type { Text } from "../i18n/text";

const ROLES: Record<string, TextKey> = {
  "teacher-admin": "people.role.teacher-admin",
  teacher: "people.role.teacher",
  "pupil-admin": "people.role.pupil-admin",
  pupil: "people.role.pupil",
  visitor: "people.role.visitor",
  moderator: "people.role.moderator",
};

const STATES: Record<string, TextKey> = {
  open: "people.state.open",
  closed: "people.state.closed",
  archived: "people.state.archived",
};

const PROBLEMS: Record<string, TextKey> = {
  list_long: "people.problem.list_long",
  name_missing: "people.problem.name_missing",
  name_long: "people.problem.name_long",
  name_real: "people.problem.name_real",
  name_taken: "people.problem.name_taken",
  name_twice: "people.problem.name_twice",
  pupil_known: "people.problem.pupil_known",
  pupil_twice: "people.problem.pupil_twice",
};

function say(t: Text, texts: Record<string, TextKey>, key: string): string {
  const text = texts[key];
  return text ? t(text) : key;
}

/** Say what a role is. */
export const roleText = (t: Text, role: string) => say(t, ROLES, role);

/** Say which state a room is in. */
export const stateText = (t: Text, state: string) => say(t, STATES, state);

/** Say why a line of a pasted list made no pupil. */
export const problemText = (t: Text, code: string) => say(t, PROBLEMS, code);
