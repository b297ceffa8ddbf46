import { create } from "zustand";
import type { Place, Present, PushOf, Welcome } from "../frames";

interface RoomState {
  you: Welcome["you"] | null;
  room: Welcome["room"] | null;
  /** Who is here now and where, by member id. */
  present: Readonly<Record<string, Present>>;
  /** What the server's clock is ahead of this one, in milliseconds. */
  clockAheadMs: number;
  /** Whom the page follows from place to place. */
  following: string | null;
}

const NOBODY: RoomState = {
  you: null,
  room: null,
  present: {},
  clockAheadMs: 0,
  following: null,
};

export const useRoomState = create<RoomState>()(() => NOBODY);

function whoIsHere(present: readonly Present[], before: Record<string, Present> = {}) {
  const all = { ...before, ...Object.fromEntries(present.map((one) => [one.member_id, one])) };
  return Object.fromEntries(Object.entries(all).filter(([, one]) => one.connections > 0));
}

/** Take in who the person is, what the room is, and who is here. */
export function load(welcome: Welcome): void {
  useRoomState.setState({
    you: welcome.you,
    room: welcome.room,
    present: whoIsHere(welcome.present),
    clockAheadMs: welcome.server_time - Date.now(),
  });
}

/** Forget the room that was left. */
export function clear(): void {
  useRoomState.setState(NOBODY);
}

/** Take in who came, moved or left. */
export function apply(push: PushOf<"room">): void {
  useRoomState.setState(({ present }) => ({
    present: whoIsHere(push.present, push.complete ? {} : present),
  }));
}

/** Change what is known of the room itself: its title, its state. */
export function changeRoom(change: Partial<Welcome["room"]>): void {
  useRoomState.setState(({ room }) => ({ room: room && { ...room, ...change } }));
}

/** Change what is known of the person at this keyboard: a new name, role or team. */
export function changeYou(change: Partial<Welcome["you"]>): void {
  useRoomState.setState(({ you }) => ({ you: you && { ...you, ...change } }));
}

/** Go wherever this member goes; null stops. */
export function follow(memberId: string | null): void {
  useRoomState.setState({ following: memberId });
}

/** Return the path of a place, inside the room. */
export function pathOf(place: { tool: string; target?: string | null }): string {
  if (place.tool === "home") return "";
  return place.target ? `${place.tool}/${place.target}` : place.tool;
}

/** Return the place that a path inside the room leads to. */
export function placeOf(path: string): Place {
  const [tool = "", target] = path.split("/").filter(Boolean);
  const tools: readonly Place["tool"][] = ["chat", "forum", "docs", "people", "settings"];
  const known = tools.find((one) => one === tool) ?? "home";
  return known === "docs" && target && /^[0-9a-hjkmnp-tv-z]{20}$/.test(target)
    ? { tool: known, target }
    : { tool: known };
}
