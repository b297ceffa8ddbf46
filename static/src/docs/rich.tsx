import type { Editor } from "@tiptap/core";
import { EditorContent, useEditor } from "@tiptap/react";
import { memo, useEffect, useId, useRef, useState } from "react";
import { useText } from "../i18n/text";
import { useDirectory } from "../room/directory";
import { unfoldNames } from "./caret";
import style from "./docs.module.css";
import "./editor.css";
import type { EditorProps } from "./editor";
import { extensionsFor } from "./extensions";
import { type LinkAt, LinkDialog, type MathAt, MathDialog } from "./insert";
import { useFirstWords } from "./made";
import { currentHeadings } from "./outline";
import { Toolbar } from "./toolbar";
import { WayOutHint } from "./way_out_hint";
import { countWordsOf } from "./words";

/** Nobody reads the count while they type; so it waits for a pause. */
const COUNT_PAUSE_MS = 400;

function useFacts(editor: Editor | null, onFacts: EditorProps["onFacts"]): void {
  useEffect(() => {
    if (!editor) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const count = () => {
      const { state } = editor;
      onFacts({ words: countWordsOf(state.doc), headings: currentHeadings(state) });
    };
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(count, COUNT_PAUSE_MS);
    };
    count();
    editor.on("update", later);
    return () => {
      clearTimeout(timer);
      editor.off("update", later);
    };
  }, [editor, onFacts]);
}

/** Go to the heading that the address names, once it is there. */
function useAnchor(isSynced: boolean): void {
  useEffect(() => {
    if (!isSynced) return;
    const go = () => {
      const anchor = decodeURIComponent(location.hash.slice(1));
      if (anchor) document.getElementById(anchor)?.scrollIntoView({ block: "start" });
    };
    // After the editor has drawn what came.
    const frame = requestAnimationFrame(go);
    window.addEventListener("hashchange", go);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("hashchange", go);
    };
  }, [isSynced]);
}

/** Edit rich text together. */
function RichEditor({ documentId, live, title, mayWrite, isSynced, onFacts }: EditorProps) {
  const t = useText();
  const [link, setLink] = useState<LinkAt | null>(null);
  const paper = useRef<HTMLDivElement>(null);
  const wayOut = useId();
  const [math, setMath] = useState<MathAt | null>(null);
  const editor = useEditor(
    {
      extensions: extensionsFor(live, t),
      editable: mayWrite,
      injectCSS: false, // the Content-Security-Policy would refuse it; editor.css has it
      enableContentCheck: false,
      shouldRerenderOnTransaction: false,
      editorProps: {
        attributes: {
          "aria-label": title,
          "aria-describedby": wayOut,
          "aria-multiline": "true",
          role: "textbox",
          class: "prose",
        },
      },
    },
    [live],
  );
  useFacts(editor, onFacts);
  useAnchor(isSynced);

  useEffect(() => (paper.current ? unfoldNames(paper.current, live.awareness) : undefined), [live]);

  useEffect(() => {
    editor.setEditable(mayWrite, false);
  }, [editor, mayWrite]);

  // The first one is destroyed where the page took long to draw it, and another comes in its place.
  useFirstWords(documentId, mayWrite, () => !editor.isDestroyed && editor.commands.focus());

  useEffect(() => {
    const edit = (at: MathAt) => setMath(at);
    editor.on("editMath", edit);
    return () => {
      editor.off("editMath", edit);
    };
  }, [editor]);

  // Cursors take their colours from the directory; when it changes they are drawn anew.
  const members = useDirectory((state) => state.members);
  useEffect(() => {
    if (members) live.awareness.emit("change", [{ added: [], updated: [], removed: [] }, "local"]);
  }, [live, members]);

  function openLink() {
    const { from, to, empty } = editor.state.selection;
    const href = String(editor.getAttributes("link").href ?? "");
    setLink({ href, text: empty && !href ? "" : editor.state.doc.textBetween(from, to), empty });
  }

  function openMath() {
    const { selection } = editor.state;
    const node = editor.state.doc.nodeAt(selection.from);
    const block = node?.type.name === "blockMath";
    if (node && (block || node.type.name === "inlineMath")) {
      setMath({ latex: String(node.attrs.latex), block, pos: selection.from });
    } else setMath({ latex: "", block: false });
  }

  return (
    <>
      {mayWrite && <Toolbar editor={editor} onLink={openLink} onMath={openMath} />}
      <div ref={paper} className={style.paper}>
        <EditorContent editor={editor} className={style.editor} />
      </div>
      <WayOutHint editor={editor} id={wayOut} />
      {link && <LinkDialog editor={editor} at={link} onClose={() => setLink(null)} />}
      {math && <MathDialog editor={editor} at={math} onClose={() => setMath(null)} />}
    </>
  );
}

export default memo(RichEditor);
