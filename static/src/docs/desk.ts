// For tests: somebody at a document, with the editor as it is.

import { Editor } from "@tiptap/core";
import { onTestFinished } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { extensionsFor } from "./extensions";
import type { LiveDocument } from "./live";

/** Somebody at a document: what they write waits for `hear` of another one. */
export class Desk {
  readonly doc = new Y.Doc();
  readonly editor: Editor;
  readonly #awareness = new Awareness(this.doc);
  readonly #prepared: (() => void)[] = [];
  readonly #unheard: Uint8Array[] = [];

  constructor(clientID: number) {
    this.doc.clientID = clientID;
    this.doc.on("update", (update, origin) => {
      if (origin !== "line") this.#unheard.push(update);
    });
    const live = {
      doc: this.doc,
      awareness: this.#awareness,
      beforeMessage: (prepare: () => void) => {
        this.#prepared.push(prepare);
        return () => undefined;
      },
    };
    this.editor = new Editor({
      element: document.createElement("div"),
      extensions: extensionsFor(live as unknown as LiveDocument, (key) => key),
    });
    onTestFinished(() => {
      this.editor.destroy();
      this.#awareness.destroy();
    });
  }

  /** Take in some of what another one wrote; returns whether there was anything. */
  hear(other: Desk, count: number): boolean {
    const updates = other.#unheard.splice(0, count);
    for (const update of updates) {
      for (const prepare of this.#prepared) prepare();
      Y.applyUpdate(this.doc, update, "line");
    }
    return updates.length > 0;
  }

  /** Type some words, and let the editor make of them what it does. */
  type(words: string): void {
    const { view } = this.editor;
    for (const letter of words) {
      const { from, to } = view.state.selection;
      const typed = () => view.state.tr.insertText(letter, from, to);
      const isTaken = view.someProp("handleTextInput", (take) =>
        take(view, from, to, letter, typed),
      );
      if (!isTaken) view.dispatch(typed());
    }
  }

  /** Press a key that writes nothing by itself. */
  press(key: string): void {
    const { view } = this.editor;
    const event = new KeyboardEvent("keydown", { key });
    view.someProp("handleKeyDown", (take) => take(view, event));
  }

  /** Paste what a page put on the clipboard. */
  pastePage(html: string): void {
    this.editor.view.pasteHTML(html, new Event("paste") as ClipboardEvent);
  }

  /** Paste plain words. */
  pasteWords(words: string): void {
    this.editor.view.pasteText(words, new Event("paste") as ClipboardEvent);
  }

  get shown() {
    return this.editor.getJSON();
  }
}

/** Make dice that fall the same way for the same seed. */
export function dice(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % bound;
  };
}
