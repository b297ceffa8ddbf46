import { Fragment } from "react";
import { useText } from "../i18n/text";
import { useDayName } from "../ui/time";
import style from "./chat.module.css";
import { MessageLine } from "./message";
import { type Message, useChat } from "./store";

/** Messages of one person within this time stand under one name. */
const TOGETHER_MS = 5 * 60_000;

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

function follows(message: Message, before: Message | undefined): boolean {
  return (
    before !== undefined &&
    before.author_id === message.author_id &&
    message.at - before.at < TOGETHER_MS &&
    sameDay(message.at, before.at) &&
    message.reply === null
  );
}

/** Draw messages with a line for each day, and one where the unread begin. */
export function Lines({
  messages,
  unreadFrom,
  activeId,
  targetId,
  onJump,
}: {
  messages: readonly Message[];
  unreadFrom: number | null;
  activeId: string | null;
  targetId: string | null;
  onJump: (messageId: string) => void;
}) {
  const t = useText();
  const dayName = useDayName();
  const me = useChat((state) => state.me);
  const firstUnread =
    unreadFrom === null
      ? undefined
      : messages.find(({ seq, author_id }) => seq > unreadFrom && author_id !== me)?.id;
  return messages.map((message, i) => {
    const before = messages[i - 1];
    const isNewDay = !before || !sameDay(before.at, message.at);
    const isFirstUnread = message.id === firstUnread;
    return (
      <Fragment key={message.id}>
        {isNewDay && (
          <h2 className={style.day}>
            <span>{dayName(message.at)}</span>
          </h2>
        )}
        {isFirstUnread && (
          <div className={style.unreadLine} data-unread>
            <span>{t("chat.unread_line")}</span>
          </div>
        )}
        <MessageLine
          message={message}
          isFollowing={!isNewDay && !isFirstUnread && follows(message, before)}
          isActive={message.id === activeId}
          isTarget={message.id === targetId}
          onJump={onJump}
        />
      </Fragment>
    );
  });
}
