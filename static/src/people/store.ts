import { create } from "zustand";
import { onFarewell } from "../farewell";
import type { PushOf, Replies, Snapshots } from "../frames";
import type { RoomContext } from "../room/context";
import { dropTeam, putMember, putTeam, setDirectory, useDirectory } from "../room/directory";
import { changeRoom, changeYou, useRoomState } from "../room/store";

/** What is printed on a join card. */
export type JoinCard = NonNullable<Replies["people.reset_card"]["result"]>;

interface People {
  /** Real names of my own school's pupils, by member id; a pupil and a visitor have none. */
  roster: Readonly<Record<string, string>>;
  /**
   * Cards made since this page was opened, by {@link pileOf}: each is printed under its room's
   * name, and seen by whoever made it alone. The server does not know their words any more.
   */
  cards: Readonly<Record<string, readonly JoinCard[]>>;
  /** Pupils whose cards went with a reply that did not arrive, by {@link pileOf}. */
  lost: Readonly<Record<string, readonly string[]>>;
  /** How often moderators have come or gone, or may have while the line was cut. */
  comings: number;
}

export const usePeople = create<People>()(() => ({ roster: {}, cards: {}, lost: {}, comings: 0 }));

/** Begin anew with what the server told; cards that wait to be printed stay. */
export function load({ members, removed, schools, teams, roster }: Snapshots["people"]): void {
  setDirectory(
    [
      ...members.map((member) => ({ ...member, removed: false })),
      ...removed.map((member) => ({ ...member, removed: true })),
    ],
    schools,
    teams,
  );
  usePeople.setState(({ comings }) => ({ roster: named(roster), comings: comings + 1 }));
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
    case "people.removed":
      remove(push.member_id);
      break;
    case "people.team_changed":
      putTeam(push.team);
      break;
    case "people.team_removed":
      dropTeam(push.team_id);
      break;
    case "people.roster_changed":
      usePeople.setState(({ roster }) => ({ roster: { ...roster, ...named(push.entries) } }));
      break;
    case "people.room_changed":
      changeRoom({ title: push.title, description: push.description, state: push.state });
      break;
    case "people.language_chosen":
      changeYou({ language: push.language });
      break;
    case "people.moderator_came":
    case "people.moderator_left":
      usePeople.setState(({ comings }) => ({ comings: comings + 1 }));
      break;
    case "people.card_reset":
      break;
    default:
      push satisfies never;
  }
}

/** Have the browser ask first: cards, and whose are lost, would go with the page for good. */
function holdPage(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Name the cards that this person makes in this room. */
export function pileOf({ connection, you }: Pick<RoomContext, "connection" | "you">): string {
  return `${connection.roomId}.${you.member_id}`;
}

/** Keep new cards until they are printed; a newer card of a pupil takes the place. */
export function keepCards(pile: string, made: readonly JoinCard[]): void {
  changePile(
    pile,
    made.map((card) => card.member_id),
    { made },
  );
}

/** Note whose new cards nobody has; what was printed for them before works no more. */
export function loseCards(pile: string, lost: readonly string[]): void {
  changePile(pile, lost, { lost });
}

/** Keep the card that a reply tells of this pupil; a repeat's tells none: its words are lost. */
export function keepCard(pile: string, reply: Replies["people.reset_card"], pupil: string): void {
  if (reply.result) keepCards(pile, [reply.result]);
  else loseCards(pile, [pupil]);
}

/** Forget that this pupil's card is lost: there is nobody to give one to. */
export function dropLost(pile: string, pupil: string): void {
  changePile(pile, [pupil], {});
}

function changePile(
  pile: string,
  pupils: readonly string[],
  { made = [], lost = [] }: { made?: readonly JoinCard[]; lost?: readonly string[] },
): void {
  const before = usePeople.getState();
  const cards = (before.cards[pile] ?? []).filter((card) => !pupils.includes(card.member_id));
  const missing = (before.lost[pile] ?? []).filter((id) => !pupils.includes(id));
  put({
    cards: { ...before.cards, [pile]: [...cards, ...made] },
    lost: { ...before.lost, [pile]: [...missing, ...lost] },
  });
}

/** Forget the cards of a pile. */
export function forgetCards(pile: string): void {
  const { cards, lost } = usePeople.getState();
  put({ cards: { ...cards, [pile]: [] }, lost });
}

function put(piles: Pick<People, "cards" | "lost">): void {
  const cards = withoutEmpty(piles.cards);
  const lost = withoutEmpty(piles.lost);
  if (Object.keys({ ...cards, ...lost }).length === 0) {
    window.removeEventListener("beforeunload", holdPage);
  } else {
    window.addEventListener("beforeunload", holdPage);
  }
  usePeople.setState({ cards, lost });
}

function withoutEmpty<Item>(piles: Readonly<Record<string, readonly Item[]>>) {
  return Object.fromEntries(Object.entries(piles).filter(([, pile]) => pile.length > 0));
}

// Their words let anybody in, and whoever comes to this page next may be a pupil.
onFarewell(() => put({ cards: {}, lost: {} }));

function named(entries: Snapshots["people"]["roster"]): Record<string, string> {
  return Object.fromEntries(entries.map((one) => [one.member_id, one.real_name]));
}

function remove(id: string): void {
  const { members, teams } = useDirectory.getState();
  const member = members[id];
  if (member) putMember({ ...member, removed: true });
  for (const team of Object.values(teams)) {
    if (team.member_ids.includes(id)) {
      putTeam({ ...team, member_ids: team.member_ids.filter((one) => one !== id) });
    }
  }
}
