import { defaultKeymap } from "@codemirror/commands";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { memo, useEffect, useRef } from "react";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import { useText } from "../i18n/text";
import { unfoldNames } from "./caret";
import style from "./docs.module.css";
import type { EditorProps } from "./editor";
import { useFirstWords } from "./made";
import { cursors } from "./plain_cursors";
import { countWords } from "./words";

const COUNT_PAUSE_MS = 400;

const looks = EditorView.theme({
  "&": { fontSize: "1.125rem", minHeight: "60vh", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font)", lineHeight: "1.65", overflow: "visible" },
  ".cm-content": { padding: "1.5rem 0 40vh", caretColor: "var(--ink)", color: "var(--ink)" },
  ".cm-line": { padding: "0" },
  ".cm-placeholder": { color: "var(--ink-soft)" },
  ".caret": { position: "relative", margin: "0 -1px", borderLeft: "2px solid" },
  ".caret-name": {
    position: "absolute",
    left: "-2px",
    bottom: "100%",
    padding: "0.05rem 0.4rem",
    borderRadius: "6px 6px 6px 0",
    fontSize: "0.75rem",
    fontWeight: "700",
    lineHeight: "1.35",
    whiteSpace: "nowrap",
    pointerEvents: "none",
  },
  // As in editor.css, which does not reach into the shadow root.
  ".caret-more": {
    display: "inline-block",
    maxWidth: "16em",
    overflow: "hidden",
    verticalAlign: "bottom",
    animation: "caret-fold 150ms 2.5s forwards",
  },
  "@keyframes caret-fold": { to: { maxWidth: "0" } },
  "@media (prefers-reduced-motion: reduce)": { ".caret-more": { animationDuration: "1ms" } },
});

function writable(mayWrite: boolean): Extension {
  return [EditorState.readOnly.of(!mayWrite), EditorView.editable.of(mayWrite)];
}

/** Edit plain text together: a quick shared note. */
function PlainEditor({ documentId, live, title, mayWrite, onFacts }: EditorProps) {
  const t = useText();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const mode = useRef(new Compartment());

  // biome-ignore lint/correctness/useExhaustiveDependencies: the rest is followed without a new editor
  useEffect(() => {
    if (!host.current) return;
    // In a shadow root CodeMirror uses constructed style sheets, which the
    // Content-Security-Policy allows; in the page it would write style elements.
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    root.replaceChildren();
    const parent = root.appendChild(document.createElement("div"));
    const text = live.doc.getText("t");
    let timer: ReturnType<typeof setTimeout> | undefined;
    const count = () => onFacts({ words: countWords(text.toString()), headings: [] });
    const made = new EditorView({
      parent,
      root,
      state: EditorState.create({
        doc: text.toString(),
        extensions: [
          mode.current.of(writable(mayWrite)),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": title, spellcheck: "true" }),
          placeholder(t("docs.placeholder")),
          keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
          yCollab(text, null),
          cursors(text, live.awareness),
          looks,
          EditorView.updateListener.of(({ docChanged }) => {
            if (!docChanged) return;
            clearTimeout(timer);
            timer = setTimeout(count, COUNT_PAUSE_MS);
          }),
        ],
      }),
    });
    view.current = made;
    const fold = unfoldNames(root, live.awareness);
    count();
    return () => {
      fold();
      clearTimeout(timer);
      made.destroy();
      view.current = null;
    };
  }, [live]);

  useEffect(() => {
    view.current?.dispatch({ effects: mode.current.reconfigure(writable(mayWrite)) });
  }, [mayWrite]);

  useFirstWords(documentId, mayWrite, () => {
    view.current?.focus();
    return view.current !== null;
  });

  return (
    <div className={style.paper}>
      <div ref={host} className={style.editor} />
    </div>
  );
}

export default memo(PlainEditor);
