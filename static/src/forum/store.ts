import { create } from "zustand";
import type { RoomConnection } from "../connection";
import type { Ask, Snapshots } from "../frames";
import { useRoomState } from "../room/store";
import {
  applied,
  EMPTY,
  type Forum,
  type ForumPush,
  fromSnapshot,
  joined,
  runAfter,
  runOf,
} from "./state";

export interface ForumState extends Forum {
  /** Counts the welcomes; what was read before one is read again. */
  beginning: number;
}

export const useForum = create<ForumState>()(() => ({ ...EMPTY, beginning: 0 }));

/** What is heard while a page is on its way, for each page. */
const listening = new Set<ForumPush[]>();

/** Begin anew with what the server told. */
export function load(snapshot: Snapshots["forum"]): void {
  listening.clear();
  useForum.setState(({ beginning }) => ({ ...fromSnapshot(snapshot), beginning: beginning + 1 }));
}

/** Take in what happened. */
export function apply(push: ForumPush): void {
  const you = useRoomState.getState().you;
  if (!you) return;
  for (const heard of listening) heard.push(push);
  useForum.setState((forum) => applied(forum, push, you));
}

/**
 * Read a page of a thread into the store.
 *
 * What happens meanwhile is put on the page when it comes, so that nothing is missed and nothing
 * counts twice.
 *
 * @throws {Refused} such as `not_found` for a thread or post that is not there for this person
 */
export async function readPage(
  ask: RoomConnection["ask"],
  fields: Ask<"forum.thread">,
): Promise<void> {
  const heard: ForumPush[] = [];
  const { beginning } = useForum.getState();
  listening.add(heard);
  try {
    const page = await ask("forum.thread", fields);
    if (useForum.getState().beginning !== beginning) return; // the view asks again
    const run = heard.filter(({ seq }) => seq > page.seq).reduce(runAfter, runOf(page));
    const id = page.thread.id;
    useForum.setState(({ runs }) => ({ runs: { ...runs, [id]: joined(runs[id], run) } }));
  } finally {
    listening.delete(heard);
  }
}
