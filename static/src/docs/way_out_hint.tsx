import type { Editor } from "@tiptap/core";
import { useEffect, useState } from "react";
import { useText } from "../i18n/text";
import style from "./docs.module.css";

/** Tell whether who is on the paper came by keyboard, or looks for the way out. */
function useCameByKey(editor: Editor): boolean {
  const [isByKey, setByKey] = useState(false);
  useEffect(() => {
    let isKeyLast = false;
    let isWindowLeft = false;
    const key = (event: KeyboardEvent) => {
      isKeyLast = true;
      if (event.key === "Escape" && editor.isFocused) setByKey(true);
    };
    const pointer = () => {
      isKeyLast = false;
      setByKey(false);
    };
    const came = () => {
      if (!isWindowLeft) setByKey(isKeyLast);
    };
    const left = () => {
      // Who comes back from another window is where they were, and as they came.
      isWindowLeft = document.activeElement === editor.view.dom;
      if (!isWindowLeft) setByKey(false);
    };
    document.addEventListener("keydown", key, true);
    document.addEventListener("pointerdown", pointer, true);
    editor.on("focus", came);
    editor.on("blur", left);
    return () => {
      document.removeEventListener("keydown", key, true);
      document.removeEventListener("pointerdown", pointer, true);
      editor.off("focus", came);
      editor.off("blur", left);
    };
  }, [editor]);
  return isByKey;
}

/**
 * Tell how to leave the paper with the keyboard, in sight of whoever came by it.
 *
 * It is there for screen readers in any case: the paper is described by `id`.
 */
export function WayOutHint({ editor, id }: { editor: Editor; id: string }) {
  const t = useText();
  const isShown = useCameByKey(editor);
  return (
    <p id={id} hidden={!isShown} className={style.wayOut}>
      {t("docs.way_out")}
    </p>
  );
}
