import { useMemo } from "react";
import { create } from "zustand";
import { keepOnDevice, readFromDevice } from "../device";
import { useRoom } from "../room/context";
import { type Message, type Pending, type Reply, release } from "./store";
import { mentionedNames, plain } from "./text";

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
  edits: string | null;
  /** What was being written before, and waits until this is sent or given up. */
  aside: Draft | null;
}

const EMPTY_DRAFT: Draft = { text: "", names: [], reply: null, edits: null, aside: null };

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

function draftAt(place: string): Draft {
  return useDrafts.getState().drafts[place] ?? readDraft(place);
}

/** Change what is being written at a place; an empty draft leaves nothing on the device. */
export function changeDraft(place: string, change: Partial<Draft>): void {
  const draft = { ...draftAt(place), ...change };
  const isEmpty = !(draft.text || draft.reply || draft.edits || draft.aside);
  keepOnDevice(place, isEmpty ? null : draft);
  useDrafts.setState(({ drafts }) => ({ drafts: { ...drafts, [place]: draft } }));
}

function callWriter(place: string): void {
  useDrafts.setState(({ calls }) => ({ calls: calls + 1, wanted: place }));
}

/** Put `below` under `above`, to wait for it, unless nothing is written in `below`. */
function onTop(above: Draft, below: Draft): Draft {
  return { ...above, aside: below.text.trim() ? below : below.aside };
}

/** Write something else first; what is being written waits. */
function writeFirst(place: string, draft: Partial<Draft>): void {
  changeDraft(place, onTop({ ...EMPTY_DRAFT, ...draft }, draftAt(place)));
}

/** Be done with what is being written; what waited for it comes back. */
export function leaveDraft(place: string): void {
  changeDraft(place, draftAt(place).aside ?? EMPTY_DRAFT);
}

/** Go on with what waits; what is being written waits instead. */
export function goOn(place: string): void {
  const { aside, ...draft } = draftAt(place);
  if (aside) changeDraft(place, onTop(aside, { ...draft, aside: aside.aside }));
  callWriter(place);
}

/** Bring back what was refused; it waits if something else is being written by then. */
export function bringBack(place: string, refused: Draft): void {
  const now = draftAt(place);
  const back = { ...refused, aside: now.aside };
  changeDraft(place, now.text.trim() ? { ...now, aside: back } : back);
}

/** Begin to answer a message. */
export function startReply(place: string, message: Message): void {
  const reply = {
    message_id: message.id,
    author_id: message.author_id,
    excerpt: message.text.slice(0, EXCERPT_MAX),
  };
  if (draftAt(place).edits) writeFirst(place, { reply });
  else changeDraft(place, { reply });
  callWriter(place);
}

/** Begin to change a message of one's own. */
export function startEdit(
  place: string,
  { id, text }: Message,
  nameOf: (memberId: string) => string,
): void {
  if (draftAt(place).edits !== id) writeFirst(place, { ...asWritten(text, nameOf), edits: id });
  callWriter(place);
}

/** Take a message that could not be sent back into the composer, to change it. */
export function startAgain(
  place: string,
  { nonce, text, reply }: Pending,
  nameOf: (memberId: string) => string,
): void {
  writeFirst(place, { ...asWritten(text, nameOf), reply });
  release(nonce);
  callWriter(place);
}

/** Turn what was sent back into what its author wrote. */
function asWritten(
  text: string,
  nameOf: (memberId: string) => string,
): Pick<Draft, "text" | "names"> {
  return { text: plain(text, nameOf), names: [...mentionedNames(text, nameOf)] };
}
