// Edits at random in a rich document, for editors of any make.
const PASTE = `<h2>Title</h2><p>Some <b>bold <i>both</i></b> <a href="https://example.org/a?b=1"
  class="q z" title="t">link</a> <code>c</code></p><ul><li><p>one</p><ul><li><p>deep</p></li></ul>
  </li></ul><blockquote><p>q</p></blockquote><pre><code class="language-py">x=1</code></pre><hr>
  <ol start="3" type="a"><li><p>n</p></li></ol><table><tr><th>h</th><td colspan="2">c</td></tr>
  <tr><td>1</td><td>2</td><td>3</td></tr></table>`;

// What a person may do, each chosen with the driver's own dice; most need a selection.
const edits = (below) => [
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
  (c) => (c.insertInlineMath ?? c.setMath)({ latex: "x^2", block: false }),
  (c) => (c.insertBlockMath ?? c.setMath)({ latex: "\\sum", block: true }),
  (c) => c.undo(),
  (c) => c.undo(),
  (c) => c.redo(),
];

// Moves a position out of the middle of a character: no person can put a cursor there. An editor
// shows half a character as it is, Yjs makes U+FFFD of it, and so two editors would differ.
function outOfCharacter(doc, position) {
  if (position < 1 || position >= doc.content.size) return position;
  const around = doc.textBetween(position - 1, position + 1);
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(around) ? position + 1 : position;
}

// Selects something and does something to it; `below` draws a number below its argument.
export function editAtRandom(editor, below, { halfCharacters = false } = {}) {
  const size = editor.state.doc.content.size;
  let from = below(size + 1);
  let to = Math.min(size, from + (below(3) === 0 ? 0 : below(30)));
  if (!halfCharacters) [from, to] = [from, to].map((at) => outOfCharacter(editor.state.doc, at));
  editor.commands.setTextSelection({ from, to });
  const choices = edits(below);
  const edit = choices[below(choices.length)];
  try {
    edit(editor.commands);
  } catch (error) {
    // Some commands throw at some selections, and have then changed nothing.
    if (!(error.name === "TransformError" || error instanceof RangeError)) throw error;
  }
}
