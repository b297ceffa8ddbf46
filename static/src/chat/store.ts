import { create } from "zustand";
import type { Snapshots } from "../frames";
import type { Channel, Hours, Message, Page, Reply } from "../protocol";
import { useRoomState } from "../room/store";
import {
  type ChatPush,
  channelsAfter,
  type Emoji,
  hoursAfter,
  type StoredPush,
  type Window,
  windowAfter,
} from "./changes";

export type { Channel, Hours, Message, Reply } from "../protocol";

export type { Emoji } from "./changes";

const TYPING_MS = 6_000;
/** How many pushes are kept for an answer that was read before they came. */
const KEPT_PUSHES = 200;

/** A message that the server has not confirmed yet. */
export interface Pending {
  nonce: string;
  channelId: string;
  text: string;
  reply: Reply | null;
  at: number;
  /** Why it was refused; until then it is on its way. */
  failed: unknown;
}

interface ChatState {
  /** Whose chat this is. */
  me: string;
  /** In the server's order. */
  channels: readonly Channel[];
  hours: Hours | null;
  /** Whether the timetable has turned the hours since the server told of them. */
  isTurned: boolean;
  emojis: readonly Emoji[];
  windows: Readonly<Record<string, Window>>;
  pending: readonly Pending[];
  /** Who is writing in each channel, and until when that holds. */
  typing: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The latest pushes, oldest first. */
  recent: readonly StoredPush[];
}

const NOTHING: ChatState = {
  me: "",
  channels: [],
  hours: null,
  isTurned: false,
  emojis: [],
  windows: {},
  pending: [],
  typing: {},
  recent: [],
};

export const useChat = create<ChatState>()(() => NOTHING);

/** Begin anew with what the server told; what is on its way stays, if it is the same person's. */
export function load(snapshot: Snapshots["chat"]): void {
  const me = useRoomState.getState().you?.member_id ?? "";
  useChat.setState((state) => ({
    ...NOTHING,
    me,
    channels: snapshot.channels,
    hours: snapshot.hours,
    emojis: snapshot.emojis,
    pending: state.me === me ? state.pending : [],
  }));
}

/** Take in channels and hours that were read again. */
export function refresh(overview: Snapshots["chat"]): void {
  useChat.setState((state) => {
    const later = state.recent.filter((push) => (push.seq ?? 0) > overview.seq);
    return {
      channels: later.reduce(
        (channels, push) => channelsAfter(channels, push, state.me),
        overview.channels as readonly Channel[],
      ),
      hours: later.reduce(hoursAfter, overview.hours),
      isTurned: false,
    };
  });
}

/** Take in what happened. */
export function apply(push: ChatPush): void {
  useChat.setState((state) =>
    push.type === "chat.typing" ? typed(state, push) : told(state, push),
  );
}

function typed(state: ChatState, push: Extract<ChatPush, { type: "chat.typing" }>) {
  const here = { ...state.typing[push.channel_id], [push.member_id]: Date.now() + TYPING_MS };
  return { typing: { ...state.typing, [push.channel_id]: here } };
}

function told(state: ChatState, push: StoredPush): Partial<ChatState> {
  const changes: Partial<ChatState> = {
    recent: [...state.recent.slice(1 - KEPT_PUSHES), push],
    channels: channelsAfter(state.channels, push, state.me),
    hours: state.hours && hoursAfter(state.hours, push),
  };
  if (push.type === "chat.hours_changed") return { ...changes, isTurned: false };
  if (push.type === "chat.marked") return changes;
  const window = state.windows[push.channel_id];
  if (window) {
    changes.windows = {
      ...state.windows,
      [push.channel_id]: windowAfter(window, push, state.emojis),
    };
  }
  if (push.type === "chat.posted") {
    const { [push.author_id]: _, ...others } = state.typing[push.channel_id] ?? {};
    changes.typing = { ...state.typing, [push.channel_id]: others };
    if (push.author_id === state.me) {
      changes.pending = state.pending.filter(({ nonce }) => nonce !== push.nonce);
    }
  }
  return changes;
}

/** Turn the chat as the timetable says, if it is still `changesAt` at which it turns. */
export function turn(changesAt: number): void {
  useChat.setState(({ hours }) =>
    hours?.changes_at === changesAt
      ? { hours: { ...hours, open: !hours.open, changes_at: null }, isTurned: true }
      : {},
  );
}

// -- pages of history

/** Show a page of a channel instead of what is loaded of it. */
export function showPage(channelId: string, page: Page): void {
  useChat.setState((state) => ({
    windows: { ...state.windows, [channelId]: caughtUp(state, channelId, page) },
  }));
}

/** Put older messages before what is loaded, unless that has changed since they were asked for. */
export function prepend(channelId: string, first: Message, page: Page): void {
  useChat.setState((state) => {
    const window = state.windows[channelId];
    if (window?.messages[0]?.id !== first.id) return {};
    const older = caughtUp(state, channelId, page).messages.filter(({ seq }) => seq < first.seq);
    const longer = {
      ...window,
      messages: [...older, ...window.messages],
      moreBefore: older.length > 0 && page.more_before,
    };
    return { windows: { ...state.windows, [channelId]: longer } };
  });
}

/** Put newer messages after what is loaded, unless that has changed since they were asked for. */
export function append(channelId: string, last: Message, page: Page): void {
  useChat.setState((state) => {
    const window = state.windows[channelId];
    if (window?.messages.at(-1)?.id !== last.id) return {};
    const next = caughtUp(state, channelId, page);
    const longer = {
      ...window,
      messages: [...window.messages, ...next.messages.filter(({ seq }) => seq > last.seq)],
      moreAfter: next.moreAfter && page.messages.length > 0,
    };
    return { windows: { ...state.windows, [channelId]: longer } };
  });
}

/** Bring a page, which was read a moment ago, to where the pushes have brought everything else. */
function caughtUp(state: ChatState, channelId: string, page: Page): Window {
  const window = {
    messages: page.messages,
    moreBefore: page.more_before,
    moreAfter: page.more_after,
  };
  return state.recent.reduce<Window>(
    (now, push) =>
      push.type === "chat.hours_changed" ||
      push.type === "chat.marked" ||
      push.channel_id !== channelId ||
      (push.seq ?? 0) <= page.seq
        ? now
        : windowAfter(now, push, state.emojis),
    window,
  );
}

// -- what is on its way

/** Draw a message before the server has confirmed it, or draw it as on its way again. */
export function hold(pending: Pending): void {
  useChat.setState((state) => ({
    pending: [...state.pending.filter(({ nonce }) => nonce !== pending.nonce), pending],
  }));
}

/** Forget a message that is on its way no more: it has arrived, or its author gave it up. */
export function release(nonce: string): void {
  useChat.setState((state) => ({
    pending: state.pending.filter((pending) => pending.nonce !== nonce),
  }));
}

// -- what is read out of it

/** Return a channel as one sees it, or undefined if one does not. */
export function useChannel(channelId: string): Channel | undefined {
  return useChat((state) => state.channels.find(({ id }) => id === channelId));
}
