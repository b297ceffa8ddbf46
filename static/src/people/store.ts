import type { PushOf, Snapshots } from "../frames";
import { dropTeam, putMember, putTeam, setDirectory, useDirectory } from "../room/directory";
import { changeRoom, changeYou, useRoomState } from "../room/store";

/** Begin anew with what the server told. */
export function load({ members, removed, schools, teams }: Snapshots["people"]): void {
  setDirectory(
    [
      ...members.map((member) => ({ ...member, removed: false })),
      ...removed.map((member) => ({ ...member, removed: true })),
    ],
    schools,
    teams,
  );
}

/** Take in what happened. */
export function apply(push: PushOf<"people">): void {
  const { you } = useRoomState.getState();
  switch (push.type) {
    case "people.joined":
    case "people.changed": {
      const { member } = push;
      putMember({ ...member, removed: false });
      if (member.id === you?.member_id) changeYou({ name: member.name, role: member.role });
      break;
    }
    case "people.removed": {
      const member = useDirectory.getState().members[push.member_id];
      if (member) putMember({ ...member, removed: true });
      break;
    }
    case "people.team_changed":
      putTeam(push.team);
      break;
    case "people.team_removed":
      dropTeam(push.team_id);
      break;
    case "people.room_changed":
      changeRoom({ title: push.title, description: push.description, state: push.state });
      break;
    case "people.language_chosen":
    case "people.roster_changed":
    case "people.card_reset":
    case "people.moderator_came":
    case "people.moderator_left":
      break;
    default:
      push satisfies never;
  }
}
