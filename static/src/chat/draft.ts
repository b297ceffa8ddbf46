import { useMemo } from "react";
import { create } from "zustand";
import { keepOnDevice, readFromDevice } from "../device";
import { useRoom } from "../room/context";
import type { Message, Reply } from "./store";

/** The server's own measure of an answered message's beginning. */
const EXCERPT_MAX = 140;

/** What somebody is writing in a channel. */
export interface Draft {
  text: string;
  /** Whom the writer mentioned: the name that stands in the text, and the member. */
  names: readonly (readonly [string, string])[];
  /** The message that this answers. */
  reply: Reply | null;
  /** The message of one's own whose text this will be. */
  edits: Pick<Message, "id" | "text"> | null;
}

export const EMPTY_DRAFT: Draft = { text: "", names: [], reply: null, edits: null };

interface Drafts {
  /** What this page has changed, by the name of its place. */
  drafts: Readonly<Record<string, Draft>>;
  /** Counts up when the writer is to be brought to the composer of `wanted`. */
  calls: number;
  wanted: string;
}

export const useDrafts = create<Drafts>()(() => ({ drafts: {}, calls: 0, wanted: "" }));

/**
 * Name the place of a draft: one for each member and channel of a room.
 *
 * The channels for everyone and for the staff are called the same in all rooms.
 */
export function placeOf(roomId: string, memberId: string, channelId: string): string {
  return `twinspace.chat.draft.${roomId}.${memberId}.${channelId}`;
}

/** Return the place where this person writes in a channel. */
export function usePlace(channelId: string): string {
  const { connection, you } = useRoom();
  return placeOf(connection.roomId, you.member_id, channelId);
}

/** Read what was being written at a place when its page was closed. */
function readDraft(place: string): Draft {
  return { ...EMPTY_DRAFT, ...readFromDevice<Partial<Draft>>(place) };
}

/** Return what is being written at a place; it is kept on the device until it is sent. */
export function useDraft(place: string): Draft {
  const draft = useDrafts(({ drafts }) => drafts[place]);
  const kept = useMemo(() => readDraft(place), [place]);
  return draft ?? kept;
}

/** Change what is being written at a place; an empty draft leaves nothing on the device. */
export function changeDraft(place: string, change: Partial<Draft>): void {
  const { drafts } = useDrafts.getState();
  const draft = { ...(drafts[place] ?? readDraft(place)), ...change };
  const isEmpty = !(draft.text || draft.reply || draft.edits);
  keepOnDevice(place, isEmpty ? null : draft);
  useDrafts.setState({ drafts: { ...drafts, [place]: draft } });
}

function callWriter(place: string): void {
  useDrafts.setState(({ calls }) => ({ calls: calls + 1, wanted: place }));
}

/** Begin to answer a message. */
export function startReply(place: string, message: Message): void {
  const reply = {
    message_id: message.id,
    author_id: message.author_id,
    excerpt: message.text.slice(0, EXCERPT_MAX),
  };
  changeDraft(place, { reply, edits: null });
  callWriter(place);
}

/** Begin to change a message of one's own; the composer turns its text into words. */
export function startEdit(place: string, { id, text }: Message): void {
  changeDraft(place, { ...EMPTY_DRAFT, edits: { id, text } });
  callWriter(place);
}
