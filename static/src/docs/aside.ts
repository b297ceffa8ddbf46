import { useEffect, useState } from "react";
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";
import type { LiveDocument } from "./live";
import { missingIn, paragraphsOf } from "./words";

interface Aside {
  /** What an older copy on this device says and the document does not. */
  paragraphs: string[];
  /** Throw the older copies away. */
  forget: () => Promise<void>;
}

async function oldCopies(memberId: string, documentId: string, epoch: number): Promise<string[]> {
  // Where a browser cannot list them, they stay where they are.
  if (!indexedDB.databases) return [];
  const prefix = `twinspace.${memberId}.${documentId}.`;
  return (await indexedDB.databases())
    .map(({ name }) => name ?? "")
    .filter((name) => name.startsWith(prefix) && name !== `${prefix}${epoch}`);
}

async function read(name: string, kind: "rich" | "text"): Promise<string[]> {
  const doc = new Y.Doc();
  const local = new IndexeddbPersistence(name, doc);
  await local.whenSynced;
  const paragraphs = paragraphsOf(doc, kind);
  await local.destroy();
  doc.destroy();
  return paragraphs;
}

/**
 * Find words that were written here in an earlier epoch of a document and never arrived.
 *
 * Copies of different epochs are never merged: the old text would stand twice. What only the old
 * one says is offered to its author.
 */
export function useAside(
  live: LiveDocument,
  place: { memberId: string; documentId: string; epoch: number; kind: "rich" | "text" },
  isSynced: boolean,
): Aside | null {
  const [aside, setAside] = useState<Aside | null>(null);
  const { memberId, documentId, epoch, kind } = place;
  useEffect(() => {
    if (!isSynced) return;
    let isGone = false;
    async function look() {
      const names = await oldCopies(memberId, documentId, epoch);
      const old = (await Promise.all(names.map((name) => read(name, kind)))).flat();
      const paragraphs = missingIn(paragraphsOf(live.doc, kind), old);
      const forget = async () => {
        for (const name of names) indexedDB.deleteDatabase(name);
        setAside(null);
      };
      if (isGone || names.length === 0) return;
      if (paragraphs.length === 0) await forget();
      else setAside({ paragraphs, forget });
    }
    void look();
    return () => {
      isGone = true;
    };
  }, [live, memberId, documentId, epoch, kind, isSynced]);
  return aside;
}
