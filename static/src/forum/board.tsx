import { Archive, CheckCheck, CircleCheck, Lock, MessageSquarePlus, Pin, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { useText } from "../i18n/text";
import type { Thread } from "../protocol";
import { useRoom } from "../room/context";
import { MemberAvatar } from "../room/person";
import { Banner } from "../ui/banner";
import { Button, ButtonLink } from "../ui/button";
import { Link } from "../ui/link";
import { Badge, EmptyState, UnreadMark } from "../ui/marks";
import { Pane } from "../ui/page";
import { DateTime } from "../ui/time";
import style from "./forum.module.css";
import { threadsOf } from "./lists";
import { useDo, useNameOf, useRights } from "./rights";
import { useForum } from "./store";

/** Say that a board or thread is not there (any more), and lead back; below it, what is left. */
export function NotHere({ children }: { children?: ReactNode }) {
  const t = useText();
  const { href } = useRoom();
  return (
    <Pane title={t("forum.title")} back={{ href: href("forum"), label: t("forum.title") }}>
      <EmptyState
        icon={Archive}
        title={t("forum.not_here")}
        action={<ButtonLink href={href("forum")}>{t("forum.to_boards")}</ButtonLink>}
      >
        {t("forum.not_here.why")}
      </EmptyState>
      <div className={style.column}>{children}</div>
    </Pane>
  );
}

/** Show a board: its threads, pinned ones first, then by what happened last. */
export function BoardView({ id }: { id: string }) {
  const t = useText();
  const act = useDo();
  const { href } = useRoom();
  const { mayStart, keepsMarks } = useRights();
  const { boards, threads, reads } = useForum();
  const board = boards[id];
  if (!board) return <NotHere />;
  const shown = threadsOf(threads, id);
  const hasUnread = shown.some((thread) => (reads[thread.id]?.unread ?? 0) > 0);
  const start = mayStart && !board.archived && (
    <ButtonLink variant="primary" icon={Plus} href={href(`forum/boards/${id}/new`)}>
      {t("forum.start")}
    </ButtonLink>
  );
  return (
    <Pane
      title={board.name}
      back={{ href: href("forum"), label: t("forum.title") }}
      actions={
        <>
          {keepsMarks && hasUnread && (
            <Button
              variant="quiet"
              icon={CheckCheck}
              onPress={() => act("forum.read_all", { board_id: id })}
            >
              {t("forum.read_all")}
            </Button>
          )}
          {shown.length > 0 && start}
        </>
      }
    >
      <div className={style.column}>
        {board.description && <p className={style.soft}>{board.description}</p>}
        {board.archived && <Banner>{t("forum.board.archived")}</Banner>}
        {board.hold && !board.archived && <Banner tone="wait">{t("forum.board.hold.note")}</Banner>}
        {shown.length === 0 ? (
          <EmptyState icon={MessageSquarePlus} title={t("forum.threads.none")} action={start}>
            {t(mayStart ? "forum.threads.none.start" : "forum.threads.none.wait")}
          </EmptyState>
        ) : (
          <ul className={style.threads}>
            {shown.map((thread) => (
              <li key={thread.id}>
                <ThreadLine thread={thread} unread={reads[thread.id]?.unread ?? 0} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </Pane>
  );
}

function ThreadLine({ thread, unread }: { thread: Thread; unread: number }) {
  const t = useText();
  const nameOf = useNameOf();
  const { href } = useRoom();
  return (
    <Link
      href={href(`forum/threads/${thread.id}`)}
      className={unread > 0 ? `${style.thread} ${style.isUnread}` : (style.thread ?? "")}
    >
      <MemberAvatar id={thread.author_id} size={40} plain />
      <div className={style.threadWords}>
        <h2>
          <ThreadSigns thread={thread} />
          <span dir="auto">{thread.title}</span>
        </h2>
        <span className={style.facts}>
          {t("forum.thread.facts", { name: nameOf(thread.author_id), count: thread.posts })}
          {thread.posts > 1 && ` · ${t("forum.last_by", { name: nameOf(thread.last_author_id) })}`}
        </span>
      </div>
      <span className={style.threadEnd}>
        <UnreadMark count={unread} />
        <span className={style.when}>
          <DateTime at={thread.last_at} short />
        </span>
      </span>
    </Link>
  );
}

/** Draw the signs of what a thread is: pinned, locked, answered, waiting. */
export function ThreadSigns({ thread }: { thread: Thread }) {
  const t = useText();
  const signs = [
    { is: thread.pinned, Icon: Pin, text: t("forum.thread.pinned") },
    { is: thread.locked, Icon: Lock, text: t("forum.thread.locked") },
    { is: thread.best_post_id !== null, Icon: CircleCheck, text: t("forum.thread.answered") },
  ];
  return (
    <>
      {thread.held && <Badge tone="wait">{t("forum.waiting")}</Badge>}
      {signs.map(
        ({ is, Icon, text }) =>
          is && (
            <span key={text} className={style.sign} title={text}>
              <Icon aria-hidden size={18} />
              <span className="unseen">{text}</span>
            </span>
          ),
      )}
    </>
  );
}
