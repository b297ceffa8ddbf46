import * as Y from "yjs";
import type { Unsent } from "./local";
import { asTyped } from "./words";

function unsentPart(item: Y.Item, clients: Unsent["clients"]): string {
  const from = clients[item.id.client];
  if (from === undefined || item.deleted || !(item.content instanceof Y.ContentString)) return "";
  return item.content.str.slice(Math.max(0, from - item.id.clock));
}

/** Return the formula of a node, if it was written after what is confirmed. */
function unsentFormula(type: Y.AbstractType<unknown>, clients: Unsent["clients"]): string {
  const item = type._map.get("latex");
  if (!item || item.deleted || item.id.clock < (clients[item.id.client] ?? Infinity)) return "";
  return asTyped(item.content.getContent()[0]);
}

function collect(type: Y.AbstractType<unknown>, clients: Unsent["clients"], found: string[]): void {
  let words = unsentFormula(type, clients);
  for (let item = type._start; item; item = item.right) {
    words += unsentPart(item, clients);
    if (!item.deleted && item.content instanceof Y.ContentType) {
      collect(item.content.type as Y.AbstractType<unknown>, clients, found);
    }
  }
  found.push(...words.split("\n"));
}

/** List the words in a copy that the server has not confirmed, paragraph by paragraph. */
export function unsentWords(doc: Y.Doc, kind: "rich" | "text", unsent: Unsent): string[] {
  const root = kind === "text" ? doc.getText("t") : doc.getXmlFragment("default");
  const found: string[] = [];
  collect(root as unknown as Y.AbstractType<unknown>, unsent.clients, found);
  return found.map((words) => words.trim()).filter(Boolean);
}
