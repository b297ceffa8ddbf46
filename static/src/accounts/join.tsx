import { useRef, useState } from "react";
import { api } from "../api";
import { useText } from "../i18n/text";
import { TextField } from "../ui/field";
import { Link } from "../ui/link";
import { Card, Page } from "../ui/page";
import style from "./accounts.module.css";
import { type CardSecret, cleanCode, isWholeCode, printedCode, readFragment } from "./card_code";
import { useFragment } from "./fragment";
import { SendForm } from "./frame";

const NO_WORDS = ["", "", ""];

export default function JoinPage() {
  const t = useText();
  const fragment = useFragment();
  return (
    <Page title={t("accounts.join")} isNarrow>
      <JoinForm key={fragment} scanned={readFragment(fragment)} />
    </Page>
  );
}

function JoinForm({ scanned }: { scanned: CardSecret | null }) {
  const t = useText();
  const [code, setCode] = useState(scanned?.code ?? "");
  const [words, setWords] = useState<readonly string[]>(scanned?.words.split("-") ?? NO_WORDS);
  const fields = useRef<(HTMLInputElement | null)[]>([]);

  // A space or a hyphen ends a word; a pasted line fills the words that follow.
  function typeWord(at: number, typed: string) {
    const parts = typed.split(/[\s-]+/);
    const next = [...words];
    parts.slice(0, NO_WORDS.length - at).forEach((part, step) => {
      next[at + step] = part;
    });
    setWords(next);
    if (parts.length > 1) fields.current[Math.min(at + parts.length, NO_WORDS.length) - 1]?.focus();
  }

  function typeCode(typed: string) {
    const clean = cleanCode(typed);
    setCode(clean);
    if (isWholeCode(clean) && !isWholeCode(code)) fields.current[0]?.focus();
  }

  async function join() {
    await api.post("/api/join", { code, words: words.join("-") });
    location.replace("/");
  }

  return (
    <div className={style.stack}>
      <h1 className={style.welcome}>{t(scanned ? "accounts.join.hello" : "accounts.join")}</h1>
      <Card>
        <SendForm
          action={t("accounts.join.enter")}
          onSubmit={join}
          isReady={isWholeCode(code) && words.every(Boolean)}
          wide
        >
          <div className={style.code}>
            <TextField
              label={t("accounts.code")}
              hint={t("accounts.code.hint")}
              value={code.length > 4 ? printedCode(code) : code}
              onChange={typeCode}
              autoComplete="off"
              autoCorrect="off"
              spellCheck="false"
              inputMode="text"
              maxLength={12}
            />
          </div>
          <fieldset className={style.words}>
            <legend>{t("accounts.words")}</legend>
            {words.map((word, at) => (
              <TextField
                // biome-ignore lint/suspicious/noArrayIndexKey: the words' places are their identity
                key={at}
                label={t("accounts.word", { number: at + 1 })}
                labelUnseen
                placeholder={t("accounts.word", { number: at + 1 })}
                value={word}
                onChange={(typed) => typeWord(at, typed)}
                autoComplete="off"
                autoCorrect="off"
                spellCheck="false"
                inputRef={(field) => {
                  fields.current[at] = field;
                }}
              />
            ))}
          </fieldset>
        </SendForm>
      </Card>
      <p className={style.soft}>
        {t("accounts.join.help")} <Link href="/sign-in">{t("accounts.join.staff")}</Link>
      </p>
    </div>
  );
}
