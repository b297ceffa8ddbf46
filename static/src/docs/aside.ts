import { useEffect, useState } from "react";
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";
import { deleteLocal, localCopies, localName, localPrefix, readUnsent } from "./local";
import { unsentWords } from "./unsent_words";

export interface Aside {
  /** What was written here and is not in the document. */
  paragraphs: string[];
  /** Take the other copies off this device. */
  forget: () => void;
}

async function wordsOf(name: string, kind: "rich" | "text"): Promise<string[]> {
  const unsent = readUnsent(name);
  if (!unsent) return [];
  const doc = new Y.Doc();
  const local = new IndexeddbPersistence(name, doc);
  await local.whenSynced;
  const words = unsentWords(doc, kind, unsent);
  await local.destroy();
  doc.destroy();
  return words;
}

/**
 * Find words that never arrived: of an earlier epoch of a document, or in a refused copy of it.
 *
 * Such a copy is never merged: the old text would stand twice, or be refused again. Only the member's
 * own unconfirmed words are offered: what was erased for good must not come back from a copy.
 */
export function useAside(
  place: { memberId: string; documentId: string; epoch: number; kind: "rich" | "text" },
  isSynced: boolean,
): Aside | null {
  const [aside, setAside] = useState<Aside | null>(null);
  const { memberId, documentId, epoch, kind } = place;
  useEffect(() => {
    if (!isSynced) return;
    let isGone = false;
    async function look() {
      const here = localName(memberId, documentId, epoch);
      const all = await localCopies(localPrefix(memberId, documentId));
      const names = all.filter((name) => name !== here);
      const paragraphs = (await Promise.all(names.map((name) => wordsOf(name, kind)))).flat();
      if (isGone) return;
      const forget = () => {
        for (const name of names) deleteLocal(name);
        setAside(null);
      };
      if (paragraphs.length > 0) setAside({ paragraphs, forget });
      else forget();
    }
    void look();
    return () => {
      isGone = true;
    };
  }, [memberId, documentId, epoch, kind, isSynced]);
  return aside;
}
