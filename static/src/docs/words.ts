import type { Node } from "@tiptap/pm/model";
import * as Y from "yjs";

const WORD = /[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu;

/** Count the words of a text, in any script that parts them. */
export function countWords(text: string): number {
  return text.match(WORD)?.length ?? 0;
}

const counted = new WeakMap<Node, number>();

/** Count the words of a document as the editor has it; what did not change is not read again. */
export function countWordsOf(doc: Node): number {
  let words = 0;
  doc.descendants((block) => {
    if (!block.isTextblock) return true;
    let here = counted.get(block);
    if (here === undefined) {
      here = countWords(block.textBetween(0, block.content.size, " ", " "));
      counted.set(block, here);
    }
    words += here;
    return false;
  });
  return words;
}

/** Return a formula as one types it, from the attribute of its node; nothing if it is none. */
export function asTyped(latex: unknown): string {
  return typeof latex === "string" && latex ? `$$${latex}$$` : "";
}

function collect(node: Y.XmlFragment | Y.XmlText | Y.XmlHook, blocks: string[]): void {
  if (node instanceof Y.XmlText) {
    const delta = node.toDelta() as { insert?: unknown }[];
    blocks.push(delta.map(({ insert }) => (typeof insert === "string" ? insert : "")).join(""));
  } else if (node instanceof Y.XmlFragment) {
    if (node instanceof Y.XmlElement) blocks.push(asTyped(node.getAttribute("latex")));
    for (const child of node.toArray()) collect(child, blocks);
  }
}

/** List the paragraphs of a document of either kind, without their marks and without empty ones; formulas are some. */
export function paragraphsOf(doc: Y.Doc, kind: "rich" | "text"): string[] {
  const blocks: string[] = [];
  if (kind === "text") blocks.push(...doc.getText("t").toString().split("\n"));
  else collect(doc.getXmlFragment("default"), blocks);
  return blocks.map((block) => block.trim()).filter(Boolean);
}
