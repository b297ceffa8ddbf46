import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";

export interface Heading {
  /** The part of an address after `#` that leads to it. */
  anchor: string;
  text: string;
  level: number;
  pos: number;
}

function slug(text: string): string {
  const words = text
    .normalize("NFC")
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu);
  return words?.join("-").slice(0, 60) ?? "";
}

/** List the headings of a document; two with the same words get different anchors. */
export function headingsOf(doc: Node): Heading[] {
  const found: Heading[] = [];
  const taken = new Map<string, number>();
  doc.descendants((node, pos) => {
    if (node.type.name === "heading") {
      const text = node.textContent.trim();
      const base = slug(text);
      if (base) {
        const count = (taken.get(base) ?? 0) + 1;
        taken.set(base, count);
        // A prefix, so that a heading "Main" does not take the id of the page's own part.
        const anchor = count === 1 ? `h-${base}` : `h-${base}-${count}`;
        found.push({ anchor, text, level: Number(node.attrs.level), pos });
      }
    }
    return !node.isTextblock;
  });
  return found;
}

const key = new PluginKey<{ headings: Heading[]; decorations: DecorationSet }>("outline");

/** Return the headings of the document as it is now. */
export function currentHeadings(state: Parameters<typeof key.getState>[0]): Heading[] {
  return key.getState(state)?.headings ?? [];
}

function look(doc: Node) {
  const headings = headingsOf(doc);
  const decorations = headings.map(({ pos, anchor }) =>
    Decoration.node(pos, pos + (doc.nodeAt(pos)?.nodeSize ?? 0), { id: anchor }),
  );
  return { headings, decorations: DecorationSet.create(doc, decorations) };
}

function touchesHeading(before: Node, after: Node, from: number, to: number): boolean {
  let found = false;
  const visit = (node: Node) => {
    if (node.type.name === "heading") found = true;
    return !found;
  };
  before.nodesBetween(Math.max(0, from), Math.min(before.content.size, to), visit);
  const end = after.content.size - (before.content.size - Math.min(before.content.size, to));
  if (!found) after.nodesBetween(Math.max(0, from), Math.min(after.content.size, end), visit);
  return found;
}

/** Makes each heading a place that an address can lead to. */
export const Outline = Extension.create({
  name: "outline",
  addProseMirrorPlugins() {
    return [
      new Plugin({
        key,
        state: {
          init: (_, { doc }) => look(doc),
          apply(transaction, value) {
            if (!transaction.docChanged) return value;
            const { before, doc } = transaction;
            const from = before.content.findDiffStart(doc.content);
            const end = before.content.findDiffEnd(doc.content);
            if (from === null || !end) return value;
            // Typing in a paragraph only moves the headings behind it.
            const to = Math.max(end.a, from);
            if (touchesHeading(before, doc, from, to)) return look(doc);
            return {
              headings: value.headings.map((heading) => ({
                ...heading,
                pos: transaction.mapping.map(heading.pos),
              })),
              decorations: value.decorations.map(transaction.mapping, doc),
            };
          },
        },
        props: {
          decorations: (state) => key.getState(state)?.decorations ?? null,
        },
      }),
    ];
  },
});
