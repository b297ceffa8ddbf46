import type { Editor } from "@tiptap/core";
import { ExternalLink } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useText } from "../i18n/text";
import { Refused } from "../refused";
import { ButtonLink } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Radio, RadioGroup, TextField } from "../ui/field";
import style from "./docs.module.css";
import { addressOf, isLinkable } from "./links";
import { drawMath } from "./math";

export interface LinkAt {
  href: string;
  text: string;
  /** Whether nothing is selected: the words of a new link are asked for too. */
  empty: boolean;
}

/** Ask where a link leads, or go there; an empty address takes the link away. */
export function LinkDialog({
  editor,
  at,
  onClose,
}: {
  editor: Editor;
  at: LinkAt;
  onClose: () => void;
}) {
  const t = useText();
  const asksForText = at.empty && !at.href;

  function set(form: FormData) {
    const typed = String(form.get("address") ?? "").trim();
    const chain = editor.chain().focus().extendMarkRange("link");
    if (!typed) {
      chain.unsetLink().run();
      return;
    }
    const href = addressOf(typed);
    if (!href) throw new Refused({ code: "docs.bad_link", message: "Not an address." });
    if (asksForText) {
      const text = String(form.get("text") ?? "").trim() || typed;
      chain.insertContent({ type: "text", text, marks: [{ type: "link", attrs: { href } }] }).run();
    } else chain.setLink({ href }).run();
  }

  return (
    <FormDialog
      isOpen
      onOpenChange={onClose}
      title={t("docs.link.title")}
      action={t("docs.link.set")}
      onSubmit={set}
    >
      {asksForText && <TextField name="text" label={t("docs.link.text")} />}
      <TextField
        autoFocus
        name="address"
        label={t("docs.link.address")}
        hint={t("docs.link.hint")}
        defaultValue={at.href}
        inputMode="url"
      />
      {isLinkable(at.href) && (
        <ButtonLink
          variant="quiet"
          icon={ExternalLink}
          href={at.href}
          target="_blank"
          rel="noopener nofollow ugc"
        >
          {t("docs.link.open")}
        </ButtonLink>
      )}
    </FormDialog>
  );
}

export interface MathAt {
  latex: string;
  block: boolean;
  /** Where the formula is that is being changed. */
  pos?: number;
}

/** Ask for a formula, and show it as it is typed; an empty one is taken out. */
export function MathDialog({
  editor,
  at,
  onClose,
}: {
  editor: Editor;
  at: MathAt;
  onClose: () => void;
}) {
  const t = useText();
  const [latex, setLatex] = useState(at.latex);
  const [block, setBlock] = useState(at.block);
  const preview = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (preview.current) void drawMath(latex, preview.current, block);
  }, [latex, block]);

  function set() {
    const { pos } = at;
    if (latex.trim() || pos !== undefined) {
      editor
        .chain()
        .focus()
        .setMath({ latex: latex.trim(), block, ...(pos === undefined ? {} : { pos }) })
        .run();
    }
  }

  return (
    <FormDialog
      isOpen
      onOpenChange={onClose}
      title={t("docs.math.title")}
      action={t("docs.math.set")}
      onSubmit={set}
    >
      <TextField
        autoFocus
        label={t("docs.math.latex")}
        hint={t("docs.math.hint")}
        value={latex}
        onChange={setLatex}
        maxLength={2000}
        autoCorrect="off"
        spellCheck="false"
      />
      <div ref={preview} className={style.preview} />
      {at.pos === undefined && (
        <RadioGroup
          label={t("docs.math.place")}
          orientation="horizontal"
          value={block ? "block" : "inline"}
          onChange={(value) => setBlock(value === "block")}
        >
          <Radio value="inline">{t("docs.math.inline")}</Radio>
          <Radio value="block">{t("docs.math.block")}</Radio>
        </RadioGroup>
      )}
    </FormDialog>
  );
}
