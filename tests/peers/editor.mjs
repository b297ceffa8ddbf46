// A real Tiptap editor under jsdom, with the schema of rich documents.
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

const { Editor } = await import("@tiptap/core");
const { default: StarterKit } = await import("@tiptap/starter-kit");
const { TaskItem, TaskList } = await import("@tiptap/extension-list");
const { TableKit } = await import("@tiptap/extension-table");
const { Mathematics } = await import("@tiptap/extension-mathematics");
const { Collaboration } = await import("@tiptap/extension-collaboration");
const { ySyncPluginKey } = await import("@tiptap/y-tiptap");

export function openEditor(doc) {
  return new Editor({
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
}

// Takes the cursor to the start. Where the stock editor draws what others wrote, it may look for its
// cursor at a place of an older document, and throw: after an undo, and where drawing makes it mend
// the document. The product's editor is kept from both (static/src/docs/cursor.ts and in_step.ts).
export function leaveSelection(editor) {
  editor.commands.setTextSelection(0);
  ySyncPluginKey.getState(editor.state).binding.beforeTransactionSelection = null;
}

// What an editor shows, but for the marks of line breaks and formulas: the shared document holds the
// marks of words alone, and a stock editor shows others to their writer only.
export function shown(editor) {
  const plain = (node) => ({
    ...node,
    ...(node.type !== "text" && { marks: undefined }),
    ...(node.content && { content: node.content.map(plain) }),
  });
  return plain(editor.getJSON());
}
