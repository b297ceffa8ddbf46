import { useState } from "react";
import { newNonce } from "../connection";
import { keepOnDevice, readFromDevice } from "../device";
import type { QuoteOf } from "../protocol";

/** What somebody is writing, kept on this device until it is sent. */
export interface Draft {
  title: string;
  text: string;
  quote: (QuoteOf & { author_id: string }) | null;
  /** The retry key of these very words: sent again after a reload, they are there once. */
  nonce: string;
}

function keyOf(memberId: string, where: string): string {
  return `twinspace.forum.draft.${memberId}.${where}`;
}

/** Read what a member was writing at a place; empty if that was nothing. */
export function readDraft(memberId: string, where: string): Draft {
  const kept = readFromDevice<Partial<Draft>>(keyOf(memberId, where));
  return { title: "", text: "", quote: null, nonce: newNonce(), ...kept };
}

/** List the places that begin with `prefix` where a member was writing something. */
export function draftsAt(memberId: string, prefix: string): string[] {
  try {
    const start = keyOf(memberId, "").length;
    const kept = Object.keys(localStorage).filter((key) => key.startsWith(keyOf(memberId, prefix)));
    return kept.map((key) => key.slice(start)).sort();
  } catch {
    return []; // storage is switched off
  }
}

/** Keep what a member is writing; an empty draft leaves nothing behind. */
export function keepDraft(memberId: string, where: string, draft: Draft): void {
  const isEmpty = !(draft.title || draft.text || draft.quote);
  keepOnDevice(keyOf(memberId, where), isEmpty ? null : draft);
}

/**
 * Keep a draft while it is written, through reloads, for this member and place alone.
 *
 * @returns the draft, the function that changes it, and the one that empties it once it is sent
 */
export function useDraft(
  memberId: string,
  where: string,
): [Draft, (change: Partial<Omit<Draft, "nonce">>) => void, () => void] {
  const [draft, setDraft] = useState(() => readDraft(memberId, where));
  const put = (next: Draft) => {
    keepDraft(memberId, where, next);
    setDraft(next);
  };
  return [
    draft,
    (change) => put({ ...draft, ...change, nonce: newNonce() }),
    () => put({ title: "", text: "", quote: null, nonce: newNonce() }),
  ];
}
