import { getSchema } from "@tiptap/core";
import { EditorState } from "@tiptap/pm/state";
import StarterKit from "@tiptap/starter-kit";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { countWords, countWordsOf, paragraphsOf } from "./words";

test.each([
  ["", 0],
  ["Hej!", 1],
  ["Rivers don’t stop at borders.", 5],
  ["Ο ποταμός Αξιός", 3],
  ["3.5 km, well-known", 3],
])("Words are counted in %j.", (text, count) => {
  expect(countWords(text)).toBe(count);
});

test("The paragraphs of a rich document are its texts, wherever they stand.", () => {
  const doc = new Y.Doc();
  const item = new Y.XmlElement("listItem");
  const inner = new Y.XmlElement("paragraph");
  inner.insert(0, [new Y.XmlText("In a list")]);
  item.insert(0, [inner]);
  const list = new Y.XmlElement("bulletList");
  list.insert(0, [item]);
  const heading = new Y.XmlElement("heading");
  const text = new Y.XmlText();
  heading.insert(0, [text]);
  doc.getXmlFragment("default").insert(0, [heading, new Y.XmlElement("paragraph"), list]);
  text.insert(0, "Rivers");
  text.format(0, 3, { bold: {} });
  expect(paragraphsOf(doc, "rich")).toEqual(["Rivers", "In a list"]);
});

test("The formulas of a rich document are among its paragraphs.", () => {
  const doc = new Y.Doc();
  const formula = new Y.XmlElement("blockMath");
  formula.setAttribute("latex", "a^2+b^2");
  doc.getXmlFragment("default").insert(0, [formula]);
  expect(paragraphsOf(doc, "rich")).toEqual(["$$a^2+b^2$$"]);
});

test("The words of an edited document are those of its blocks, also after a change.", () => {
  const schema = getSchema([StarterKit]);
  const doc = schema.nodeFromJSON({
    type: "doc",
    content: [
      { type: "heading", attrs: { level: 1 }, content: [{ type: "text", text: "Two seas" }] },
      {
        type: "bulletList",
        content: [
          {
            type: "listItem",
            content: [
              {
                type: "paragraph",
                content: [
                  { type: "text", text: "salt" },
                  { type: "hardBreak" },
                  { type: "text", text: "wa" },
                  { type: "text", text: "ter", marks: [{ type: "bold" }] },
                ],
              },
            ],
          },
        ],
      },
    ],
  });
  expect(countWordsOf(doc)).toBe(4);
  const state = EditorState.create({ doc });
  const longer = state.apply(state.tr.insertText("of the ", 5));
  expect(countWordsOf(longer.doc)).toBe(6);
  expect(countWordsOf(doc)).toBe(4);
});
