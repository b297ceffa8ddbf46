import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import type { News, Unread } from "../room/tool";
import { useNameOf, useRights } from "./rights";
import { useForum } from "./store";

/** Return the threads with unread posts, and how many posts wait for this person to act. */
export function useUnread(): readonly Unread[] {
  const t = useText();
  const { href } = useRoom();
  const { mayManage, me } = useRights();
  const { boards, threads, reads, held } = useForum();
  const waiting = Object.values(held).filter(({ state, author_id }) =>
    mayManage ? state === "waiting" : state === "returned" && author_id === me,
  ).length;
  const unread = Object.values(reads).flatMap(({ thread_id, unread: count }) => {
    const thread = threads[thread_id];
    if (!thread || count === 0 || boards[thread.board_id]?.archived) return [];
    return [
      { id: thread_id, title: thread.title, count, href: href(`forum/threads/${thread_id}`) },
    ];
  });
  if (waiting === 0) return unread;
  const title = t(mayManage ? "forum.held.title" : "forum.held.title.mine");
  const queue = { id: "waiting", title, count: waiting };
  return [{ ...queue, href: href("forum/waiting") }, ...unread];
}

/** Return what others did in the forum after `since`, newest first. */
export function useNews(since: number): readonly News[] {
  const t = useText();
  const { href } = useRoom();
  const nameOf = useNameOf();
  const { me, isStaff } = useRights();
  const { threads, held } = useForum();
  const written = Object.values(threads)
    .filter((thread) => !thread.held && thread.last_at > since && thread.last_author_id !== me)
    .map((thread) => ({
      id: `forum-${thread.id}`,
      at: thread.last_at,
      memberId: thread.last_author_id,
      text: t(thread.posts > 1 ? "forum.news.replied" : "forum.news.started", {
        name: nameOf(thread.last_author_id),
        title: thread.title,
      }),
      href: href(`forum/threads/${thread.id}`),
    }));
  const waiting = Object.values(held)
    .filter(({ state, at }) => isStaff && state === "waiting" && at > since)
    .map((post) => ({
      id: `forum-waiting-${post.id}`,
      at: post.at,
      memberId: post.author_id,
      text: t("forum.news.waiting", { name: nameOf(post.author_id) }),
      href: href("forum/waiting"),
    }));
  return [...written, ...waiting].sort((a, b) => b.at - a.at);
}
