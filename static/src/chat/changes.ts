import type { PushOf, Snapshots } from "../frames";
import type { Channel, Hours, Message } from "../protocol";
import { mentions } from "./text";

// What each push changes. All of it also works on what the push has changed already.

export type Emoji = Snapshots["chat"]["emojis"][number];
export type ChatPush = PushOf<"chat">;
export type StoredPush = Exclude<ChatPush, { type: "chat.typing" }>;

/** The messages of a channel that are loaded: all those between the first and the last. */
export interface Window {
  messages: readonly Message[];
  moreBefore: boolean;
  moreAfter: boolean;
}

/** Return the hours after a push. */
export function hoursAfter(hours: Hours, push: StoredPush): Hours {
  return push.type === "chat.hours_changed" ? push.hours : hours;
}

/** Return the channels after a push, as `me` sees them. */
export function channelsAfter(channels: readonly Channel[], push: StoredPush, me: string) {
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

/** Return what is loaded of a channel after a push; reactions stand in the order of `emojis`. */
export function windowAfter(window: Window, push: MessagePush, emojis: readonly Emoji[]): Window {
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
          message.id === push.message_id ? reacted(message, push, emojis) : message,
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

function reacted(
  message: Message,
  push: Extract<ChatPush, { type: "chat.reacted" }>,
  order: readonly Emoji[],
): Message {
  const before = message.reactions.find(({ emoji }) => emoji === push.emoji)?.member_ids ?? [];
  const others = before.filter((id) => id !== push.member_id);
  const after = push.on ? [...others, push.member_id] : others;
  const reactions = message.reactions.filter(({ emoji }) => emoji !== push.emoji);
  if (after.length > 0) reactions.push({ emoji: push.emoji, member_ids: after });
  reactions.sort((a, b) => order.indexOf(a.emoji) - order.indexOf(b.emoji));
  return { ...message, reactions };
}
