import { create } from "zustand";

/** A member as the whole room knows them. */
export interface Member {
  id: string;
  name: string;
  role: string;
  /** A moderator belongs to none. */
  school_id: string | null;
  creature: string;
  tint: number;
  /** Whether they are no longer in the room; what they wrote keeps their name. */
  removed: boolean;
}

export interface School {
  id: string;
  name: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  city: string;
  /** IANA name. */
  time_zone: string;
  /** 0 to 6: its place in the set of hues. */
  hue: number;
}

export interface Team {
  id: string;
  name: string;
  member_ids: readonly string[];
}

interface Directory {
  members: Readonly<Record<string, Member>>;
  schools: Readonly<Record<string, School>>;
  teams: Readonly<Record<string, Team>>;
}

/**
 * Who the members are, which schools they come from and which teams they form: what every tool
 * needs to draw a person.
 *
 * The people feature's store fills it; everyone reads it.
 */
export const useDirectory = create<Directory>()(() => ({ members: {}, schools: {}, teams: {} }));

function byId<Item extends { id: string }>(items: readonly Item[]): Record<string, Item> {
  return Object.fromEntries(items.map((item) => [item.id, item]));
}

/** Begin anew with these members, schools and teams. */
export function setDirectory(
  members: readonly Member[],
  schools: readonly School[],
  teams: readonly Team[] = [],
): void {
  useDirectory.setState({ members: byId(members), schools: byId(schools), teams: byId(teams) });
}

/** Add a team, or replace what is known of it. */
export function putTeam(team: Team): void {
  useDirectory.setState(({ teams }) => ({ teams: { ...teams, [team.id]: team } }));
}

/** Forget a team that was dissolved. */
export function dropTeam(id: string): void {
  useDirectory.setState(({ teams: { [id]: _, ...teams } }) => ({ teams }));
}

/** Add a member, or replace what is known of them. */
export function putMember(member: Member): void {
  useDirectory.setState(({ members }) => ({ members: { ...members, [member.id]: member } }));
}

/** Return a member, or undefined for an id nobody has told of. */
export function useMember(id: string): Member | undefined {
  return useDirectory((state) => state.members[id]);
}

/** Return the school of a member. */
export function useSchoolOf(memberId: string): School | undefined {
  return useDirectory((state) => {
    const member = state.members[memberId];
    return member?.school_id ? state.schools[member.school_id] : undefined;
  });
}
