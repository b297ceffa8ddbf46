import { Hourglass } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { useLocation } from "wouter";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { Banner } from "../ui/banner";
import { Button, ButtonLink } from "../ui/button";
import { TextArea, TextField } from "../ui/field";
import { Pane } from "../ui/page";
import { NotHere } from "./board";
import { useDraft } from "./draft";
import style from "./forum.module.css";
import { LeftWords } from "./left";
import { type Made, TEXT_MAX, TITLE_MAX } from "./made";
import { useRights } from "./rights";
import { useForum } from "./store";

/** Let somebody start a thread on a board; what is written is kept on the device until it is. */
export function StartView({ id }: { id: string }) {
  const t = useText();
  const errorText = useErrorText();
  const { you, href, send } = useRoom();
  const { mayStart, mayManage } = useRights();
  const [, navigate] = useLocation();
  const board = useForum(({ boards }) => boards[id]);
  const [draft, change, clear] = useDraft(you.member_id, id);
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  if (!board || !mayStart || board.archived) {
    const words = [draft.title, draft.text].filter(Boolean).join("\n\n");
    return (
      <NotHere>
        <LeftWords text={words} onThrowAway={clear} />
      </NotHere>
    );
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    setPending(true);
    setError(null);
    try {
      const { title, text, nonce } = draft;
      const reply = await send("forum.start", { board_id: id, title, text }, nonce);
      clear();
      // Sent again after a reload, the answer names no thread: the board shows it.
      const made = reply.result as Made | undefined;
      navigate(made ? `/threads/${made.thread_id}` : `/boards/${id}`, { replace: true });
    } catch (reason) {
      setError(reason);
      setPending(false);
    }
  }

  return (
    <Pane title={t("forum.start")} back={{ href: href(`forum/boards/${id}`), label: board.name }}>
      <Form className={`${style.column} ${style.write}`} onSubmit={submit}>
        {error !== null && <Banner tone="bad">{errorText(error)}</Banner>}
        {board.hold && !mayManage && (
          <p className={style.note}>
            <Hourglass aria-hidden size={18} />
            {t("forum.will_wait")}
          </p>
        )}
        <TextField
          label={t("forum.thread.title")}
          hint={t("forum.thread.title.hint")}
          value={draft.title}
          onChange={(title) => change({ title })}
          maxLength={TITLE_MAX}
          isRequired
          autoFocus
        />
        <TextArea
          label={t("forum.thread.text")}
          value={draft.text}
          onChange={(text) => change({ text })}
          maxLength={TEXT_MAX}
          rows={8}
          isRequired
        />
        <div className={style.actions}>
          <ButtonLink variant="quiet" href={href(`forum/boards/${id}`)}>
            {t("ui.cancel")}
          </ButtonLink>
          <Button type="submit" variant="primary" isPending={isPending}>
            {t(board.hold && !mayManage ? "forum.hand_in" : "forum.publish")}
          </Button>
        </div>
      </Form>
    </Pane>
  );
}
