import { beforeEach, expect, test } from "vitest";
import type { RoomConnection } from "../connection";
import type { Post, Thread, ThreadPage } from "../protocol";
import { useRoomState } from "../room/store";
import type { ForumPush } from "./state";
import { apply, load, readPage, useForum } from "./store";

const THREAD = { id: "t", board_id: "b", posts: 1, last_place: 1 } as Thread;

function post(place: number, text: string): Post {
  return {
    id: `p${place}`,
    thread_id: "t",
    place,
    author_id: "anna",
    at: place,
    text,
    edited_at: null,
    quote: null,
    likes: [],
    removed_by: null,
  };
}

function page(seq: number, ...posts: Post[]): ThreadPage {
  return { seq, thread: THREAD, posts, more_before: false, more_after: false };
}

const replied = (seq: number, one: Post) =>
  ({ type: "forum.replied", seq, at: 1, post: one }) as ForumPush;
const edited = (seq: number, id: string, text: string) =>
  ({
    type: "forum.edited",
    seq,
    at: 1,
    thread_id: "t",
    post_id: id,
    text,
    edited_at: 1,
  }) as ForumPush;

/** A connection whose answer comes when the test says so. */
function asking() {
  let answer: (page: ThreadPage) => void = () => {};
  let refuse: (reason: Error) => void = () => {};
  const ask = (() =>
    new Promise<ThreadPage>((resolve, reject) => {
      answer = resolve;
      refuse = reject;
    })) as unknown as RoomConnection["ask"];
  const done = readPage(ask, { thread_id: "t" });
  return {
    answer: (one: ThreadPage) => {
      answer(one);
      return done;
    },
    refuse: (reason: Error) => {
      refuse(reason);
      return done;
    },
  };
}

function texts() {
  return useForum.getState().runs.t?.posts.map(({ text }) => text);
}

beforeEach(() => {
  useRoomState.setState({
    you: {
      member_id: "maja",
      name: "Maja",
      role: "pupil",
      school_id: "",
      language: "sv",
      teams: [],
    },
  });
  load({ boards: [], threads: [THREAD], held: [], reads: [] });
});

test("What happens while a page is on its way is on it when it comes.", async () => {
  const { answer } = asking();
  apply(replied(11, post(2, "Second")));
  apply(edited(12, "p1", "First, better"));
  await answer(page(10, post(1, "First")));
  expect(texts()).toEqual(["First, better", "Second"]);
});

test("What a page holds already does not count twice, before it or after.", async () => {
  const { answer } = asking();
  apply(replied(9, post(2, "Second")));
  await answer(page(10, post(1, "First"), post(2, "Second, better")));
  apply(edited(8, "p2", "Second"));
  apply(replied(10, post(2, "Second")));
  expect(texts()).toEqual(["First", "Second, better"]);
});

test("A page of before a welcome is dropped: it may lack what came between.", async () => {
  const { answer } = asking();
  load({ boards: [], threads: [THREAD], held: [], reads: [] });
  await answer(page(10, post(1, "First")));
  expect(texts()).toBeUndefined();
});

test("A refused page leaves everything as it was, and nobody listening.", async () => {
  const { refuse } = asking();
  await expect(refuse(new Error("not_found"))).rejects.toThrow("not_found");
  expect(texts()).toBeUndefined();
  const { answer } = asking();
  await answer(page(10, post(1, "First")));
  expect(texts()).toEqual(["First"]);
});
