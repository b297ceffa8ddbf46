import { create } from "zustand";
import type { PushOf, Snapshots } from "../frames";
import type { Channel, Hours, Message, Page, Reply } from "../protocol";
import { useRoomState } from "../room/store";
import { mentions } from "./text";

export type { Channel, Hours, Message, Reply } from "../protocol";

export type Emoji = Snapshots["chat"]["emojis"][number];
type ChatPush = PushOf<"chat">;
type StoredPush = Exclude<ChatPush, { type: "chat.typing" }>;

const TYPING_MS = 6_000;
/** How many pushes are kept for an answer that was read before they came. */
const KEPT_PUSHES = 200;

/** The messages of a channel that are loaded: all those between the first and the last. */
export interface Window {
  messages: readonly Message[];
  moreBefore: boolean;
  moreAfter: boolean;
}

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
    changes.windows = { ...state.windows, [push.channel_id]: windowAfter(window, push) };
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

// -- what a push changes; each also works on what it has changed already

function hoursAfter(hours: Hours, push: StoredPush): Hours {
  return push.type === "chat.hours_changed" ? push.hours : hours;
}

function channelsAfter(channels: readonly Channel[], push: StoredPush, me: string) {
  if (push.type === "chat.hours_changed") return channels;
  return channels.map((channel) =>
    channel.id === push.channel_id ? channelAfter(channel, push, me) : channel,
  );
}

function channelAfter(
  channel: Channel,
  push: Exclude<StoredPush, { type: "chat.hours_changed" }>,
  me: string,
): Channel {
  switch (push.type) {
    case "chat.posted": {
      const seq = push.seq ?? 0;
      if (seq <= channel.last_seq) return channel;
      const next = { ...channel, last_seq: seq };
      if (push.author_id === me) return next;
      return {
        ...next,
        unread: channel.unread + 1,
        mentions: mentions(push.text, me) ? [...channel.mentions, seq] : channel.mentions,
      };
    }
    case "chat.edited": {
      if (push.author_id === me || push.message_seq <= channel.read_seq) return channel;
      const others = channel.mentions.filter((seq) => seq !== push.message_seq);
      const mine = mentions(push.text, me) ? [...others, push.message_seq] : others;
      return { ...channel, mentions: mine.sort((a, b) => a - b) };
    }
    case "chat.deleted":
      if (push.author_id === me || push.message_seq <= channel.read_seq) return channel;
      return {
        ...channel,
        unread: channel.unread - 1,
        mentions: channel.mentions.filter((seq) => seq !== push.message_seq),
      };
    case "chat.marked":
      return {
        ...channel,
        read_seq: push.read_seq,
        unread: push.unread,
        mentions: channel.mentions.filter((seq) => seq > push.read_seq),
      };
    case "chat.reacted":
      return channel;
  }
}

type MessagePush = Exclude<StoredPush, { type: "chat.hours_changed" | "chat.marked" }>;

function windowAfter(window: Window, push: MessagePush): Window {
  const { messages } = window;
  switch (push.type) {
    case "chat.posted":
      if (window.moreAfter || messages.some(({ id }) => id === push.message_id)) return window;
      return { ...window, messages: [...messages, posted(push)] };
    case "chat.edited":
      return {
        ...window,
        messages: changed(messages, push.message_id, push.excerpt, (message) => ({
          ...message,
          text: push.text,
          edited_at: push.edited_at,
        })),
      };
    case "chat.deleted":
      return {
        ...window,
        messages: changed(messages, push.message_id, "", (message) => ({
          ...message,
          text: "",
          reactions: [],
          removed_by: push.removed_by,
        })),
      };
    case "chat.reacted":
      return {
        ...window,
        messages: messages.map((message) =>
          message.id === push.message_id ? reacted(message, push) : message,
        ),
      };
  }
}

function posted(push: Extract<ChatPush, { type: "chat.posted" }>): Message {
  return {
    id: push.message_id,
    channel_id: push.channel_id,
    seq: push.seq ?? 0,
    at: push.at ?? 0,
    author_id: push.author_id,
    text: push.text,
    reply: push.reply,
    edited_at: null,
    removed_by: null,
    reactions: [],
  };
}

function changed(
  messages: readonly Message[],
  id: string,
  excerpt: string,
  change: (message: Message) => Message,
): readonly Message[] {
  return messages.map((message) => {
    if (message.id === id) return change(message);
    if (message.reply?.message_id !== id) return message;
    return { ...message, reply: { ...message.reply, excerpt } };
  });
}

function reacted(message: Message, push: Extract<ChatPush, { type: "chat.reacted" }>): Message {
  const order = useChat.getState().emojis;
  const before = message.reactions.find(({ emoji }) => emoji === push.emoji)?.member_ids ?? [];
  const others = before.filter((id) => id !== push.member_id);
  const after = push.on ? [...others, push.member_id] : others;
  const reactions = message.reactions.filter(({ emoji }) => emoji !== push.emoji);
  if (after.length > 0) reactions.push({ emoji: push.emoji, member_ids: after });
  reactions.sort((a, b) => order.indexOf(a.emoji) - order.indexOf(b.emoji));
  return { ...message, reactions };
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
        : windowAfter(now, push),
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
