import { Extension } from "@tiptap/core";
import { DOMParser, type ParseOptions, type Slice } from "@tiptap/pm/model";
import { Plugin } from "@tiptap/pm/state";

type PastedNode = Parameters<DOMParser["parseSlice"]>[0];

/** Reads what was pasted, the looks that stand in `style` attributes included. */
class PasteParser extends DOMParser {
  override parseSlice(dom: PastedNode, options?: ParseOptions): Slice {
    // The Content-Security-Policy keeps `style` attributes from taking effect, also in the document
    // of its own in which pasted HTML is read. Other writing programs say "bold" with nothing
    // else, and say "not bold" of the <b> around everything.
    for (const element of (dom as HTMLElement).querySelectorAll<HTMLElement>("[style]")) {
      element.style.cssText = element.getAttribute("style") ?? "";
    }
    return super.parseSlice(dom, options);
  }
}

/** Keep bold, italic and the like of text that comes from other programs. */
export const PastedLooks = Extension.create({
  name: "pastedLooks",
  addProseMirrorPlugins() {
    const { schema } = this.editor;
    const clipboardParser = new PasteParser(schema, DOMParser.fromSchema(schema).rules);
    return [new Plugin({ props: { clipboardParser } })];
  },
});
