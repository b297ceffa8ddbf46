import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy";
import { TextArea } from "../ui/field";
import { draftsAt, useDraft } from "./draft";
import style from "./forum.module.css";
import { useForum } from "./store";

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

/** Show what this person was making of posts at places that begin so, and that are gone. */
export function LeftDrafts({ prefix }: { prefix: string }) {
  const { you } = useRoom();
  const held = useForum((forum) => forum.held);
  const places = draftsAt(you.member_id, prefix);
  return places
    .filter((where) => !((where.split(".").at(-1) ?? "") in held)) // those have an editor
    .map((where) => <LeftDraft key={where} where={where} />);
}
