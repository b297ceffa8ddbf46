// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { startLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import type { Board, Post, Thread } from "../protocol";
import { RoomHere } from "../room/context";
import { useRoomState } from "../room/store";
import { keepDraft } from "./draft";
import { StartView } from "./start";
import type { ForumPush } from "./state";
import { apply, load, useForum } from "./store";
import { ThreadView } from "./thread";

const BOARD = { id: "b", name: "Questions", hold: false, archived: false } as Board;
const THREAD = {
  id: "t",
  board_id: "b",
  author_id: "anna",
  title: "Seas",
  best_post_id: null,
  locked: false,
  held: false,
  last_place: 1,
} as Thread;
const POST = {
  id: "p",
  thread_id: "t",
  place: 1,
  author_id: "maja",
  at: 1,
  text: "How deep?",
  edited_at: null,
  quote: null,
  likes: [],
  removed_by: null,
} as Post;
const WORDS = "As deep as the hills are high.";

let page: HTMLElement;
let seq = 1;

beforeEach(async () => {
  localStorage.clear();
  // jsdom neither scrolls nor has a screen, and so no media.
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener: () => {},
    removeEventListener: () => {},
  }));
  Element.prototype.scrollIntoView = () => {};
  await startLanguage();
  useRoomState.setState({
    you: { member_id: "maja", role: "pupil" },
    room: { state: "open" },
  } as never);
});

/** Draw a part of the forum for a member of the room, with one board and one thread of one post. */
async function show(view: React.ReactNode, role = "pupil"): Promise<void> {
  const ask = async () => ({ seq, thread: THREAD, posts: [POST] });
  const send = async () => ({});
  const you = { member_id: "maja", role };
  const room = { ask, send, you, href: (path: string) => path } as never;
  load({ boards: [BOARD], threads: [THREAD], held: [], reads: [] } as never);
  await act(async () => {
    page = await mounted(
      <Language>
        <RoomHere value={room}>{view}</RoomHere>
      </Language>,
    );
  });
}

async function happens(push: object): Promise<void> {
  seq += 1;
  await act(async () => apply({ seq, at: 1, ...push } as ForumPush));
}

const changed = (how: Partial<Thread>) => ({
  type: "forum.thread_changed",
  thread: { ...THREAD, ...how },
});

function area(): HTMLTextAreaElement | null {
  return page.querySelector("textarea");
}

async function write(words: string): Promise<void> {
  await act(async () => {
    // React hears of a value only if it is set past its own setter.
    const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value") ?? {};
    set?.call(area(), words);
    area()?.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

async function press(name: string): Promise<void> {
  const button = [...page.querySelectorAll("button")].find((one) => one.textContent === name);
  if (!button) throw new Error(`no button ${name}`);
  await act(async () => button.click());
}

test("A reply whose thread is locked stays in sight, and is written on when it is unlocked.", async () => {
  await show(<ThreadView id="t" postId={null} />);
  await write(WORDS);
  await happens(changed({ locked: true }));
  expect(area()).toMatchObject({ value: WORDS, readOnly: true });
  await happens(changed({ locked: false }));
  expect(area()).toMatchObject({ value: WORDS, readOnly: false });
});

test("A reply that is thrown away does not come back.", async () => {
  await show(<ThreadView id="t" postId={null} />);
  await write(WORDS);
  await happens(changed({ locked: true }));
  await press("Throw away");
  expect(area()).toBeNull();
  await happens(changed({ locked: false }));
  expect(area()?.value).toBe("");
  expect(localStorage).toHaveLength(0);
});

test("A reply stays in sight when its thread is deleted or its board put away.", async () => {
  await show(<ThreadView id="t" postId={null} />);
  await write(WORDS);
  await happens({ type: "forum.board_changed", board: { ...BOARD, archived: true } });
  expect(area()).toMatchObject({ value: WORDS, readOnly: true });
  await happens({ type: "forum.thread_deleted", thread_id: "t" });
  expect(useForum.getState().threads).toEqual({});
  expect(area()).toMatchObject({ value: WORDS, readOnly: true });
});

test("A thread that was being written stays in sight when its board is put away.", async () => {
  keepDraft("maja", "b", { title: "Hills", text: WORDS, quote: null, nonce: "a-nonce-of-mine" });
  await show(<StartView id="b" />, "pupil-admin");
  expect(area()).toMatchObject({ value: WORDS, readOnly: false });
  await happens({ type: "forum.board_changed", board: { ...BOARD, archived: true } });
  expect(area()).toMatchObject({ value: `Hills\n\n${WORDS}`, readOnly: true });
});
