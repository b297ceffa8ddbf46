import { expect, test } from "vitest";
import type { HeldPost, Thread } from "../protocol";
import { factsOf, threadsOf, waitingFirst } from "./lists";

function thread(id: string, last_at: number, more: Partial<Thread> = {}): Thread {
  return {
    id,
    board_id: "b",
    author_id: "anna",
    title: id,
    created_at: 0,
    held: false,
    pinned: false,
    locked: false,
    best_post_id: null,
    posts: 1,
    last_place: 1,
    last_at,
    last_author_id: "anna",
    ...more,
  };
}

const THREADS = {
  old: thread("old", 1),
  pinned: thread("pinned", 0, { pinned: true }),
  recent: thread("recent", 2),
  elsewhere: thread("elsewhere", 9, { board_id: "c" }),
};

test("Pinned threads come first, then those where something happened last.", () => {
  expect(threadsOf(THREADS, "b").map(({ id }) => id)).toEqual(["pinned", "recent", "old"]);
});

test("A board counts its threads and what is unread in them.", () => {
  const reads = {
    old: { thread_id: "old", place: 0, unread: 2 },
    recent: { thread_id: "recent", place: 0, unread: 1 },
    elsewhere: { thread_id: "elsewhere", place: 0, unread: 7 },
  };
  expect(factsOf(THREADS, reads)).toEqual({
    b: { threads: 3, unread: 3, last: THREADS.recent },
    c: { threads: 1, unread: 7, last: THREADS.elsewhere },
  });
});

test("Who has waited longest comes first, and what was returned comes last.", () => {
  const held = (id: string, at: number, state: HeldPost["state"] = "waiting") =>
    ({ id, at, state }) as HeldPost;
  const all = { c: held("c", 3), a: held("a", 1, "returned"), b: held("b", 2) };
  expect(waitingFirst(all).map(({ id }) => id)).toEqual(["b", "c", "a"]);
});
