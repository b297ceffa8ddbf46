import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import {
  type EditorState,
  Plugin,
  Selection,
  TextSelection,
  type Transaction,
} from "@tiptap/pm/state";
import { ReplaceStep } from "@tiptap/pm/transform";
import { DecorationSet, type EditorView } from "@tiptap/pm/view";
import {
  type ProsemirrorBinding,
  relativePositionToAbsolutePosition,
  yCursorPluginKey,
  ySyncPluginKey,
} from "@tiptap/y-tiptap";
import * as Y from "yjs";
import type { LiveDocument } from "./live";

/** What the binding to the shared document says of a transaction. */
interface SyncMeta {
  isChangeOrigin?: boolean;
  isUndoRedoOperation?: boolean;
}

/**
 * Have the editor look where the browser's cursor is, now.
 *
 * The browser tells of a click or an arrow key only after a moment. What the editor does in that
 * moment would put the cursor back to where it last knew it, and the next words into the wrong
 * place.
 */
function look(view: EditorView): void {
  view.dom.ownerDocument.dispatchEvent(new Event("selectionchange"));
}

/** Where the selection was, as the shared document has it. */
interface Shared {
  type: string;
  anchor: Y.RelativePosition;
  head: Y.RelativePosition;
}

/** What ties the editor to the shared document; the library's own types do not say it all. */
type Binding = Omit<ProsemirrorBinding, "beforeTransactionSelection"> & {
  beforeTransactionSelection: Shared | null;
};

function bindingOf(state: EditorState): Binding {
  return (ySyncPluginKey.getState(state) as { binding: Binding }).binding;
}

/** The part in which two documents differ: from `start` up to `end`, which is now `freshEnd`. */
interface Difference {
  start: number;
  end: number;
  freshEnd: number;
}

/** Find the part in which two documents differ; null if they do not. */
function differenceOf(old: Node, fresh: Node): Difference | null {
  const start = old.content.findDiffStart(fresh.content);
  const ends = old.content.findDiffEnd(fresh.content);
  if (start === null || ends === null) return null;
  // Both searches may have taken the same letters: "aa" that became "aaa" is alike from both ends.
  const overlap = Math.max(0, start - Math.min(ends.a, ends.b));
  return { start, end: ends.a + overlap, freshEnd: ends.b + overlap };
}

/**
 * Say what others changed as a change of that part alone.
 *
 * The binding replaces the whole document, and guesses by equal words where the cursor was. Here
 * the cursor stays by its place in all that did not change, and by the letter before it in the
 * lines that did; the editor draws anew only what changed, and the page does not scroll.
 *
 * @returns null where it cannot be said so
 */
function narrowed(state: EditorState, transaction: Transaction): Transaction | null {
  const meta = transaction.getMeta(ySyncPluginKey) as SyncMeta | undefined;
  if (!meta?.isChangeOrigin || transaction.steps.length !== 1) return null;
  const old = state.doc;
  const fresh = transaction.doc;
  const difference = differenceOf(old, fresh);
  const narrow = state.tr.setMeta("addToHistory", false).setMeta(ySyncPluginKey, meta);
  if (difference) {
    const { start, end, freshEnd } = difference;
    const step = new ReplaceStep(start, end, fresh.slice(start, freshEnd));
    if (narrow.maybeStep(step).failed !== null || !narrow.doc.eq(fresh)) return null;
  }
  const binding = bindingOf(state);
  keepNodes(binding, fresh, narrow.doc);
  if (meta.isUndoRedoOperation && difference) {
    const $change = narrow.doc.resolve(difference.freshEnd);
    return narrow.setSelection(Selection.near($change, -1)).scrollIntoView();
  }
  if (difference) keepCursor(narrow, binding, state, difference);
  return narrow;
}

/** Set the cursor to where it belongs now. */
function keepCursor(
  narrow: Transaction,
  binding: Binding,
  { doc: old, selection }: EditorState,
  difference: Difference,
): void {
  const before = binding.beforeTransactionSelection;
  if (before?.type !== "text") return;
  const place = (position: number, shared: Y.RelativePosition): number => {
    const known = placeAfter(position, difference, old, narrow.doc, isAlive(shared));
    if (known !== null) return known;
    const { doc, type, mapping } = binding;
    return (
      relativePositionToAbsolutePosition(doc, type, shared, mapping) ??
      narrow.mapping.map(position, -1)
    );
  };
  const isAlive = ({ item }: Y.RelativePosition): boolean =>
    item !== null && !Y.getItem(binding.doc.store, item).deleted;
  const anchor = narrow.doc.resolve(place(selection.anchor, before.anchor));
  const head = narrow.doc.resolve(place(selection.head, before.head));
  narrow.setSelection(TextSelection.between(anchor, head));
}

/**
 * Find where a place of the old document is in the fresh one.
 *
 * @param isAlive - whether the letter before it is still there, as the shared document has it
 * @returns null where only the shared document can tell
 */
function placeAfter(
  position: number,
  { start, end, freshEnd }: Difference,
  old: Node,
  fresh: Node,
  isAlive: boolean,
): number | null {
  const $start = old.resolve(start);
  const $end = old.resolve(end);
  const first = $start.parent.isTextblock ? $start.start() : start;
  const last = $end.parent.isTextblock ? $end.end() : end;
  if (position < first) return position;
  if (position > last) return position + freshEnd - end;
  if (isAlive) return null;
  if (position <= start) return position;
  if (position >= end) return position + freshEnd - end;
  // A line that became an item of a list is another one to the shared document, not to its writer.
  const line = old.resolve(position).start();
  const lines = linesBetween(old, first, last);
  const freshLines = linesBetween(fresh, first, last + freshEnd - end);
  const index = lines.findIndex((one) => one.start === line);
  const same = lines.length === freshLines.length ? freshLines[index] : undefined;
  return same && same.text === lines[index]?.text ? same.start + position - line : null;
}

function linesBetween(doc: Node, from: number, to: number): { start: number; text: string }[] {
  const lines: { start: number; text: string }[] = [];
  doc.nodesBetween(from, to, (node, position) => {
    if (node.isTextblock) lines.push({ start: position + 1, text: node.textContent });
    return !node.isTextblock;
  });
  return lines;
}

/** Tell the binding which nodes stayed, or it compares every word at the next keystroke. */
function keepNodes(binding: Binding, fresh: Node, kept: Node): void {
  const { mapping, type } = binding;
  let index = 0;
  for (const shared of type.toArray()) {
    if (index < kept.childCount && mapping.get(shared) === fresh.child(index)) {
      mapping.set(shared, kept.child(index));
      index += 1;
    }
  }
}

/** Who has moved in an awareness since it was last drawn. */
interface Moves {
  added: number[];
  updated: number[];
  removed: number[];
}

/** Tell whether anybody else's cursor is in the document. */
function hasOthers({ doc, awareness }: LiveDocument): boolean {
  return [...awareness.getStates()].some(
    ([client, { cursor }]) => client !== doc.clientID && cursor,
  );
}

/** Tell whether a key writes a letter, and moves the cursor by that alone. */
function isLetter({ key, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return key.length === 1 && !ctrlKey && !metaKey;
}

/** Keep the cursor where its person put it, whatever others write meanwhile. */
export const KeptCursor = Extension.create<{ live: LiveDocument }, { haveOthersMoved: boolean }>({
  name: "keptCursor",

  addStorage: () => ({ haveOthersMoved: false }),

  onCreate() {
    const { view } = this.editor;
    const focus = view.focus.bind(view);
    // A command's wish for focus comes true a frame later, and sets the browser's cursor.
    view.focus = () => {
      look(view);
      focus();
    };
  },

  dispatchTransaction({ transaction, next }) {
    const { view } = this.editor;
    const drawn = transaction.getMeta(yCursorPluginKey) as unknown;
    // Without a paper the editor has a view that only looks like one: it is asked itself.
    if (drawn && transaction.steps.length === 0 && !this.editor.isDestroyed) {
      // Every letter moves one's own cursor, which the browser draws. But a new line takes the
      // others' cursors away until they are drawn anew.
      const isShown = yCursorPluginKey.getState(view.state) !== DecorationSet.empty;
      const { live } = this.options;
      if (!this.storage.haveOthersMoved && (isShown || !hasOthers(live))) return;
      this.storage.haveOthersMoved = false;
      // Others' cursors are drawn after a moment, and the browser's own is set with them.
      look(view);
      next(view.state.tr.setMeta(yCursorPluginKey, drawn));
    } else next(narrowed(view.state, transaction) ?? transaction);
  },

  addProseMirrorPlugins() {
    const { live } = this.options;
    const soon = (view: EditorView) => {
      // The browser moves its cursor after the listeners have run.
      setTimeout(() => {
        if (!view.isDestroyed) look(view);
      }, 0);
    };
    const keydown = (view: EditorView, event: KeyboardEvent) => {
      if (!isLetter(event)) soon(view);
    };
    const moved = ({ added, updated, removed }: Moves) => {
      const clients = [...added, ...updated, ...removed];
      // Nobody at all: they are to be drawn in other colours.
      if (clients.length === 0 || clients.some((client) => client !== live.doc.clientID)) {
        this.storage.haveOthersMoved = true;
      }
    };
    return [
      new Plugin({
        props: { handleDOMEvents: { mousedown: soon, keydown } },
        view: (view) => {
          live.awareness.on("change", moved);
          const endLooking = live.beforeMessage(() => {
            look(view);
            // An undo leaves where the selection once was; it is not there any more.
            bindingOf(view.state).beforeTransactionSelection = null;
          });
          return {
            destroy() {
              endLooking();
              live.awareness.off("change", moved);
            },
          };
        },
      }),
    ];
  },
});
