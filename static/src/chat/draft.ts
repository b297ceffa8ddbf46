import { create } from "zustand";
import type { Message } from "./store";

/** What is being written in a channel. */
export interface Draft {
  text: string;
  /** Whom the writer mentioned, by the name that stands in the text. */
  names: ReadonlyMap<string, string>;
  /** The message that this answers. */
  reply: Message | null;
  /** The message of one's own whose text this will be. */
  edits: Message | null;
}

export const EMPTY_DRAFT: Draft = { text: "", names: new Map(), reply: null, edits: null };

interface Drafts {
  drafts: Readonly<Record<string, Draft>>;
  /** Counts up when the writer is to be brought to the composer of `wanted`. */
  calls: number;
  wanted: string;
}

/** What is being written; it outlives going to another channel, and not the page. */
export const useDrafts = create<Drafts>()(() => ({ drafts: {}, calls: 0, wanted: "" }));

/** Return what is being written in a channel. */
export function useDraft(channelId: string): Draft {
  return useDrafts((state) => state.drafts[channelId] ?? EMPTY_DRAFT);
}

/** Change what is being written in a channel. */
export function changeDraft(channelId: string, change: Partial<Draft>): void {
  useDrafts.setState(({ drafts }) => ({
    drafts: { ...drafts, [channelId]: { ...EMPTY_DRAFT, ...drafts[channelId], ...change } },
  }));
}

function callWriter(channelId: string): void {
  useDrafts.setState(({ calls }) => ({ calls: calls + 1, wanted: channelId }));
}

/** Begin to answer a message. */
export function startReply(message: Message): void {
  changeDraft(message.channel_id, { reply: message, edits: null });
  callWriter(message.channel_id);
}

/** Begin to change a message of one's own; the composer turns its text into words. */
export function startEdit(message: Message): void {
  changeDraft(message.channel_id, { ...EMPTY_DRAFT, edits: message });
  callWriter(message.channel_id);
}
