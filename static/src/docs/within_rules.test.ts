// @vitest-environment jsdom
import type { JSONContent } from "@tiptap/core";
import type { Attrs } from "@tiptap/pm/model";
import { yUndoPluginKey } from "@tiptap/y-tiptap";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { editAtRandom } from "../../../tests/peers/edits.mjs";
import { Desk, dice } from "./desk";
import { isAllowed, MAX_DEPTH, ruleOf } from "./rules";

const FAR = `https://example.org/${"x".repeat(8_192)}`;

/** List what stands in the shared document against the rules. */
function wrongIn(doc: Y.Doc): string[] {
  const wrong: string[] = [];
  const check = (type: string, attributes: Attrs) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (!isAllowed(ruleOf(type, name), value)) wrong.push(`${type}.${name}: ${String(value)}`);
    }
  };
  const visit = (parent: Y.XmlElement | Y.XmlFragment, depth: number) => {
    for (const child of parent.toArray()) {
      if (depth > MAX_DEPTH) wrong.push(`depth: ${depth}`);
      if (child instanceof Y.XmlElement) {
        check(child.nodeName, child.getAttributes());
        visit(child, depth + 1);
      } else if (child instanceof Y.XmlText) {
        for (const { attributes } of child.toDelta()) {
          for (const [mark, values] of Object.entries<Attrs>(attributes ?? {})) check(mark, values);
        }
      }
    }
  };
  visit(doc.getXmlFragment("default"), 1);
  return wrong;
}

/** Somebody at a document of whom all that is ever stored is held against the rules. */
class WatchedDesk extends Desk {
  readonly wrong: string[] = [];

  constructor() {
    super(1);
    this.doc.on("update", () => this.wrong.push(...wrongIn(this.doc)));
  }

  /** The attributes of all nodes of one kind. */
  attributesOf(type: string): Attrs[] {
    const found: Attrs[] = [];
    this.editor.state.doc.descendants((node) => {
      if (node.type.name === type) found.push(node.attrs);
    });
    return found;
  }

  /** The links, by their words. */
  get links(): Record<string, Attrs> {
    const found: Record<string, Attrs> = {};
    this.editor.state.doc.descendants(({ text = "", marks }) => {
      const link = marks.find(({ type }) => type.name === "link");
      if (link) found[text] = link.attrs;
    });
    return found;
  }
}

test("What a node or mark has by itself the server takes.", () => {
  const { nodes, marks } = new Desk(1).editor.schema;
  for (const [type, { spec }] of Object.entries({ ...nodes, ...marks })) {
    for (const [name, attribute] of Object.entries(spec.attrs ?? {})) {
      expect(isAllowed(ruleOf(type, name), attribute.default), `${type}.${name}`).toBe(true);
    }
  }
});

test.each([
  ['<ol start="a"><li>x</li></ol>', "orderedList", { start: 1 }],
  ['<ol start=""><li>x</li></ol>', "orderedList", { start: 1 }],
  ['<ol start="-3"><li>x</li></ol>', "orderedList", { start: -3 }],
  [`<ol start="${"9".repeat(400)}"><li>x</li></ol>`, "orderedList", { start: 2 ** 53 - 1 }],
  [`<ol type="${"i".repeat(40)}"><li>x</li></ol>`, "orderedList", { type: "i".repeat(32) }],
  ['<table><tr><td rowspan="0">x</td></tr></table>', "tableCell", { rowspan: 1 }],
  ['<table><tr><td rowspan="-2">x</td></tr></table>', "tableCell", { rowspan: 1 }],
  ['<table><tr><td colspan="0">x</td></tr></table>', "tableCell", { colspan: 1 }],
  ['<table><tr><td colspan="2.9">x</td></tr></table>', "tableCell", { colspan: 2 }],
  ['<table><tr><td colspan="two">x</td></tr></table>', "tableCell", { colspan: 1 }],
  ['<table><tr><td colspan="999999999">x</td></tr></table>', "tableCell", { colspan: 1_000 }],
  ['<table><tr><th colspan="true">x</th></tr></table>', "tableHeader", { colspan: 1 }],
  [
    '<table><tr><td colwidth="12,x" colspan="2">y</td></tr></table>',
    "tableCell",
    { colwidth: [12, 0] },
  ],
  ['<table><tr><td colwidth="-1">x</td></tr></table>', "tableCell", { colwidth: [0] }],
  ['<table><tr><td colwidth="9e9999999">x</td></tr></table>', "tableCell", { colwidth: [9] }],
  ['<table><tr><td colwidth="99999999">x</td></tr></table>', "tableCell", { colwidth: [100_000] }],
  [
    '<table><colgroup><col width="*"></colgroup><tr><td>x</td></tr></table>',
    "tableCell",
    { colwidth: [0] },
  ],
  [
    `<pre><code class="language-${"x".repeat(300)}">y</code></pre>`,
    "codeBlock",
    { language: "x".repeat(256) },
  ],
  [
    `<p>a <span data-type="inline-math" data-latex="${"x".repeat(20_001)}"></span></p>`,
    "inlineMath",
    { latex: "x".repeat(20_000) },
  ],
])(
  "What a page says comes as the nearest that the server takes (%#).",
  (html, type, attributes) => {
    const pasted = new WatchedDesk();
    pasted.pastePage(html);
    expect(pasted.attributesOf(type)[0]).toMatchObject(attributes);
    expect(pasted.wrong).toEqual([]);
    const inserted = new WatchedDesk();
    inserted.editor.commands.insertContent(html);
    expect(inserted.attributesOf(type)[0]).toMatchObject(attributes);
    expect(inserted.wrong).toEqual([]);
  },
);

test("A column is as wide as it was drawn, half points included.", () => {
  const desk = new WatchedDesk();
  desk.editor.commands.insertContent("<table><tr><td colspan=2>x</td></tr></table>");
  const widths = [
    [
      [0, 240.5],
      [0, 240.5],
    ],
    [
      [Number.NaN, 1e9],
      [0, 100_000],
    ],
  ];
  for (const [colwidth, wanted] of widths) {
    // As prosemirror-tables does it at the end of a drag.
    const [attributes] = desk.attributesOf("tableCell");
    const { tr } = desk.editor.state;
    desk.editor.view.dispatch(tr.setNodeMarkup(2, null, { ...attributes, colwidth }));
    expect(desk.attributesOf("tableCell")[0]?.colwidth).toEqual(wanted);
  }
  expect(desk.wrong).toEqual([]);
});

test.each(["1879", "true", "007", "1e3"])("A link's title stays %j as it is written.", (title) => {
  const desk = new WatchedDesk();
  desk.pastePage(`<a href="https://example.org" title="${title}" target="1" class="2">year</a>`);
  expect(desk.links.year).toMatchObject({ title, target: "1", class: "2" });
  expect(desk.wrong).toEqual([]);
});

test.each([
  ["https://school.de/my file.pdf", "https://school.de/my%20file.pdf"],
  ["https://school.de/a\n", "https://school.de/a"],
  [" mailto:ann@school.se ", "mailto:ann@school.se"],
  ["mailto:ann@school.se, ben@school.se", "mailto:ann@school.se,%20ben@school.se"],
  ["https://el.wikipedia.org/wiki/Αξιός", "https://el.wikipedia.org/wiki/Αξιός"],
  ["mailto:", undefined],
  ["https://", undefined],
  ["/wiki/1879", undefined],
  ["javascript:alert(1)", undefined],
  ["ftp://example.org/a", undefined],
  [FAR, undefined],
])("A link on a page leads where it may, or is none (%#).", (href, address) => {
  const desk = new WatchedDesk();
  desk.pastePage(`<p>see <a href="${href}">there</a></p>`);
  expect(desk.editor.getText()).toBe("see there");
  expect(desk.links.there?.href).toBe(address);
  expect(desk.wrong).toEqual([]);
});

test.each([
  ["www.example.org", "words", "https://www.example.org"],
  ["ann@school.se", "words", "mailto:ann@school.se"],
  ["ftp://example.org/a", "ftp://example.org/a", undefined],
  [FAR, FAR, undefined],
])("An address over words is a link there or takes their place (%#).", (address, words, href) => {
  const desk = new WatchedDesk();
  desk.type("words");
  desk.editor.commands.selectAll();
  desk.pasteWords(address);
  expect(desk.editor.getText()).toBe(words);
  expect(desk.links[words]?.href).toBe(href);
  expect(desk.wrong).toEqual([]);
});

test("An address becomes a link as it is typed, if a link may lead there.", () => {
  const desk = new WatchedDesk();
  desk.type("https://example.org ");
  desk.editor.commands.insertContent(FAR);
  desk.type(" ");
  expect(Object.keys(desk.links)).toEqual(["https://example.org"]);
  expect(desk.wrong).toEqual([]);
});

test("A link that is set to where none may lead is none; its words stay, as bold as they were.", () => {
  const desk = new WatchedDesk();
  desk.editor.chain().toggleBold().insertContent("words").run();
  desk.editor.chain().selectAll().setLink({ href: "https://two words" }).run();
  const { from, to } = desk.editor.state.selection;
  expect([from, to]).toEqual([0, 7]);
  expect(desk.editor.getHTML()).toMatch(/^<p><strong>words<\/strong><\/p>/);
  expect(desk.wrong).toEqual([]);
});

test.each([
  ["9. ", "<ol start="],
  ["123456789. ", "<ol start="],
  ["9783161484100. ", "<p>9783161484100. "],
])("%j at the start of a line is %s…", (typed, start) => {
  const desk = new WatchedDesk();
  desk.type(typed);
  desk.type("x");
  expect(desk.editor.getHTML().startsWith(start)).toBe(true);
  expect(desk.wrong).toEqual([]);
});

test("What is mended leaves the cursor and the marks to write in, and is undone in one go.", () => {
  const desk = new WatchedDesk();
  desk.editor.commands.setContent("<ol><li><p>one</p></li></ol>");
  desk.editor.commands.setTextSelection(5);
  const before = desk.shown;
  yUndoPluginKey.getState(desk.editor.state)?.undoManager.stopCapturing();
  const { schema, tr } = desk.editor.state;
  tr.setNodeMarkup(0, null, { start: Number.NaN, type: "a" });
  desk.editor.view.dispatch(tr.setStoredMarks([schema.mark("bold")]));
  expect(desk.attributesOf("orderedList")).toEqual([{ start: 1, type: "a" }]);
  expect(desk.editor.state.selection.from).toBe(5);
  expect(desk.editor.state.storedMarks?.map(({ type }) => type.name)).toEqual(["bold"]);
  desk.editor.commands.undo();
  expect(desk.shown).toEqual(before);
  expect(desk.wrong).toEqual([]);
});

test("What others wrote stays as it is.", () => {
  const [mine, theirs] = [new Desk(1), new Desk(2)];
  theirs.doc.transact(() => {
    const list = new Y.XmlElement("orderedList");
    list.setAttribute("start", 0.5 as never);
    const item = new Y.XmlElement("listItem");
    item.insert(0, [new Y.XmlElement("paragraph")]);
    list.insert(0, [item]);
    theirs.doc.getXmlFragment("default").insert(0, [list, new Y.XmlElement("paragraph")]);
  }, "a program");
  mine.hear(theirs, 1);
  mine.editor.commands.setTextSelection(mine.editor.state.doc.content.size - 1);
  mine.type("x");
  expect(mine.editor.getHTML()).toContain('<ol start="0.5">');
});

test("A list goes in no further than the rules, and can be written in to the end.", () => {
  const desk = new WatchedDesk();
  desk.editor.commands.toggleBulletList();
  const words: string[] = [];
  for (let item = 0; item < MAX_DEPTH / 2 + 2; item += 1) {
    desk.type(`i${item}`);
    words.push(`i${item}`);
    desk.press("Enter");
    desk.press("Tab");
  }
  desk.type("end");
  expect(desk.editor.state.selection.$from.depth).toBe(MAX_DEPTH - 1);
  expect(desk.editor.getText().trim().split(/\s+/)).toEqual([...words, "end"]);
  expect(desk.wrong).toEqual([]);
});

test("A quotation of quotations goes in no further than the rules.", () => {
  const desk = new WatchedDesk();
  desk.type("> ".repeat(2 * MAX_DEPTH));
  desk.type("end");
  expect(desk.editor.state.selection.$from.depth).toBe(MAX_DEPTH - 1);
  expect(desk.editor.getText()).toMatch(/end$/);
  desk.editor.chain().selectAll().toggleBulletList().run();
  desk.editor.chain().selectAll().setBlockquote().run();
  expect(desk.editor.getText()).toMatch(/end$/);
  expect(desk.wrong).toEqual([]);
});

test.each(["blockquote", "ul><li", "table><tr><td"])(
  "All words of a page that is nested too deep in <%s> are pasted.",
  (tags) => {
    const close = (all: string) => all.split("><").reverse().join("></");
    const desk = new WatchedDesk();
    let page = "<h1>innermost</h1><p>and <b>bold</b></p><hr>";
    for (let level = 0; level < 40; level += 1)
      page = `<${tags}><p>l${level}</p>${page}</${close(tags)}>`;
    desk.type("> ".repeat(30));
    desk.pastePage(page);
    const words = desk.editor.getText().split(/\s+/);
    const levels = Array.from({ length: 40 }, (_, level) => `l${39 - level}`);
    expect(words.filter(Boolean)).toEqual([...levels, "innermost", "and", "bold"]);
    expect(desk.editor.getHTML()).toContain("<strong>bold</strong>");
    expect(desk.wrong).toEqual([]);
  },
);

const STRANGE: readonly unknown[] = [
  null,
  true,
  "",
  "7",
  "x".repeat(30_000),
  FAR,
  "https://example.org/",
  "https://two words",
  -1,
  0,
  0.5,
  2,
  1e6,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  [],
  [Number.NaN, 5],
  [-3.5, 1e9],
  ["a", null],
  { a: 1 },
];

/** Give every node and mark values that nobody has thought of. */
function strange(content: JSONContent, desk: Desk, below: (bound: number) => number): JSONContent {
  const { nodes, marks } = desk.editor.schema;
  const spec = content.type ? (nodes[content.type] ?? marks[content.type])?.spec : undefined;
  const attrs = { ...content.attrs };
  for (const name of Object.keys(spec?.attrs ?? {})) {
    // Tables of a thousand columns in each other would take minutes.
    const values = name === "colspan" ? STRANGE.filter((one) => !(Number(one) > 2)) : STRANGE;
    if (below(3) === 0) attrs[name] = values[below(values.length)];
  }
  return {
    ...content,
    ...(spec && { attrs }),
    ...(content.content && { content: content.content.map((one) => strange(one, desk, below)) }),
    ...(content.marks && {
      marks: content.marks.map((mark) => strange(mark, desk, below) as typeof mark),
    }),
  };
}

test.each([1, 2, 3])(
  "Whatever values an edit has, all that is stored is within the rules (seed %d).",
  (seed) => {
    const below = dice(seed);
    const desk = new WatchedDesk();
    for (let step = 0; step < 150; step += 1) {
      editAtRandom(desk.editor, below);
      if (below(3) > 0) continue;
      const top = desk.shown.content ?? [];
      const copied = strange(top[below(top.length)] ?? { type: "paragraph" }, desk, below);
      desk.editor.commands.insertContentAt(below(desk.editor.state.doc.content.size + 1), copied);
      desk.editor.commands.setLink({ href: String(STRANGE[below(STRANGE.length)]) });
    }
    expect(desk.wrong).toEqual([]);
  },
  60_000,
);
