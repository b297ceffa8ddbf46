import { InputRule, mergeAttributes, Node, type NodeViewRendererProps } from "@tiptap/core";

// The nodes have the names and attributes of Tiptap's own mathematics extension; KaTeX itself is
// fetched when a document has a formula in it.

declare module "@tiptap/core" {
  interface Commands<ReturnType> {
    math: {
      /** Put a formula where the cursor is, or over the formula at `pos`. */
      setMath: (options: { latex: string; block: boolean; pos?: number }) => ReturnType;
    };
  }
}

/** Told when somebody wants to change the formula at `pos`. */
export type EditMath = (math: { latex: string; block: boolean; pos: number }) => void;

/** Draw a formula; what KaTeX cannot read stays as it was typed, in the colour of mistakes. */
export async function drawMath(latex: string, into: HTMLElement, block: boolean): Promise<void> {
  const { default: katex } = await import("./katex");
  // KaTeX would colour a mistake with a style attribute, which the Content-Security-Policy blocks.
  try {
    katex.render(latex, into, { displayMode: block, throwOnError: true, trust: false });
    into.classList.remove("math-wrong");
  } catch (reason) {
    if (!(reason instanceof katex.ParseError)) throw reason;
    into.textContent = latex;
    into.classList.add("math-wrong");
  }
}

function nodeView(block: boolean) {
  return ({ editor, node, getPos }: NodeViewRendererProps) => {
    const dom = document.createElement(block ? "div" : "span");
    dom.className = block ? "math math-block" : "math";
    let latex = "";
    const draw = (next: string) => {
      if (next === latex) return;
      latex = next;
      dom.textContent = next;
      void drawMath(next, dom, block);
    };
    draw(String(node.attrs.latex));
    dom.addEventListener("dblclick", () => {
      const pos = getPos();
      if (pos !== undefined && editor.isEditable) {
        editor.emit("editMath", { latex, block, pos });
      }
    });
    return {
      dom,
      update(next: typeof node) {
        if (next.type !== node.type) return false;
        draw(String(next.attrs.latex));
        return true;
      },
    };
  };
}

declare module "@tiptap/core" {
  interface EditorEvents {
    editMath: Parameters<EditMath>[0];
  }
}

function latexAttribute() {
  return {
    latex: {
      default: "",
      parseHTML: (element: HTMLElement) => element.getAttribute("data-latex"),
      renderHTML: ({ latex }: Record<string, unknown>) => ({ "data-latex": latex }),
    },
  };
}

/** A formula within a line; typing `$$a+b$$` makes one. */
export const InlineMath = Node.create({
  name: "inlineMath",
  group: "inline",
  inline: true,
  atom: true,
  addAttributes: latexAttribute,
  parseHTML: () => [{ tag: 'span[data-type="inline-math"]' }],
  renderHTML: ({ HTMLAttributes }) => [
    "span",
    mergeAttributes(HTMLAttributes, { "data-type": "inline-math" }),
  ],
  addNodeView: () => nodeView(false),
  addInputRules() {
    return [
      new InputRule({
        find: /(?:^|[^$])(\$\$([^$\n]+)\$\$)$/,
        handler: ({ state, range, match: [whole, formula = "", latex = ""] }) => {
          const node = this.type.create({ latex });
          state.tr.replaceWith(range.from + whole.indexOf(formula), range.to, node);
        },
      }),
    ];
  },
  addCommands() {
    return {
      setMath:
        ({ latex, block, pos }) =>
        ({ tr, state, dispatch }) => {
          const type = state.schema.nodes[block ? "blockMath" : "inlineMath"];
          if (!type) return false;
          const node = type.create({ latex });
          if (pos !== undefined) {
            const old = tr.doc.nodeAt(pos);
            if (!old) return false;
            if (dispatch) tr.replaceWith(pos, pos + old.nodeSize, latex ? node : []);
          } else if (dispatch) tr.replaceSelectionWith(node);
          return true;
        },
    };
  },
});

/** A formula on a line of its own. */
export const BlockMath = Node.create({
  name: "blockMath",
  group: "block",
  atom: true,
  addAttributes: latexAttribute,
  parseHTML: () => [{ tag: 'div[data-type="block-math"]' }],
  renderHTML: ({ HTMLAttributes }) => [
    "div",
    mergeAttributes(HTMLAttributes, { "data-type": "block-math" }),
  ],
  addNodeView: () => nodeView(true),
});
