import { useText } from "../i18n/text";
import { MemberAvatar } from "../room/person";
import { Answered, Author, classes, Time } from "./author";
import { useNameOf } from "./channels";
import style from "./chat.module.css";
import { useTime } from "./clock";
import { MessageActions } from "./message_actions";
import { ReactionLine } from "./reactions";
import type { Message } from "./store";
import { Words } from "./words";

/**
 * Draw a message, and what one can do with it.
 *
 * Only the active one takes part in the order of the Tab key; else a hundred messages would stand
 * between the page and the composer.
 */
export function MessageLine({
  message,
  isFollowing,
  isActive,
  isTarget,
  onJump,
}: {
  message: Message;
  /** Whether the one above is the same person's, of the same minutes. */
  isFollowing: boolean;
  /** Whether it is the one that was last pointed at or focused. */
  isActive: boolean;
  /** Whether the address leads to it. */
  isTarget: boolean;
  onJump: (messageId: string) => void;
}) {
  const t = useText();
  const nameOf = useNameOf();
  const time = useTime();
  const isGone = message.removed_by !== null;
  const label = t("chat.message_of", { name: nameOf(message.author_id), time: time(message.at) });
  return (
    <article
      aria-label={label}
      data-message={message.id}
      tabIndex={isActive ? 0 : -1}
      className={classes(style.message, isFollowing && style.following, isTarget && style.target)}
    >
      <div className={style.side}>
        {isFollowing ? (
          <Time at={message.at} />
        ) : (
          <MemberAvatar id={message.author_id} size={38} plain />
        )}
      </div>
      <div className={style.body}>
        {!isFollowing && (
          <Author
            id={message.author_id}
            at={message.at}
            isEdited={!isGone && message.edited_at !== null}
          />
        )}
        {message.reply && <Answered reply={message.reply} isActive={isActive} onJump={onJump} />}
        {isGone ? (
          <p className={style.gone}>{t(`chat.removed.${message.removed_by ?? "author"}`)}</p>
        ) : (
          <p className={style.text}>
            <Words text={message.text} isActive={isActive} />
            {isFollowing && message.edited_at !== null && (
              <span className={style.edited}> {t("chat.edited")}</span>
            )}
          </p>
        )}
        {message.reactions.length > 0 && <ReactionLine message={message} isActive={isActive} />}
      </div>
      {!isGone && isActive && <MessageActions message={message} />}
    </article>
  );
}
