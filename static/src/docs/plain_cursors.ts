import { Annotation, type Extension, type Range } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from "@codemirror/view";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { drawCaret, selectionLook } from "./caret";

// y-codemirror.next draws cursors with style attributes and in colours that each client claims;
// here they are drawn as in rich text, from what the server stamped.

interface Stamped {
  id?: string;
  name?: string;
}

interface State {
  user?: Stamped;
  cursor?: { anchor: Y.RelativePosition; head: Y.RelativePosition } | null;
}

const moved = Annotation.define<true>();

class Caret extends WidgetType {
  readonly user: Stamped;

  constructor(user: Stamped) {
    super();
    this.user = user;
  }

  override eq(other: Caret): boolean {
    return other.user.id === this.user.id && other.user.name === this.user.name;
  }

  override toDOM(): HTMLElement {
    return drawCaret(this.user);
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

/** Tell the others where this cursor is, and draw theirs. */
export function cursors(text: Y.Text, awareness: Awareness): Extension {
  const own = awareness.clientID;

  function place(position: Y.RelativePosition): number | null {
    if (!text.doc) return null;
    const found = Y.createAbsolutePositionFromRelativePosition(position, text.doc);
    return found?.type === text ? found.index : null;
  }

  function look(length: number): DecorationSet {
    const ranges: Range<Decoration>[] = [];
    for (const [client, state] of awareness.getStates() as Map<number, State>) {
      if (client === own || !state.cursor) continue;
      const anchor = place(state.cursor.anchor);
      const head = place(state.cursor.head);
      if (anchor === null || head === null || Math.max(anchor, head) > length) continue;
      const user = state.user ?? {};
      const { class: name, style } = selectionLook(user);
      if (anchor !== head) {
        const mark = Decoration.mark({ class: name, attributes: { style } });
        ranges.push(mark.range(Math.min(anchor, head), Math.max(anchor, head)));
      }
      const side = head > anchor ? -1 : 1;
      ranges.push(Decoration.widget({ widget: new Caret(user), side }).range(head));
    }
    return Decoration.set(ranges, true);
  }

  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      readonly #view: EditorView;

      constructor(view: EditorView) {
        this.#view = view;
        this.decorations = look(view.state.doc.length);
        awareness.on("change", this.#others);
      }

      readonly #others = ({ added, updated, removed }: Record<string, number[]>): void => {
        const all = [...(added ?? []), ...(updated ?? []), ...(removed ?? [])];
        if (all.some((client) => client !== own))
          this.#view.dispatch({ annotations: moved.of(true) });
      };

      update(update: ViewUpdate): void {
        const { selectionSet, docChanged, focusChanged, state, view, transactions } = update;
        if (selectionSet || docChanged || focusChanged) {
          const { anchor, head } = state.selection.main;
          awareness.setLocalStateField(
            "cursor",
            view.hasFocus
              ? {
                  anchor: Y.createRelativePositionFromTypeIndex(text, anchor),
                  head: Y.createRelativePositionFromTypeIndex(text, head),
                }
              : null,
          );
        }
        if (docChanged || transactions.some((one) => one.annotation(moved))) {
          this.decorations = look(state.doc.length);
        }
      }

      destroy(): void {
        awareness.off("change", this.#others);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}
