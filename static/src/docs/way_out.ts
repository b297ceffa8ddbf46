import { Extension } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";

const HELD = new Set(["Shift", "Control", "Alt", "Meta"]);

/** Tell whether the box of a task has the focus, not the words: its keys are no words either. */
function isOfBox(_: EditorView, { target }: Event): boolean {
  return target instanceof HTMLInputElement;
}

/**
 * Let the Tab key leave the paper after Escape, with Shift for the writing tools.
 *
 * In lists and tables it is one that writes: an item goes in, a row is added (WCAG 2.1.2).
 */
export const WayOut = Extension.create({
  name: "wayOut",
  priority: 1_000,
  addProseMirrorPlugins() {
    let isAsked = false;
    // Who went away, or put the cursor elsewhere, means to write when they are back.
    const forget = () => {
      isAsked = false;
    };
    return [
      new Plugin({
        props: {
          handleDOMEvents: {
            keydown(view, event) {
              if (isOfBox(view, event)) return true;
              if (HELD.has(event.key)) return false;
              const isLeaving = isAsked && event.key === "Tab";
              isAsked = event.key === "Escape";
              return isLeaving;
            },
            keypress: isOfBox,
            pointerdown: forget,
            blur: forget,
          },
        },
      }),
    ];
  },
});
