import { getSchema } from "@tiptap/core";
import { EditorState } from "@tiptap/pm/state";
import StarterKit from "@tiptap/starter-kit";
import { expect, test } from "vitest";
import { currentHeadings, headingsOf, Outline } from "./outline";

const schema = getSchema([StarterKit]);

function block(type: "heading" | "paragraph", text: string) {
  const attrs = type === "heading" ? { level: 2 } : null;
  return schema.node(type, attrs, text ? [schema.text(text)] : []);
}

function outlineState(...blocks: ReturnType<typeof block>[]) {
  const plugins = Outline.config.addProseMirrorPlugins?.call({} as never) ?? [];
  return EditorState.create({ doc: schema.node("doc", null, blocks), plugins });
}

test("Headings get anchors from their words; the same words get a number.", () => {
  const { doc } = outlineState(
    block("heading", "Höje å, 2026!"),
    block("paragraph", "text"),
    block("heading", "Ποτάμι"),
    block("heading", "höje å 2026"),
    block("heading", ""),
  );
  expect(headingsOf(doc).map(({ anchor }) => anchor)).toEqual([
    "h-höje-å-2026",
    "h-ποτάμι",
    "h-höje-å-2026-2",
  ]);
});

test("The outline follows what is written, as if it were read afresh.", () => {
  let state = outlineState(
    block("paragraph", "before"),
    block("heading", "River"),
    block("paragraph", "between"),
    block("heading", "Sea"),
  );
  const afresh = () => expect(currentHeadings(state)).toEqual(headingsOf(state.doc));
  const apply = (change: (tr: typeof state.tr) => typeof state.tr) => {
    state = state.apply(change(state.tr));
    afresh();
  };
  apply((tr) => tr.insertText("more ", 1));
  apply((tr) => tr.insertText("wide ", (currentHeadings(state)[0]?.pos ?? 0) + 1));
  apply((tr) => tr.insert(0, block("heading", "River")));
  apply((tr) => tr.setBlockType(1, 2, schema.nodes.paragraph ?? block("paragraph", "").type));
  apply((tr) => tr.delete(0, tr.doc.content.size - 6));
});
