import { type ReactElement, useState } from "react";
import { SendForm } from "../accounts/frame";
import type { Replies } from "../frames";
import { LANGUAGE_NAMES, LANGUAGES, useLanguage } from "../i18n/language";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { useDirectory } from "../room/directory";
import { Banner } from "../ui/banner";
import { Dialog } from "../ui/dialog";
import { Select, TextArea } from "../ui/field";
import { toast } from "../ui/toast";
import style from "./people.module.css";
import { keepCards, loseCards, pileOf } from "./store";
import { problemText } from "./words";

type Problem = NonNullable<Replies["people.add_pupils"]["result"]>["problems"][number];

/** Where the server ends a line of a list, so that line numbers agree. */
const LINE_END = /\r\n?|[\n\v\f\u0085\u2028\u2029]/;

/** Make pupils from a pasted list. Lines with problems stay in the field, to be put right. */
export function AddPupils({ button }: { button: ReactElement }) {
  const t = useText();
  const room = useRoom();
  const { you, send } = room;
  const schools = useDirectory((state) => state.schools);
  const [roster, setRoster] = useState("");
  const [language, setLanguage] = useState(useLanguage((state) => state.language));
  const [school, setSchool] = useState<string>(you.school_id);
  const [problems, setProblems] = useState<readonly Problem[]>([]);

  async function add(close: () => void) {
    const sent = roster.split(LINE_END);
    const { result } = await send("people.add_pupils", { school_id: school, roster, language });
    if (!result) return;
    keepCards(pileOf(room), result.cards);
    loseCards(pileOf(room), result.lost);
    // Only these lines are left in the field, so they count anew.
    setProblems(result.problems.map((problem, at) => ({ ...problem, line: at + 1 })));
    setRoster(result.problems.map(({ line }) => sent[line - 1] ?? "").join("\n"));
    toast(t("people.add.done", { count: result.cards.length + result.lost.length }));
    if (result.problems.length === 0) close();
  }

  return (
    <Dialog title={t("people.add")} button={button} isLarge>
      {(close) => (
        <SendForm action={t("people.add.action")} onSubmit={() => add(close)}>
          {problems.length > 0 && (
            <Banner tone="wait">
              <p>{t("people.add.problems")}</p>
              <ul className={style.problems}>
                {problems.map((problem) => (
                  <li key={problem.line}>
                    {t("people.add.problem", {
                      line: problem.line,
                      text: problem.text,
                      problem: problemText(t, problem.code),
                    })}
                  </li>
                ))}
              </ul>
            </Banner>
          )}
          <TextArea
            label={t("people.add.list")}
            hint={t("people.add.hint")}
            placeholder={t("people.add.example")}
            rows={8}
            isRequired
            maxLength={12_000}
            value={roster}
            onChange={setRoster}
            autoFocus
          />
          {you.role === "teacher-admin" && (
            <Select
              label={t("people.add.school")}
              options={Object.values(schools).map(({ id, name }) => ({ id, text: name }))}
              value={school}
              onChange={setSchool}
            />
          )}
          <Select
            label={t("people.add.language")}
            options={LANGUAGES.map((id) => ({ id, text: LANGUAGE_NAMES[id] }))}
            value={language}
            onChange={setLanguage}
          />
        </SendForm>
      )}
    </Dialog>
  );
}
