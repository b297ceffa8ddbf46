import type { Extensions, Mark, Node } from "@tiptap/core";
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
import { addressOf, isLinkable, linkableAs } from "./links";
import type { LiveDocument } from "./live";
import { BlockMath, InlineMath } from "./math";
import { Outline } from "./outline";
import { PastedLooks } from "./paste";
import { WayOut } from "./way_out";
import { WithinRules } from "./within_rules";

interface LinkOptions {
  shouldAutoLink: (text: string) => boolean;
}

function addressIn(link: HTMLElement): string | null {
  return linkableAs(link.getAttribute("href") ?? "");
}

/** Let links lead only where they may, and keep what pages say of them as it stands there. */
function heldLink(link: Mark<LinkOptions>): Mark<LinkOptions> {
  return link.extend({
    inclusive: false, // what is typed behind a link is no part of it
    addOptions() {
      const options = this.parent?.() as LinkOptions;
      // Tiptap asks nobody else about an address that is pasted over words.
      const shouldAutoLink = (text: string) =>
        options.shouldAutoLink(text) && addressOf(text) !== null;
      return { ...options, shouldAutoLink };
    },
    addAttributes() {
      const read = (name: string) => (link: HTMLElement) =>
        // Tiptap would make a number of a title that is a year.
        name === "href" ? addressIn(link) : link.getAttribute(name);
      return Object.fromEntries(
        Object.entries(this.parent?.() ?? {}).map(([name, attribute]) => [
          name,
          { ...attribute, parseHTML: read(name) },
        ]),
      );
    },
    parseHTML: () => [
      { tag: "a[href]", getAttrs: (element) => (addressIn(element) ? null : false) },
    ],
  });
}

/** Begin a list at a number of at most nine digits, as CommonMark does: a longer one is words. */
function heldOrderedList(list: Node): Node {
  return list.extend({
    addInputRules() {
      const rules = this.parent?.() ?? [];
      return rules.map((rule) => ({ ...rule, find: /^(\d{1,9})\.\s$/ }));
    },
  });
}

const Kit = StarterKit.extend({
  addExtensions() {
    return (this.parent?.() ?? []).map((one) => {
      if (one.name === "link") return heldLink(one as Mark<LinkOptions>);
      return one.name === "orderedList" ? heldOrderedList(one as Node) : one;
    });
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
    WithinRules,
    CollaborationCaret.configure({
      provider: { awareness: live.awareness },
      render: drawCaret,
      selectionRender: selectionLook,
    }),
  ];
}
