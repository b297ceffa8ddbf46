// @vitest-environment jsdom
import { Editor } from "@tiptap/core";
import Collaboration from "@tiptap/extension-collaboration";
import CollaborationCaret from "@tiptap/extension-collaboration-caret";
import StarterKit from "@tiptap/starter-kit";
import {
  absolutePositionToRelativePosition,
  yCursorPluginKey,
  ySyncPluginKey,
  yUndoPluginKey,
} from "@tiptap/y-tiptap";
import { afterEach, expect, test } from "vitest";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { KeptCursor } from "./cursor";
import type { LiveDocument } from "./live";

const open: Editor[] = [];

afterEach(() => {
  for (const editor of open.splice(0)) editor.destroy();
});

/** Two people at one document; what one writes reaches the other when `meet` is called. */
function two(text: string) {
  const prepared: (() => void)[] = [];
  const docs = [new Y.Doc(), new Y.Doc()] as const;
  const awareness = new Awareness(docs[0]);
  const live = {
    doc: docs[0],
    awareness,
    beforeMessage: (prepare: () => void) => {
      prepared.push(prepare);
      return () => undefined;
    },
  } as unknown as LiveDocument;
  const meet = () => {
    for (const prepare of prepared) prepare();
    for (const [from, to] of [docs, [docs[1], docs[0]] as const]) {
      Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), "line");
    }
  };
  const [mine, theirs] = docs.map((document) => {
    const editor = new Editor({
      element: window.document.createElement("div"),
      extensions: [
        StarterKit.configure({ undoRedo: false, trailingNode: false }),
        KeptCursor.configure({ live }),
        Collaboration.configure({ document, field: "default" }),
        ...(document === docs[0]
          ? [CollaborationCaret.configure({ provider: { awareness } })]
          : []),
      ],
    });
    open.push(editor);
    return editor;
  }) as [Editor, Editor];
  mine.commands.setContent(
    text.split("\n").map((line) => ({
      type: "paragraph",
      content: line ? [{ type: "text", text: line }] : [],
    })),
  );
  meet();
  yUndoPluginKey.getState(mine.state).undoManager.clear();
  return { mine, theirs, meet, awareness, shared: docs[1].getXmlFragment("default") };
}

/** The place behind some letters; the nth time they stand there. */
function behind(editor: Editor, letters: string): number {
  let place = -1;
  editor.state.doc.descendants((node, position) => {
    const at = node.text?.indexOf(letters) ?? -1;
    if (place < 0 && at >= 0) place = position + at + letters.length;
  });
  return place;
}

/** Where the nth line begins. */
function line(editor: Editor, n: number): number {
  let place = 1;
  for (let i = 0; i < n; i += 1) place += editor.state.doc.child(i).nodeSize;
  return place;
}

function words(editor: Editor): string {
  return editor.getText({ blockSeparator: "|" });
}

test("A line that becomes like another one keeps the cursor that is in it.", () => {
  const { mine, theirs, meet } = two("first\n\n\n\nlast");
  mine.commands.setTextSelection(line(mine, 2));
  theirs.commands.insertContentAt(line(theirs, 2), "theirs");
  meet();
  mine.commands.insertContent("mine");
  meet();
  expect(words(mine)).toMatch(/^first\|\|(minetheirs|theirsmine)\|\|last$/);
  expect(words(theirs)).toBe(words(mine));
});

test("Among equal letters the cursor stays behind the one that was before it.", () => {
  const { mine, meet, shared } = two("aaaa");
  mine.commands.setTextSelection(3);
  const letters = (shared.get(0) as Y.XmlElement).get(0) as Y.XmlText;
  letters.insert(0, "aa");
  meet();
  expect(mine.state.selection.from).toBe(5);
});

test("What others write in front, behind and around moves the cursor with its words.", () => {
  const { mine, theirs, meet } = two("one\ntwo\nthree");
  mine.commands.setTextSelection({ from: behind(mine, "t"), to: behind(mine, "two") });
  theirs.commands.insertContentAt(1, "zero ");
  theirs.commands.insertContentAt(behind(theirs, "two"), " and more");
  theirs.commands.insertContentAt(behind(theirs, "three"), " four");
  meet();
  const { from, to } = mine.state.selection;
  expect(words(mine)).toBe("zero one|two and more|three four");
  expect(mine.state.doc.textBetween(from, to)).toBe("wo");
});

test("A list that others make of the lines around leaves the cursor in its own.", () => {
  const { mine, theirs, meet } = two("one\ntwo\nthree");
  mine.commands.setTextSelection(behind(mine, "thr"));
  theirs.commands.setTextSelection({ from: 1, to: behind(theirs, "two") });
  theirs.commands.toggleBulletList();
  theirs.commands.insertContentAt(1, "0");
  meet();
  mine.commands.insertContent("!");
  expect(words(mine).split("|").filter(Boolean).at(-1)).toBe("thr!ee");
});

test("A line that others take away leaves the cursor where it was.", () => {
  const { mine, theirs, meet } = two("one\ntwo\nthree\nfour");
  mine.commands.setTextSelection(behind(mine, "tw"));
  theirs.commands.deleteRange({ from: line(theirs, 1) - 1, to: line(theirs, 2) - 1 });
  meet();
  mine.commands.insertContent("!");
  expect(words(mine)).toMatch(/^(one!\|three|one\|!three)\|four$/);
});

test("Undo takes back one's own and sets the cursor where that was.", () => {
  const { mine, theirs, meet } = two("one\ntwo");
  mine.commands.setTextSelection(behind(mine, "two"));
  mine.commands.insertContent(" mistake");
  theirs.commands.insertContentAt(1, "zero ");
  meet();
  mine.commands.setTextSelection(1);
  mine.commands.undo();
  expect(words(mine)).toBe("zero one|two");
  expect(mine.state.selection.from).toBe(behind(mine, "two"));
  mine.commands.setTextSelection(behind(mine, "o"));
  theirs.commands.insertContentAt(behind(theirs, "two"), " three");
  meet();
  expect(mine.state.selection.from).toBe(behind(mine, "o"));
});

test("Only what changed is a change: the lines around stay the same nodes.", () => {
  const { mine, theirs, meet } = two("one\ntwo\nthree");
  const [first, last] = [mine.state.doc.child(0), mine.state.doc.child(2)];
  theirs.commands.insertContentAt(behind(theirs, "two"), "!");
  meet();
  expect(words(mine)).toBe("one|two!|three");
  expect(mine.state.doc.child(0)).toBe(first);
  expect(mine.state.doc.child(2)).toBe(last);
});

/** The same numbers in the same order every time. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "Whatever others do, the cursor stays by its letter (%i).",
  (seed) => {
    const random = numbers(seed);
    const upTo = (n: number) => Math.floor(random.next().value * n);
    const { mine, theirs, meet } = two("abc\n\nxx#xx\n\nabc\nabc");
    mine.commands.setTextSelection(behind(mine, "#"));
    for (let step = 0; step < 80; step += 1) {
      const { size } = theirs.state.doc.content;
      const at = upTo(size);
      const sign = behind(theirs, "#");
      theirs.commands.setTextSelection(at);
      switch (upTo(5)) {
        case 0:
          if (theirs.state.selection.$from.parent.isTextblock) theirs.commands.splitBlock();
          break;
        case 1:
          theirs.commands.toggleBulletList();
          break;
        case 2: {
          const to = Math.min(size, at + upTo(4));
          if (to < sign - 1 || at > sign) theirs.commands.deleteRange({ from: at, to });
          break;
        }
        default:
          theirs.commands.insertContent("ab x".charAt(upTo(4)));
      }
      meet();
      expect(mine.getJSON()).toEqual(theirs.getJSON());
      expect(mine.state.selection.from, `step ${step}: ${words(mine)}`).toBe(behind(mine, "#"));
    }
  },
);

test("A cursor that is drawn when the paper is away is no error.", () => {
  const { mine } = two("one");
  const { view, state } = mine;
  mine.unmount();
  view.dispatch(state.tr.setMeta(yCursorPluginKey, { awarenessUpdated: true }));
  expect(mine.isDestroyed).toBe(true);
});

test("One's own letters draw no cursors; another's is drawn, and again after a new line.", async () => {
  const { mine, theirs, awareness } = two("one\ntwo");
  let drawn = 0;
  mine.on("transaction", ({ transaction }) => {
    if (transaction.getMeta(yCursorPluginKey)) drawn += 1;
  });
  const afterwards = () => new Promise((done) => setTimeout(done, 10));
  const isShown = () => mine.view.dom.querySelector(".collaboration-carets__caret") !== null;
  /** What an editor tells when its cursor is behind some letters. */
  const cursorBehind = (editor: Editor, letters: string) => {
    const { type, binding } = ySyncPluginKey.getState(editor.state);
    const at = absolutePositionToRelativePosition(behind(editor, letters), type, binding.mapping);
    return { anchor: at, head: at };
  };
  const moveMine = (letters: string) =>
    awareness.setLocalStateField("cursor", cursorBehind(mine, letters));

  moveMine("one");
  await afterwards();
  expect(drawn).toBe(0);

  const others = new Awareness(ySyncPluginKey.getState(theirs.state).doc);
  others.setLocalStateField("user", { name: "Eleni", color: "#0072b2" });
  others.setLocalStateField("cursor", cursorBehind(theirs, "two"));
  applyAwarenessUpdate(awareness, encodeAwarenessUpdate(others, [others.clientID]), "line");
  await afterwards();
  expect(drawn).toBe(1);
  expect(isShown()).toBe(true);
  moveMine("on");
  await afterwards();
  expect(drawn).toBe(1);

  mine.chain().setTextSelection(behind(mine, "one")).splitBlock().run();
  expect(isShown()).toBe(false);
  moveMine("one");
  await afterwards();
  expect(isShown()).toBe(true);
  awareness.destroy();
  others.destroy();
});
