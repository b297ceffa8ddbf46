// Two people write in one document with real Tiptap editors, at random; prints what they send.
// Arguments: seed, steps. Lines out: {"member", "sync": whether it is a SyncStep2, "data"}, at
// last {"content", "vector"} of the first editor and whether the second one has the same.
// Now and then a person is cut off, writes on, and comes back with a SyncStep2 that answers an
// old state vector, so that it repeats what is known. setContent and undo rewrite much at once.
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>");
const names = ["document", "getComputedStyle", "navigator", "DOMParser", "Element"];
names.push("HTMLElement", "MutationObserver", "Node");
const globals = Object.fromEntries(names.map((name) => [name, window[name]]));
Object.assign(globals, {
  window,
  ClipboardEvent: window.Event,
  DragEvent: window.Event,
  requestAnimationFrame: (callback) => setTimeout(callback, 0),
  cancelAnimationFrame: clearTimeout,
  innerHeight: 800,
});
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
const nowhere = { left: 0, right: 0, top: 0, bottom: 0, width: 0, height: 0 };
window.Range.prototype.getClientRects = () => [];
window.Range.prototype.getBoundingClientRect = () => nowhere;

const Y = await import("yjs");
const { Editor } = await import("@tiptap/core");
const { default: StarterKit } = await import("@tiptap/starter-kit");
const { TaskItem, TaskList } = await import("@tiptap/extension-list");
const { TableKit } = await import("@tiptap/extension-table");
const { TransformError } = await import("@tiptap/pm/transform");
const { Mathematics } = await import("@tiptap/extension-mathematics");
const { Collaboration } = await import("@tiptap/extension-collaboration");

const [seed, steps] = process.argv.slice(-2).map(Number);
let state = seed;
function below(bound) {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return (state >> 8) % bound;
}

const REMOTE = "remote";

function join(member, clientID) {
  const doc = new Y.Doc();
  doc.clientID = clientID;
  const editor = new Editor({
    element: document.createElement("div"),
    extensions: [
      StarterKit.configure({ undoRedo: false }),
      TableKit,
      TaskList,
      TaskItem.configure({ nested: true }),
      Mathematics,
      Collaboration.configure({ document: doc }),
    ],
  });
  const person = { member, doc, editor, online: true, unsent: [], lastSeen: undefined };
  doc.on("update", (update, origin) => {
    if (origin !== REMOTE && person.online) person.unsent.push(update);
  });
  return person;
}

const people = [join("ann", 1001), join("ben", 4000000002)];
const other = (person) => people[1 - people.indexOf(person)];
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

function say(person, data, sync) {
  console.log(JSON.stringify({ member: person.member, sync, data: base64(data) }));
}

function send() {
  for (const person of people) {
    for (const update of person.unsent.splice(0)) {
      say(person, update, false);
      if (other(person).online) Y.applyUpdate(other(person).doc, update, REMOTE);
    }
  }
}

function synchronise(person) {
  const peer = other(person);
  const all = Y.encodeStateAsUpdate(person.doc, person.lastSeen);
  say(person, all, true);
  Y.applyUpdate(peer.doc, all, REMOTE);
  Y.applyUpdate(person.doc, Y.encodeStateAsUpdate(peer.doc), REMOTE);
}

const PASTE = `<h2>Title</h2><p>Some <b>bold <i>both</i></b> <a href="https://example.org/a?b=1"
  class="q z" title="t">link</a> <code>c</code></p><ul><li><p>one</p><ul><li><p>deep</p></li></ul>
  </li></ul><blockquote><p>q</p></blockquote><pre><code class="language-py">x=1</code></pre><hr>
  <ol start="3" type="a"><li><p>n</p></li></ol><table><tr><th>h</th><td colspan="2">c</td></tr>
  <tr><td>1</td><td>2</td><td>3</td></tr></table>`;

const EDITS = [
  (c) => c.insertContent("word "),
  (c) => c.insertContent("é🦋"),
  (c) => c.insertContent(PASTE),
  (c) => below(6) === 0 && c.setContent(PASTE),
  (c) => below(15) === 0 && c.selectAll() && c.deleteSelection(),
  (c) => c.deleteSelection(),
  (c) => c.splitBlock(),
  (c) => c.joinBackward(),
  (c) => c.toggleBold(),
  (c) => c.toggleItalic(),
  (c) => c.toggleUnderline(),
  (c) => c.toggleStrike(),
  (c) => c.toggleCode(),
  (c) => c.setLink({ href: `https://example.org/${below(100)}` }),
  (c) => c.unsetLink(),
  (c) => c.unsetAllMarks(),
  (c) => c.clearNodes(),
  (c) => c.toggleHeading({ level: 1 + below(6) }),
  (c) => c.toggleBulletList(),
  (c) => c.toggleOrderedList(),
  (c) => c.toggleTaskList(),
  (c) => c.updateAttributes("taskItem", { checked: true }),
  (c) => c.sinkListItem("listItem"),
  (c) => c.sinkListItem("taskItem"),
  (c) => c.liftListItem("listItem"),
  (c) => c.toggleBlockquote(),
  (c) => c.toggleCodeBlock({ language: "py" }),
  (c) => c.setHorizontalRule(),
  (c) => c.setHardBreak(),
  (c) => c.insertTable({ rows: 2, cols: 2, withHeaderRow: true }),
  (c) => c.addColumnAfter(),
  (c) => c.addRowAfter(),
  (c) => c.deleteColumn(),
  (c) => c.mergeCells(),
  (c) => c.deleteTable(),
  (c) => c.insertInlineMath({ latex: "x^2" }),
  (c) => c.insertBlockMath({ latex: "\\sum" }),
  (c) => c.undo(),
  (c) => c.undo(),
  (c) => c.redo(),
];

for (let step = 0; step < steps; step++) {
  const person = people[below(2)];
  const size = person.editor.state.doc.content.size;
  const from = below(size + 1);
  const to = Math.min(size, from + (below(3) === 0 ? 0 : below(30)));
  person.editor.commands.setTextSelection({ from, to });
  const edit = EDITS[below(EDITS.length)];
  try {
    edit(person.editor.commands);
  } catch (error) {
    // Some commands throw at some selections, and have then changed nothing.
    if (!(error instanceof TransformError || error instanceof RangeError)) throw error;
  }
  if (person.online && below(40) === 0) {
    person.lastSeen = Y.encodeStateVector(other(person).doc);
    send();
    person.online = false;
  } else if (!person.online && other(person).online && below(6) === 0) {
    send();
    synchronise(person);
    person.online = true;
  }
  if (below(4) === 0) send();
}
for (const person of people) person.online = true;
send();
for (const person of [...people, ...people]) synchronise(person);
const contents = people.map(({ doc }) => doc.getXmlFragment("default").toString());
const vector = Object.fromEntries(Y.decodeStateVector(Y.encodeStateVector(people[0].doc)));
const same = contents[0] === contents[1];
const last = JSON.stringify({ content: contents[0], vector, same });
process.stdout.write(`${last}\n`, () => process.exit(0));
