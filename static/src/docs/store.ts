import { create } from "zustand";
import type { PushOf, Snapshots } from "../frames";

type Snapshot = Snapshots["docs"];
export type Document = Snapshot["documents"][number];
export type Folder = Snapshot["folders"][number];

interface DocsState {
  documents: Readonly<Record<string, Document>>;
  folders: Readonly<Record<string, Folder>>;
}

export const useDocs = create<DocsState>()(() => ({ documents: {}, folders: {} }));

function byId<Item extends { id: string }>(items: readonly Item[]): Record<string, Item> {
  return Object.fromEntries(items.map((item) => [item.id, item]));
}

/** Begin anew with this list of documents and folders. */
export function load({ documents, folders }: Snapshot): void {
  useDocs.setState({ documents: byId(documents), folders: byId(folders) });
}

/** Take in a new or changed document or folder. */
export function apply(push: PushOf<"docs">): void {
  switch (push.type) {
    case "docs.created":
    case "docs.changed": {
      const { document } = push;
      useDocs.setState(({ documents }) => ({
        documents: { ...documents, [document.id]: document },
      }));
      return;
    }
    case "docs.folder_created":
    case "docs.folder_changed": {
      const { folder } = push;
      useDocs.setState(({ folders }) => ({ folders: { ...folders, [folder.id]: folder } }));
      return;
    }
  }
}

/** Return the title of the document that somebody is in, if it is known here. */
export function useTargetTitle(id: string | null): string | null {
  return useDocs((state) => (id ? (state.documents[id]?.title ?? null) : null));
}
