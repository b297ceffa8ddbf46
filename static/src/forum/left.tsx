import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy";
import { TextArea } from "../ui/field";
import { useDraft } from "./draft";
import style from "./forum.module.css";

/** Show words that can no longer be sent from where they were written; nothing if there are none. */
export function LeftWords({ text, onThrowAway }: { text: string; onThrowAway: () => void }) {
  const t = useText();
  if (!text.trim()) return null;
  return (
    <div className={style.write}>
      <Banner tone="wait">{t("forum.left")}</Banner>
      <TextArea label={t("forum.post.text")} labelUnseen value={text} rows={4} isReadOnly />
      <div className={style.actions}>
        <Button onPress={onThrowAway}>{t("ui.throw_away")}</Button>
        <CopyButton text={text} />
      </div>
    </div>
  );
}

/** Show the words of a draft whose place is gone. */
export function LeftDraft({ where }: { where: string }) {
  const { you } = useRoom();
  const [draft, , clear] = useDraft(you.member_id, where);
  return <LeftWords text={draft.text} onThrowAway={clear} />;
}
