// @vitest-environment jsdom
import { expect, test } from "vitest";
import * as Y from "yjs";
import { editAtRandom } from "../../../tests/peers/edits.mjs";
import { Desk, dice } from "./desk";

test("What is bold is bold for everyone: the words, not the formula among them.", () => {
  const [mine, theirs] = [new Desk(1), new Desk(2)];
  mine.editor.commands.insertContent("before ");
  mine.editor.commands.setMath({ latex: "x^2", block: false });
  mine.editor.chain().selectAll().toggleBold().run();
  theirs.hear(mine, Number.POSITIVE_INFINITY);
  expect(mine.shown).toEqual(theirs.shown);
  expect(theirs.editor.getHTML()).toMatch(/^<p><strong>before <\/strong><span [^>]*><\/span><\/p>/);
});

test("A line break in bold words leaves the next words bold.", () => {
  const { editor } = new Desk(1);
  editor.chain().toggleBold().insertContent("one").setHardBreak().run();
  editor.view.dispatch(editor.state.tr.insertText("two"));
  expect(editor.getHTML()).toMatch(/^<p><strong>one<\/strong><br><strong>two<\/strong><\/p>/);
});

test("Words have a mark once, under its own name: the server takes no other.", () => {
  // y-tiptap writes a mark that does not exclude itself as `name--hash`.
  const { marks } = new Desk(1).editor.schema;
  expect(Object.values(marks).filter((mark) => !mark.excludes(mark))).toEqual([]);
});

test("What is typed behind a link is no part of it.", () => {
  const { editor } = new Desk(1);
  editor.commands.insertContent('<a href="https://example.org">there</a>');
  editor.view.dispatch(editor.state.tr.insertText(" it is"));
  expect(editor.getHTML()).toMatch(/^<p><a [^>]*>there<\/a> it is<\/p>/);
});

test("A cursor comes along when what others wrote is mended as it is drawn.", () => {
  const { doc, editor } = new Desk(1);
  editor.commands.setContent("<p>one</p><p>two</p><p>3</p>");
  editor.commands.setTextSelection(editor.state.doc.content.size - 1);
  const theirs = new Y.Doc();
  Y.applyUpdate(theirs, Y.encodeStateAsUpdate(doc));
  const shared = theirs.getXmlFragment("default");
  // A line of code cannot hold a formula: whoever draws it deletes it.
  const wrong = new Y.XmlElement("codeBlock");
  wrong.insert(0, [new Y.XmlElement("inlineMath")]);
  shared.insert(0, [wrong]);
  shared.delete(2, 1);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(theirs), "line");
  expect(editor.getHTML()).toBe("<p>one</p><p>3</p>");
  expect(editor.state.selection.from).toBe(7);
});

// Schedules that once ended with a formula, or a line break in a table, in marks for one alone.
test.each([12, 25])(
  "Two who write at once are shown the same in the end (seed %d).",
  (seed) => {
    const below = dice(seed);
    const [mine, theirs] = [new Desk(1), new Desk(2)];
    let apart = 0;
    for (let step = 0; step < 300; step += 1) {
      editAtRandom((below(2) === 0 ? mine : theirs).editor, below);
      if (apart > 0) apart -= 1;
      else if (below(12) === 0) apart = below(12);
      else {
        mine.hear(theirs, below(3));
        theirs.hear(mine, below(3));
      }
    }
    // An editor answers what it cannot show with an edit of its own.
    while ([mine.hear(theirs, 1), theirs.hear(mine, 1)].includes(true));
    expect(theirs.shown).toEqual(mine.shown);
    const reader = new Desk(3);
    Y.applyUpdate(reader.doc, Y.encodeStateAsUpdate(mine.doc), "line");
    expect(reader.shown).toEqual(mine.shown);
  },
  60_000,
);
