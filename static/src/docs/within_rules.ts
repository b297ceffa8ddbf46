import { Extension } from "@tiptap/core";
import { Fragment, type Node, Slice } from "@tiptap/pm/model";
import { type EditorState, Plugin, type Transaction } from "@tiptap/pm/state";
import { isShared, ownChanges } from "./own_changes";
import { heldAttributes, heldMark, MAX_DEPTH } from "./rules";

function heldContent(content: Fragment): Fragment {
  return Fragment.fromArray(
    content.content.map((node) => {
      const marks = node.marks.flatMap((mark) => heldMark(mark) ?? []);
      if (node.isText) return node.mark(marks);
      const attributes = heldAttributes(node.type, node.attrs);
      return node.type.create(attributes, heldContent(node.content), marks);
    }),
  );
}

/** Count how many levels of types it is; words are one, also where there are none yet. */
function levelsOf(content: Fragment): number {
  let most = 0;
  content.forEach((node) => {
    most = Math.max(most, 1 + (node.inlineContent ? 1 : levelsOf(node.content)));
  });
  return most;
}

/** Put what holds words, at whatever depth, one after the other. */
function flat(content: Fragment): Fragment {
  const found: Node[] = [];
  content.descendants((node) => {
    if (node.isTextblock || node.isLeaf) found.push(node);
    return !node.isTextblock;
  });
  return Fragment.fromArray(found);
}

/**
 * Hold what is pasted to the rules, before a table of a billion columns is counted through.
 *
 * What is nested too deep for its place comes as its paragraphs.
 */
function heldSlice({ content, openStart, openEnd }: Slice, { selection }: EditorState): Slice {
  const room = MAX_DEPTH - selection.$from.depth;
  return levelsOf(content) > room
    ? Slice.maxOpen(flat(heldContent(content)))
    : new Slice(heldContent(content), openStart, openEnd);
}

function isTooDeep(transaction: Transaction): boolean {
  const { doc } = transaction;
  // What was put into another node lies between the places that changed.
  const changed = transaction.changedRange();
  let isFound = false;
  if (!changed) return isFound;
  doc.nodesBetween(changed.from, changed.to, (node, position) => {
    if (node.isInline) return;
    const levels = node.inlineContent ? 2 : 1;
    isFound ||= doc.resolve(position).depth + levels > MAX_DEPTH;
  });
  return isFound;
}

/** Mend what one's own changes made that the server would not take. */
function mended(
  transactions: readonly Transaction[],
  _: EditorState,
  state: EditorState,
): Transaction | null {
  // Steps that move nothing: neither the cursor, nor what others point at.
  const mending = state.tr;
  for (const { from, to } of ownChanges(transactions)) {
    state.doc.nodesBetween(from, to, (node, position) => {
      for (const mark of node.marks) {
        const held = heldMark(mark);
        if (held?.eq(mark)) continue;
        const end = position + node.nodeSize;
        if (held) mending.addMark(position, end, held);
        else mending.removeMark(position, end, mark);
      }
      for (const [name, value] of Object.entries(heldAttributes(node.type, node.attrs))) {
        if (value !== node.attrs[name]) mending.setNodeAttribute(position, name, value);
      }
    });
  }
  // A step forgets in what marks the next word is to be written.
  return mending.docChanged ? mending.setStoredMarks(state.storedMarks) : null;
}

/**
 * Hold one's own changes to the server's rules before they reach the shared document.
 *
 * The server refuses an update with anything else in it, and with it all that is written after.
 * What an editor makes of a page or of keys is mended to the nearest value; a change that would
 * nest deeper than the rules allow is not made. What others wrote stays as it is.
 */
export const WithinRules = Extension.create({
  name: "withinRules",
  addProseMirrorPlugins() {
    return [
      new Plugin({
        props: { transformPasted: (slice, { state }) => heldSlice(slice, state) },
        filterTransaction: (transaction) => isShared(transaction) || !isTooDeep(transaction),
        appendTransaction: mended,
      }),
    ];
  },
});
