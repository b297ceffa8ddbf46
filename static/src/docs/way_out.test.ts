// @vitest-environment jsdom
import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WayOut } from "./way_out";

let editor: Editor;

beforeEach(() => {
  editor = new Editor({
    element: document.body.appendChild(document.createElement("div")),
    extensions: [StarterKit, WayOut],
    content: "<ul><li>one</li><li>two</li></ul>",
  });
  editor.commands.focus("end");
});

afterEach(() => {
  editor.destroy();
  document.body.replaceChildren();
});

/** Press a key; tells whether it was left to the browser, which moves the focus on Tab. */
function press(key: string): boolean {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  return editor.view.dom.dispatchEvent(event);
}

test("Tab writes in a list, and leaves it after Escape.", () => {
  press("Escape");
  expect(press("Tab")).toBe(true);
  expect(press("Tab")).toBe(false);
});

test.each(["blur", "pointerdown", "keydown"])("After %s, Escape is no longer meant.", (type) => {
  press("Escape");
  if (type === "keydown") press("ArrowLeft");
  else editor.view.dom.dispatchEvent(new Event(type));
  expect(press("Tab")).toBe(false);
});
