import type { Board, HeldPost, Thread, ThreadRead } from "../protocol";
import type { Forum } from "./state";

/** Put boards in the teachers' order. */
export function inOrder(boards: Forum["boards"]): Board[] {
  return Object.values(boards).sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));
}

/** Put the threads of a board in order: pinned ones first, then by what happened last. */
export function threadsOf(threads: Forum["threads"], boardId: string): Thread[] {
  return Object.values(threads)
    .filter((thread) => thread.board_id === boardId)
    .sort(
      (a, b) =>
        Number(b.pinned) - Number(a.pinned) || b.last_at - a.last_at || (a.id < b.id ? -1 : 1),
    );
}

/** What a board's card says of its threads. */
export interface BoardFacts {
  threads: number;
  unread: number;
  /** The thread where something happened last. */
  last: Thread | null;
}

/** Count what is in each board; a board without threads is not in the answer. */
export function factsOf(
  threads: Forum["threads"],
  reads: Readonly<Record<string, ThreadRead>>,
): Record<string, BoardFacts> {
  const facts: Record<string, BoardFacts> = {};
  for (const thread of Object.values(threads)) {
    facts[thread.board_id] ??= { threads: 0, unread: 0, last: null };
    const board = facts[thread.board_id] as BoardFacts;
    board.threads += 1;
    board.unread += reads[thread.id]?.unread ?? 0;
    if (!board.last || thread.last_at > board.last.last_at) board.last = thread;
  }
  return facts;
}

/** Put held posts in the order in which they were handed in, the longest wait first. */
export function waitingFirst(held: Forum["held"]): HeldPost[] {
  return Object.values(held).sort(
    (a, b) =>
      Number(a.state === "returned") - Number(b.state === "returned") ||
      a.at - b.at ||
      (a.id < b.id ? -1 : 1),
  );
}
