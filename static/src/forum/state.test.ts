import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Snapshots } from "../frames";
import type { Post, ThreadPage } from "../protocol";
import {
  applied,
  type Forum,
  type ForumPush,
  fromSnapshot,
  joined,
  type Reader,
  runAfter,
  runOf,
} from "./state";

const FRAMES = join(import.meta.dirname, "../../../tests/frames/forum");

interface State {
  forum: Snapshots["forum"];
  pages: ThreadPage[];
}

interface Record {
  you: Reader;
  start: State;
  steps: { step: string; pushes: ForumPush[]; after: State; seq: number }[];
  /** All events as they are kept for those who resume. */
  kept: ForumPush[];
}

/** The state that was read afresh, with all its threads open. */
function opened({ forum, pages }: State): Forum {
  const runs = pages
    .filter(({ thread }) => !thread.held)
    .map((page) => [page.thread.id, runOf(page)] as const);
  return { ...fromSnapshot(forum), runs: Object.fromEntries(runs) };
}

/** What people see of it: up to which event a post is known is nobody's business. */
function seen(forum: Forum) {
  const runs = Object.entries(forum.runs).map(([id, { posts }]) => [id, posts] as const);
  return { ...forum, runs: Object.fromEntries(runs) };
}

describe.each(readdirSync(FRAMES))("%s", (file) => {
  const { you, start, steps, kept } = JSON.parse(
    readFileSync(join(FRAMES, file), "utf8"),
  ) as Record;

  test.each(steps.map((one, index) => ({ ...one, index })))(
    "$index $step: the state before and its pushes make the state read afresh.",
    ({ pushes, after: wanted, index }) => {
      const before = index === 0 ? start : (steps[index - 1] as Record["steps"][0]).after;
      const made = pushes.reduce((forum, push) => {
        const next = applied(forum, push, you);
        // A thread that has just appeared is opened, as a reader would.
        return push.type === "forum.started"
          ? { ...next, runs: { ...next.runs, [push.thread.id]: started(push.post, push.seq) } }
          : next;
      }, opened(before));
      expect(seen(made)).toEqual(seen(opened(wanted)));
    },
  );

  test.each(steps)("Who resumes after $seq ($step) has all that is there.", ({ after, seq }) => {
    const missed = kept.filter((push) => push.seq > seq);
    const made = missed.reduce((forum, push) => applied(forum, push, you), opened(after));
    const end = opened(steps.at(-1)?.after as State);
    // Threads that came meanwhile are not open.
    const runs = Object.fromEntries(
      Object.entries(end.runs).filter(([id]) => id in opened(after).runs),
    );
    expect(seen(made)).toEqual(seen({ ...end, runs }));
  });

  test("All pushes from the start make the state at the end.", () => {
    const pushes = steps.flatMap((step) => step.pushes);
    const made = pushes.reduce((forum, push) => applied(forum, push, you), opened(start));
    const end = steps.at(-1)?.after as State;
    expect({ ...made, runs: {} }).toEqual({ ...opened(end), runs: {} });
  });
});

function started(post: Post, seq: number) {
  return { posts: [post], knownTo: { [post.id]: seq } };
}

const FIRST: Post = {
  id: "p1",
  thread_id: "t",
  place: 1,
  author_id: "anna",
  at: 1,
  text: "One",
  edited_at: null,
  quote: null,
  likes: [],
  removed_by: null,
};

function posts(...places: number[]): Post[] {
  return places.map((place) => ({ ...FIRST, id: `p${place}`, place }));
}

function page(seq: number, ...places: number[]) {
  return runOf({
    seq,
    posts: posts(...places),
    more_before: false,
    more_after: false,
  } as unknown as ThreadPage);
}

describe("A run of posts", () => {
  const edited = { type: "forum.edited", thread_id: "t", post_id: "p1", edited_at: 2, at: 2 };
  const edit = (seq: number, text: string) => ({ ...edited, seq, text }) as ForumPush;

  test("does not go back to what an older event said.", () => {
    const run = runAfter(page(10, 1), edit(9, "Older"));
    expect(run.posts[0]?.text).toBe("One");
    expect(runAfter(run, edit(11, "Newer")).posts[0]?.text).toBe("Newer");
  });

  test("grows by the next post and by no other.", () => {
    const reply = (place: number, seq: number) =>
      ({ type: "forum.replied", seq, at: 1, post: posts(place)[0] }) as ForumPush;
    const run = runAfter(runAfter(page(10, 1), reply(2, 11)), reply(2, 11));
    expect(run.posts.map((post) => post.place)).toEqual([1, 2]);
    expect(runAfter(run, reply(4, 12)).posts).toHaveLength(2);
  });

  test("is joined with what touches it, and gives way to what does not.", () => {
    const places = (run: { posts: readonly Post[] }) => run.posts.map((post) => post.place);
    expect(places(joined(page(1, 3, 4), page(2, 1, 2)))).toEqual([1, 2, 3, 4]);
    expect(places(joined(page(1, 1, 2, 3), page(2, 3, 4)))).toEqual([1, 2, 3, 4]);
    expect(places(joined(page(1, 1, 2), page(2, 8, 9)))).toEqual([8, 9]);
    expect(places(joined(undefined, page(2, 8, 9)))).toEqual([8, 9]);
  });

  test("keeps the newer of two when they overlap.", () => {
    const newer = runAfter(page(10, 1), edit(11, "Newer"));
    expect(joined(newer, page(10, 1, 2)).posts[0]?.text).toBe("Newer");
    expect(joined(page(10, 1, 2), newer).posts[0]?.text).toBe("Newer");
  });
});
