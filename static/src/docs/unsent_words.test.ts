import { expect, test } from "vitest";
import * as Y from "yjs";
import { unsentWords } from "./unsent_words";

test("Unsent words are one's own from the noted clock on, and no others'.", () => {
  const doc = new Y.Doc();
  doc.clientID = 1;
  const text = doc.getText("t");
  text.insert(0, "Saved. ");
  const from = Y.getState(doc.store, 1);
  text.insert(text.length, "Not yet.\nNor this.");
  const other = new Y.Doc();
  other.clientID = 2;
  other.getText("t").insert(0, "Somebody else's. ");
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  expect(unsentWords(doc, "text", { since: 0, clients: { 1: from } })).toEqual([
    "Not yet.",
    "Nor this.",
  ]);
});

test("Unsent words are found inside the nodes of rich text, but for what was deleted again.", () => {
  const doc = new Y.Doc();
  doc.clientID = 1;
  const paragraph = new Y.XmlElement("paragraph");
  const text = new Y.XmlText();
  paragraph.insert(0, [text]);
  doc.getXmlFragment("default").insert(0, [paragraph]);
  text.insert(0, "kept");
  const from = Y.getState(doc.store, 1);
  text.insert(4, " lost words");
  text.delete(4, 5);
  expect(unsentWords(doc, "rich", { since: 0, clients: { 1: from } })).toEqual(["words"]);
});

test("A formula is among the unsent words if it was written after what is confirmed.", () => {
  const doc = new Y.Doc();
  doc.clientID = 1;
  const page = doc.getXmlFragment("default");
  const add = (latex: string) => {
    const formula = new Y.XmlElement("inlineMath");
    formula.setAttribute("latex", latex);
    page.push([formula]);
  };
  add("saved");
  const from = Y.getState(doc.store, 1);
  add("x^2");
  expect(unsentWords(doc, "rich", { since: 0, clients: { 1: from } })).toEqual(["$$x^2$$"]);
});
