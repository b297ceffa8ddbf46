// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { startLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import type { Board, HeldPost, Post, Thread } from "../protocol";
import { RoomHere } from "../room/context";
import { useRoomState } from "../room/store";
import { keepDraft } from "./draft";
import { HeldView } from "./held";
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
const HELD = {
  id: "h",
  thread_id: "t",
  author_id: "maja",
  at: 1,
  text: "How high?",
  quote: null,
  state: "waiting",
  reason: "",
  teacher_id: null,
} as HeldPost;
const DRAFT = { title: "", quote: null, nonce: "a-nonce-of-mine" };
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

/** Have the forum told from the beginning: one board, one thread of one post, and one that waits. */
function begin(): void {
  load({ boards: [BOARD], threads: [THREAD], held: [HELD], reads: [] } as never);
}

/** Draw a part of the forum for a member of the room. */
async function show(view: React.ReactNode, role = "pupil"): Promise<void> {
  const ask = async () => ({ seq, thread: THREAD, posts: [POST] });
  const send = async () => ({});
  const you = { member_id: "maja", role };
  const room = { ask, send, you, href: (path: string) => path } as never;
  begin();
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
  keepDraft("maja", "b", { ...DRAFT, title: "Hills", text: WORDS });
  await show(<StartView id="b" />, "pupil-admin");
  expect(area()).toMatchObject({ value: WORDS, readOnly: false });
  await happens({ type: "forum.board_changed", board: { ...BOARD, archived: true } });
  expect(area()).toMatchObject({ value: `Hills\n\n${WORDS}`, readOnly: true });
});

async function key(name: string, isComposing = false): Promise<void> {
  const event = new KeyboardEvent("keydown", { key: name, isComposing, bubbles: true });
  await act(async () => area()?.dispatchEvent(event));
}

test("A changed post is there again when the forum begins anew.", async () => {
  keepDraft("maja", "edit.t.p", { ...DRAFT, text: "How" });
  await show(<ThreadView id="t" postId={null} />);
  await write(WORDS);
  await act(async () => begin());
  await vi.waitFor(() => expect(area()).toMatchObject({ value: WORDS, readOnly: false }));
});

test.each([
  [
    "removed",
    { type: "forum.deleted", thread_id: "t", post_id: "p", place: 1, removed_by: "teacher" },
  ],
  ["locked up", changed({ locked: true })],
  ["gone", { type: "forum.thread_deleted", thread_id: "t" }],
])("The new words of a post stay in sight when it is %s.", async (_, push) => {
  keepDraft("maja", "edit.t.p", { ...DRAFT, text: WORDS });
  await show(<ThreadView id="t" postId={null} />);
  expect(area()).toMatchObject({ value: WORDS, readOnly: false });
  await happens(push);
  expect(area()).toMatchObject({ value: WORDS, readOnly: true });
  await press("Throw away");
  expect(localStorage).toHaveLength(0);
});

test.each([
  ["approved", { type: "forum.replied", post: { ...POST, id: "h", place: 2 } }],
  ["removed", { type: "forum.held_deleted", thread_id: "t", post_id: "h" }],
])("The new words of a waiting post stay in sight when it is %s.", async (_, push) => {
  await show(<HeldView />);
  await press("Change");
  await write(WORDS);
  await happens(push);
  expect(area()).toMatchObject({ value: WORDS, readOnly: true });
  await act(async () => begin());
  expect(area()).toMatchObject({ value: WORDS, readOnly: false });
});

test("Escape closes an editor in which nothing was changed, and no other.", async () => {
  await show(<HeldView />);
  await press("Change");
  await key("Escape", true);
  expect(area()?.value).toBe(HELD.text);
  await write(WORDS);
  await key("Escape");
  expect(area()?.value).toBe(WORDS);
  await write(HELD.text);
  expect(localStorage).toHaveLength(0);
  await key("Escape");
  expect(area()).toBeNull();
});
