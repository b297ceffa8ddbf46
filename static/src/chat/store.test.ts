import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { PushOf, Snapshots } from "../frames";
import type { Message, Page } from "../protocol";
import { useRoomState } from "../room/store";
import * as chat from "./store";
import { useChat } from "./store";

const FRAMES = join(import.meta.dirname, "../../../tests/frames/chat");

interface State {
  overview: Snapshots["chat"];
  messages: Message[];
}

interface Recorded {
  you: string;
  before: State;
  pushes: PushOf<"chat">[];
  after: State;
}

function loadAs(you: string, { overview, messages }: State): void {
  useRoomState.setState({
    you: { member_id: you, name: "", role: "pupil", school_id: "", language: "en", teams: [] },
  });
  chat.load(overview);
  for (const { id } of overview.channels) chat.showPage(id, pageOf(messages, id));
}

function pageOf(messages: readonly Message[], channelId: string, seq = 0): Page {
  return {
    messages: messages.filter((message) => message.channel_id === channelId),
    more_before: false,
    more_after: false,
    seq,
  };
}

function stateNow(): Pick<State, "messages"> & { channels: unknown; hours: unknown } {
  const { channels, hours, windows } = useChat.getState();
  return {
    channels,
    hours,
    messages: channels.flatMap(({ id }) => [...(windows[id]?.messages ?? [])]),
  };
}

function expectState({ overview, messages }: State): void {
  const { channels, hours } = overview;
  expect(stateNow()).toEqual({ channels, hours, messages });
}

describe.each(readdirSync(FRAMES))("%s", (file) => {
  const recorded: Recorded[] = JSON.parse(readFileSync(join(FRAMES, file), "utf8"));

  test.each(recorded)("state before + pushes = state read afresh, for $you", (one) => {
    loadAs(one.you, one.before);
    for (const push of one.pushes) chat.apply(push);
    expectState(one.after);
  });

  test.each(recorded)("pages read before the pushes catch up, for $you", (one) => {
    loadAs(one.you, one.before);
    for (const push of one.pushes) chat.apply(push);
    for (const { id } of one.before.overview.channels) {
      chat.showPage(id, pageOf(one.before.messages, id));
    }
    chat.refresh(one.before.overview);
    expectState(one.after);
  });

  test.each(recorded)("pushes that a page holds already change nothing, for $you", (one) => {
    loadAs(one.you, one.before);
    for (const { id } of one.after.overview.channels) {
      chat.showPage(id, pageOf(one.after.messages, id));
    }
    for (const push of one.pushes) chat.apply(push);
    expectState(one.after);
  });
});

const ME = "me";
const OTHER = "other";
const EMPTY: Snapshots["chat"] = {
  channels: [{ id: "everyone", last_seq: 0, read_seq: 0, unread: 0, mentions: [] }],
  hours: {
    open: true,
    changes_at: null,
    by_hand: "open",
    by_hand_until: null,
    time_zone: "",
    slots: [],
    openings: [],
  },
  emojis: [],
  seq: 0,
};

function posted(seq: number, author_id = OTHER, nonce = `nonce-${seq}`): PushOf<"chat"> {
  return {
    type: "chat.posted",
    seq,
    at: seq,
    nonce,
    channel_id: "everyone",
    message_id: `m${seq}`,
    author_id,
    text: `Message ${seq}`,
    reply: null,
  };
}

function message(seq: number): Message {
  return {
    id: `m${seq}`,
    channel_id: "everyone",
    seq,
    at: seq,
    author_id: OTHER,
    text: `Message ${seq}`,
    reply: null,
    edited_at: null,
    removed_by: null,
    reactions: [],
  };
}

function shown(): string[] {
  return (useChat.getState().windows.everyone?.messages ?? []).map(({ id }) => id);
}

describe("a window on a long channel", () => {
  const page = (...seqs: number[]): Page => ({
    messages: seqs.map(message),
    more_before: true,
    more_after: true,
    seq: 9,
  });

  beforeEach(() => loadAs(ME, { overview: EMPTY, messages: [] }));

  test("grows at both ends", () => {
    chat.showPage("everyone", page(4, 5));
    chat.prepend("everyone", message(4), page(2, 3));
    chat.append("everyone", message(5), page(6, 7));
    expect(shown()).toEqual(["m2", "m3", "m4", "m5", "m6", "m7"]);
  });

  test("takes no page that was asked for another window", () => {
    chat.showPage("everyone", page(4, 5));
    chat.showPage("everyone", page(7, 8));
    chat.prepend("everyone", message(4), page(2, 3));
    chat.append("everyone", message(5), page(6, 7));
    expect(shown()).toEqual(["m7", "m8"]);
  });

  test("shows new messages only once it has reached the newest", () => {
    chat.showPage("everyone", page(4, 5));
    chat.apply(posted(10));
    expect(shown()).toEqual(["m4", "m5"]);
    const rest = { ...page(6, 9), more_after: false };
    chat.append("everyone", message(5), rest);
    expect(shown()).toEqual(["m4", "m5", "m6", "m9", "m10"]);
    chat.apply(posted(11));
    expect(shown().at(-1)).toBe("m11");
  });
});

describe("a message on its way", () => {
  const mine = {
    nonce: "nonce-1",
    channelId: "everyone",
    text: "Hej",
    reply: null,
    at: 1,
    failed: null,
  };

  beforeEach(() => {
    loadAs(ME, { overview: EMPTY, messages: [] });
    chat.hold(mine);
  });

  test("gives way to the push that bears its nonce, and to no other", () => {
    chat.apply(posted(1, OTHER, mine.nonce));
    expect(useChat.getState().pending).toEqual([mine]);
    chat.apply(posted(2, ME, mine.nonce));
    expect(useChat.getState().pending).toEqual([]);
    expect(shown()).toEqual(["m1", "m2"]);
  });

  test("stays over a reload of the room, and does not become somebody else's", () => {
    chat.load(EMPTY);
    expect(useChat.getState().pending).toEqual([mine]);
    loadAs(OTHER, { overview: EMPTY, messages: [] });
    expect(useChat.getState().pending).toEqual([]);
  });
});

describe("the hours", () => {
  const hours = { ...EMPTY.hours, changes_at: 5_000 };

  beforeEach(() => loadAs(ME, { overview: { ...EMPTY, hours }, messages: [] }));

  test("turn when their time comes, until the server tells what is next", () => {
    chat.turn(5_000);
    expect(useChat.getState().hours).toMatchObject({ open: false, changes_at: null });
    expect(useChat.getState().isTurned).toBe(true);
    chat.turn(5_000);
    expect(useChat.getState().hours?.open).toBe(false);
    chat.refresh({ ...EMPTY, hours: { ...hours, open: false, changes_at: 9_000 } });
    expect(useChat.getState()).toMatchObject({ isTurned: false, hours: { changes_at: 9_000 } });
  });

  test("do not turn once a teacher has decided otherwise", () => {
    chat.apply({ type: "chat.hours_changed", seq: 1, at: 1, hours: EMPTY.hours });
    chat.turn(5_000);
    expect(useChat.getState().hours?.open).toBe(true);
  });
});

test("who has posted is no longer writing", () => {
  loadAs(ME, { overview: EMPTY, messages: [] });
  chat.apply({ type: "chat.typing", channel_id: "everyone", member_id: OTHER });
  expect(Object.keys(useChat.getState().typing.everyone ?? {})).toEqual([OTHER]);
  chat.apply(posted(1));
  expect(Object.keys(useChat.getState().typing.everyone ?? {})).toEqual([]);
});
