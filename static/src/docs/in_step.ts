import { Extension } from "@tiptap/core";
import { type EditorState, Plugin, type Transaction } from "@tiptap/pm/state";
import { type ProsemirrorBinding, ySyncPluginKey } from "@tiptap/y-tiptap";
import { ownChanges } from "./own_changes";

/** What the binding remembers of the selection for the time of one change by others. */
interface Remembered {
  absAnchor?: number;
  absHead?: number;
}

/**
 * Take the marks off all that is not a word: line breaks and formulas.
 *
 * The shared document holds the marks of words alone. A formula that was made bold, or linked,
 * would be so for its writer only, until they come back.
 */
function plainAtoms(
  transactions: readonly Transaction[],
  _: EditorState,
  state: EditorState,
): Transaction | null {
  const plain = state.tr;
  for (const { from, to } of ownChanges(transactions)) {
    state.doc.nodesBetween(from, to, (node, position) => {
      if (!node.isInline || node.isText) return;
      for (const mark of node.marks) plain.removeNodeMark(position, mark);
    });
  }
  // A step forgets in what marks the next word is to be written.
  return plain.docChanged ? plain.setStoredMarks(state.storedMarks) : null;
}

/** Keep what an editor shows in step with the shared document. */
export const InStep = Extension.create({
  name: "inStep",
  addProseMirrorPlugins() {
    return [
      new Plugin({
        appendTransaction: plainAtoms,
        view: () => ({
          update({ state }) {
            // Showing a change can mend the shared document, which is then shown once more in the
            // same breath. The binding would look for the selection at a place in the document
            // before the first time, which the second may not have, and throw.
            const { binding } = ySyncPluginKey.getState(state) as { binding: ProsemirrorBinding };
            const remembered = binding.beforeTransactionSelection as Remembered | null;
            if (!remembered) return;
            remembered.absAnchor = state.selection.anchor;
            remembered.absHead = state.selection.head;
          },
        }),
      }),
    ];
  },
});
