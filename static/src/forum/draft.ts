import { useState } from "react";
import { newNonce } from "../connection";
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
  const empty = { title: "", text: "", quote: null, nonce: newNonce() };
  try {
    const kept = localStorage.getItem(keyOf(memberId, where));
    return kept === null ? empty : { ...empty, ...(JSON.parse(kept) as Partial<Draft>) };
  } catch {
    return empty; // storage is switched off, or holds what we did not write
  }
}

/** Keep what a member is writing; an empty draft leaves nothing behind. */
export function keepDraft(memberId: string, where: string, draft: Draft): void {
  try {
    if (draft.title || draft.text || draft.quote) {
      localStorage.setItem(keyOf(memberId, where), JSON.stringify(draft));
    } else {
      localStorage.removeItem(keyOf(memberId, where));
    }
  } catch {
    // Storage is switched off or full: the words stay on the page alone.
  }
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
