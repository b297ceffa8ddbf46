import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { MemberAvatar } from "../room/person";
import { Button } from "../ui/button";
import { retry } from "./actions";
import { Answered, Author, classes } from "./author";
import { useNameOf } from "./channels";
import style from "./chat.module.css";
import { startAgain, usePlace } from "./draft";
import { useMayWrite } from "./hours";
import { type Pending, release } from "./store";
import { Words } from "./words";

/** Draw a message of one's own that is not on the server yet. */
export function PendingLine({ pending }: { pending: Pending }) {
  const t = useText();
  const wire = useRoom();
  const errorText = useErrorText();
  const nameOf = useNameOf();
  const place = usePlace(pending.channelId);
  const mayWrite = useMayWrite(pending.channelId);
  const isFailed = pending.failed !== null;
  return (
    <article
      aria-label={t("chat.message_pending")}
      className={classes(style.message, style.pending, isFailed && style.failed)}
      data-pending={isFailed ? "failed" : "sending"}
    >
      <div className={style.side}>
        <MemberAvatar id={wire.you.member_id} size={38} plain />
      </div>
      <div className={style.body}>
        <Author id={wire.you.member_id} at={pending.at} isEdited={false} />
        {pending.reply && <Answered reply={pending.reply} />}
        <p className={style.text}>
          <Words text={pending.text} isActive />
        </p>
        {isFailed ? (
          <div role="alert" className={style.problem}>
            <span>{t("chat.not_sent", { reason: errorText(pending.failed) })}</span>
            <Button onPress={() => void retry(wire, pending)}>{t("ui.try_again")}</Button>
            {mayWrite && (
              <Button variant="quiet" onPress={() => startAgain(place, pending, nameOf)}>
                {t("chat.edit")}
              </Button>
            )}
            <Button variant="quiet" onPress={() => release(pending.nonce)}>
              {t("chat.discard")}
            </Button>
          </div>
        ) : (
          <span className={style.sending}>{t("chat.sending")}</span>
        )}
      </div>
    </article>
  );
}
