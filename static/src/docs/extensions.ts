import type { Extensions } from "@tiptap/core";
import { Code } from "@tiptap/extension-code";
import Collaboration from "@tiptap/extension-collaboration";
import CollaborationCaret from "@tiptap/extension-collaboration-caret";
import { ListItem, TaskItem, TaskList } from "@tiptap/extension-list";
import { TableKit } from "@tiptap/extension-table";
import { Placeholder } from "@tiptap/extensions";
import StarterKit from "@tiptap/starter-kit";
import type { Text } from "../i18n/text";
import { drawCaret, selectionLook } from "./caret";
import { KeptCursor } from "./cursor";
import { InStep } from "./in_step";
import type { LiveDocument } from "./live";
import { BlockMath, InlineMath } from "./math";
import { Outline } from "./outline";
import { PastedLooks } from "./paste";
import { WayOut } from "./way_out";

/** What a link may lead to. */
const LINKS = /^(https?:\/\/|mailto:)/i;

/** Tell whether an address is one that a link may lead to. */
export function isLinkable(address: string): boolean {
  return LINKS.test(address);
}

/** What is typed behind a link is no part of it. */
const Kit = StarterKit.extend({
  addExtensions() {
    const all = this.parent?.() ?? [];
    return all.map((one) => (one.name === "link" ? one.extend({ inclusive: false }) : one));
  },
});

/**
 * The nodes and marks of a document.
 *
 * The server's allow-list (`twinspace_rt/docs/schema.py`) has the same names. The contents are
 * wide on purpose: an editor deletes what its schema cannot hold, in the name of the person at it,
 * so every order of children that the server lets through has to be valid here.
 */
function nodes(t: Text): Extensions {
  return [
    Kit.configure({
      undoRedo: false, // Collaboration undoes one's own changes alone
      trailingNode: false, // opening a document must not write in it
      code: false,
      listItem: false,
      heading: { levels: [1, 2, 3, 4, 5, 6] },
      link: {
        openOnClick: false,
        defaultProtocol: "https",
        isAllowedUri: (address) => isLinkable(address),
        HTMLAttributes: { target: "_blank", rel: "noopener nofollow ugc" },
      },
      dropcursor: { color: "var(--accent)", width: 2 },
    }),
    Code.extend({ excludes: "code" }),
    ListItem.extend({ content: "block+" }),
    TaskList,
    TaskItem.extend({ content: "block+" }).configure({
      nested: true,
      a11y: { checkboxLabel: (node) => t("docs.task", { text: node.textContent }) },
    }),
    TableKit.configure({ table: { resizable: true } }),
    InlineMath,
    BlockMath,
  ];
}

/** Make the editor's extensions for one open document. */
export function extensionsFor(live: LiveDocument, t: Text): Extensions {
  return [
    ...nodes(t),
    WayOut,
    Outline,
    PastedLooks,
    Placeholder.configure({ placeholder: t("docs.placeholder") }),
    KeptCursor.configure({ live }),
    Collaboration.configure({ document: live.doc, field: "default" }),
    InStep,
    CollaborationCaret.configure({
      provider: { awareness: live.awareness },
      render: drawCaret,
      selectionRender: selectionLook,
    }),
  ];
}
