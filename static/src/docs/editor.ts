import type { LiveDocument } from "./live";
import type { Heading } from "./outline";

/** What an editor tells about the document in it. */
export interface Facts {
  words: number;
  headings: readonly Heading[];
}

/** What the document's page gives to the editor of either kind. */
export interface EditorProps {
  documentId: string;
  live: LiveDocument;
  title: string;
  mayWrite: boolean;
  isSynced: boolean;
  onFacts: (facts: Facts) => void;
}
