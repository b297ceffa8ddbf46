import {
  CircleCheck,
  EllipsisVertical,
  FolderInput,
  Lock,
  LockOpen,
  Pencil,
  Pin,
  PinOff,
  Trash2,
} from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { SubmenuTrigger } from "react-aria-components";
import { useLocation } from "wouter";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import type { Post, Thread } from "../protocol";
import { useRoom } from "../room/context";
import { Banner } from "../ui/banner";
import { Button, ButtonLink, IconButton } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { SkeletonList } from "../ui/marks";
import { Menu, MenuItem, MenuLine, MenuPart } from "../ui/menu";
import { Pane, useTitle } from "../ui/page";
import { NotHere, ThreadSigns } from "./board";
import { Composer, useReplyDraft } from "./composer";
import style from "./forum.module.css";
import { HeldCard } from "./held";
import { LeftDraft, LeftDrafts, LeftWords } from "./left";
import { inOrder, waitingFirst } from "./lists";
import { TITLE_MAX } from "./made";
import { PostCard } from "./post";
import { useDo, useMayWriteIn, useNameOf, useRights } from "./rights";
import type { Forum, Run } from "./state";
import { readPage, useForum } from "./store";

const MARK_AFTER_MS = 800;
/** How many posts that one has read stay above the first unread one of a long thread. */
const READ_SHOWN = 5;
const ONE_PAGE = 50;

/** Show a thread, at `postId` if the address names one, else at what is unread. */
export function ThreadView({ id, postId }: { id: string; postId: string | null }) {
  const thread = useForum(({ threads }) => threads[id]);
  if (!thread) {
    return (
      <NotHere>
        <LeftDraft where={id} />
        <LeftDrafts prefix={`edit.${id}.`} />
        <LeftDrafts prefix={`held.${id}.`} />
      </NotHere>
    );
  }
  return <OpenThread thread={thread} postId={postId} />;
}

function OpenThread({ thread, postId }: { thread: Thread; postId: string | null }) {
  const t = useText();
  const { href } = useRoom();
  const { mayManage, me } = useRights();
  const mayWrite = useMayWriteIn(thread);
  const board = useForum(({ boards }) => boards[thread.board_id]);
  const allHeld = useForum(({ held }) => held);
  const held = waitingFirst(allHeld).filter((post) => post.thread_id === thread.id);
  const { run, error, read } = usePosts(thread, postId);
  const firstUnread = useFirstUnread(thread, run);
  const reply = useReplyDraft(thread);
  const isAtEnd = thread.held || run?.posts.at(-1)?.place === thread.last_place;
  const first = run?.posts[0];
  const last = run?.posts.at(-1);
  const best = thread.best_post_id;
  useTitle(thread.title);
  useMarkRead(thread, run);
  useGoTo(postId ?? firstUnread, run, allHeld);

  return (
    <Pane
      title={
        <>
          <ThreadSigns thread={thread} />
          <span dir="auto">{thread.title}</span>
        </>
      }
      back={{
        href: href(board ? `forum/boards/${board.id}` : "forum"),
        label: board?.name ?? t("forum.title"),
      }}
      actions={(mayManage || thread.author_id === me) && <ThreadMenu thread={thread} />}
    >
      <div className={style.column}>
        {error !== null && <ReadError error={error} again={read} />}
        {best && first?.place === 1 && (
          <ButtonLink
            variant="quiet"
            icon={CircleCheck}
            href={href(`forum/threads/${thread.id}/${best}`)}
          >
            {t("forum.best.go")}
          </ButtonLink>
        )}
        {first && first.place > 1 && (
          <Button onPress={() => read({ before: first.place })}>{t("forum.earlier")}</Button>
        )}
        {!run && !thread.held && error === null && <SkeletonList rows={6} />}
        <ol className={style.posts}>
          {run?.posts.map((post) => (
            <li key={post.id} id={`post-${post.id}`} tabIndex={-1} className={style.postItem}>
              {post.id === firstUnread && <p className={style.unreadLine}>{t("forum.new")}</p>}
              <PostCard
                post={post}
                thread={thread}
                mayWrite={mayWrite}
                isMeant={post.id === postId}
                onQuote={reply.quote}
              />
            </li>
          ))}
          {isAtEnd &&
            held.map((post) => (
              <li key={post.id} id={`post-${post.id}`} tabIndex={-1} className={style.postItem}>
                <HeldCard post={post} />
              </li>
            ))}
        </ol>
        {last && last.place < thread.last_place && (
          <Button onPress={() => read({ after: last.place })}>{t("forum.later")}</Button>
        )}
        <LeftDrafts prefix={`held.${thread.id}.`} />
        {thread.locked && !thread.held && (
          <Banner>{t(mayManage ? "forum.locked.teacher" : "forum.locked")}</Banner>
        )}
        {board?.archived && <Banner>{t("forum.board.archived")}</Banner>}
        {mayWrite && run && <Composer thread={thread} reply={reply} />}
        {!mayWrite && <LeftWords text={reply.draft.text} onThrowAway={reply.clear} />}
        <Heard posts={run?.posts} />
      </div>
    </Pane>
  );
}

function ReadError({ error, again }: { error: unknown; again: () => void }) {
  const t = useText();
  const errorText = useErrorText();
  return (
    <Banner tone="bad" action={<Button onPress={() => again()}>{t("ui.try_again")}</Button>}>
      {errorText(error)}
    </Banner>
  );
}

type Wanted = { before: number } | { after: number };

/** Read what is to be shown first, again after each welcome, and more when `read` is called. */
function usePosts(thread: Thread, postId: string | null) {
  const { ask } = useRoom();
  const run = useForum(({ runs }) => runs[thread.id]);
  const beginning = useForum((forum) => forum.beginning);
  const readTo = useForum(({ reads }) => reads[thread.id]?.place ?? 0);
  const [error, setError] = useState<unknown>(null);
  const isHeld = useForum((forum) => postId !== null && postId in forum.held);
  const wantsPost = postId !== null && !isHeld;
  const isThere = run && (!wantsPost || run.posts.some((post) => post.id === postId));
  const start = thread.last_place > ONE_PAGE ? Math.max(0, readTo - READ_SHOWN) : 0;
  const { id, held } = thread;

  const read = useCallback(
    (wanted?: Wanted) => {
      setError(null);
      const from = wanted ?? (wantsPost ? { post_id: postId } : { after: start });
      readPage(ask, { thread_id: id, ...from }).catch(setError);
    },
    [ask, id, postId, wantsPost, start],
  );
  const latest = useRef(read);
  latest.current = read;

  useEffect(() => {
    if (!held && !isThere && beginning > 0) latest.current();
  }, [beginning, held, isThere]);

  return { run, error, read };
}

/** Return the first post that was unread when the thread was opened. */
function useFirstUnread(thread: Thread, run: Run | undefined): string | null {
  const { me } = useRights();
  const readTo = useForum(({ reads }) => reads[thread.id]?.place ?? 0);
  const [opened] = useState({ readTo, last: thread.last_place });
  if (opened.readTo === 0 || opened.readTo >= opened.last) return null;
  const first = run?.posts.find((post) => post.place > opened.readTo && post.author_id !== me);
  return first && first.place <= opened.last ? first.id : null;
}

/** Scroll to a post when it is first there, and put the focus on it. */
function useGoTo(postId: string | null, run: Run | undefined, held: Forum["held"]): void {
  const gone = useRef<string | null>(null);
  const isThere =
    postId !== null && (postId in held || (run?.posts.some(({ id }) => id === postId) ?? false));
  useEffect(() => {
    if (!postId || !isThere || gone.current === postId) return;
    gone.current = postId;
    const post = document.getElementById(`post-${postId}`);
    post?.scrollIntoView({ block: "center" });
    post?.focus({ preventScroll: true });
  }, [postId, isThere]);
}

/** Tell the server how far this person has read, while the page is in sight. */
function useMarkRead(thread: Thread, run: Run | undefined): void {
  const { send } = useRoom();
  const { keepsMarks } = useRights();
  const readTo = useForum(({ reads }) => reads[thread.id]?.place ?? 0);
  const [isInSight, setInSight] = useState(() => document.visibilityState === "visible");
  const place = run?.posts.at(-1)?.place ?? 0;

  useEffect(() => {
    const look = () => setInSight(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);

  useEffect(() => {
    if (!keepsMarks || !isInSight || place <= readTo) return;
    const timer = setTimeout(() => {
      send("forum.read", { thread_id: thread.id, place }).catch(() => {
        // What was not marked stays unread, and is marked at the next visit.
      });
    }, MARK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [keepsMarks, isInSight, place, readTo, send, thread.id]);
}

/** Read out politely who has just written in the open thread. */
function Heard({ posts }: { posts: readonly Post[] | undefined }) {
  const t = useText();
  const { me } = useRights();
  const nameOf = useNameOf();
  const last = posts?.at(-1);
  const heard = useRef<{ place: number } | null>(null);
  if (last && heard.current === null) heard.current = { place: last.place };
  const isNew = last && last.place > (heard.current?.place ?? 0) && last.author_id !== me;
  return (
    <p role="status" className="unseen">
      {isNew ? t("forum.heard", { name: nameOf(last.author_id) }) : ""}
    </p>
  );
}

function ThreadMenu({ thread }: { thread: Thread }) {
  const t = useText();
  const act = useDo();
  const { mayManage, mayWrite } = useRights();
  const boards = useForum((forum) => forum.boards);
  const [dialog, setDialog] = useState<"rename" | "delete" | null>(null);
  const home = boards[thread.board_id];
  const others = inOrder(boards).filter((board) => !board.archived && board.id !== thread.board_id);
  const mayRename =
    mayManage || (mayWrite && !thread.locked && !home?.archived && (thread.held || !home?.hold));
  if (!mayRename && !mayManage) return null;
  const close = (isOpen: boolean) => !isOpen && setDialog(null);
  return (
    <>
      <Menu
        button={<IconButton icon={EllipsisVertical} label={t("forum.thread.more")} />}
        aria-label={t("forum.thread.more")}
        placement="bottom end"
      >
        {mayManage && (
          <MenuItem
            icon={thread.pinned ? PinOff : Pin}
            onAction={() => act("forum.pin", { thread_id: thread.id, pinned: !thread.pinned })}
          >
            {t(thread.pinned ? "forum.thread.unpin" : "forum.thread.pin")}
          </MenuItem>
        )}
        {mayManage && (
          <MenuItem
            icon={thread.locked ? LockOpen : Lock}
            onAction={() => act("forum.lock", { thread_id: thread.id, locked: !thread.locked })}
          >
            {t(thread.locked ? "forum.thread.unlock" : "forum.thread.lock")}
          </MenuItem>
        )}
        {mayManage && others.length > 0 && (
          <SubmenuTrigger>
            <MenuItem icon={FolderInput}>{t("forum.thread.move")}</MenuItem>
            <MenuPart label={t("forum.thread.move")}>
              {others.map((board) => (
                <MenuItem
                  key={board.id}
                  onAction={() => act("forum.move", { thread_id: thread.id, board_id: board.id })}
                >
                  {board.name}
                </MenuItem>
              ))}
            </MenuPart>
          </SubmenuTrigger>
        )}
        {mayRename && (
          <MenuItem icon={Pencil} onAction={() => setDialog("rename")}>
            {t("forum.thread.rename")}
          </MenuItem>
        )}
        {mayManage && <MenuLine />}
        {mayManage && (
          <MenuItem icon={Trash2} isRisky onAction={() => setDialog("delete")}>
            {t("forum.thread.delete")}
          </MenuItem>
        )}
      </Menu>
      <RenameDialog thread={thread} isOpen={dialog === "rename"} onOpenChange={close} />
      <DeleteDialog thread={thread} isOpen={dialog === "delete"} onOpenChange={close} />
    </>
  );
}

interface OfThread {
  thread: Thread;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

function RenameDialog({ thread, ...opening }: OfThread) {
  const t = useText();
  const { send } = useRoom();
  return (
    <FormDialog
      {...opening}
      title={t("forum.thread.rename")}
      action={t("ui.save")}
      onSubmit={(form) =>
        send("forum.rename", { thread_id: thread.id, title: String(form.get("title")) })
      }
    >
      <TextField
        label={t("forum.thread.title")}
        name="title"
        defaultValue={thread.title}
        maxLength={TITLE_MAX}
        isRequired
        autoFocus
      />
    </FormDialog>
  );
}

function DeleteDialog({ thread, ...opening }: OfThread) {
  const t = useText();
  const { send } = useRoom();
  const [, navigate] = useLocation();

  async function remove() {
    await send("forum.thread_delete", { thread_id: thread.id });
    navigate(`/boards/${thread.board_id}`, { replace: true });
  }

  return (
    <FormDialog
      {...opening}
      title={t("forum.thread.delete.sure")}
      action={t("forum.thread.delete")}
      variant="danger"
      onSubmit={remove}
    >
      <p>{t("forum.thread.delete.what", { title: thread.title })}</p>
    </FormDialog>
  );
}
