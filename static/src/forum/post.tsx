import { CircleCheck, EllipsisVertical, Heart, Link2, Pencil, Quote, Trash2 } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { ToggleButton } from "react-aria-components";
import { useText } from "../i18n/text";
import type { Post, Quote as Quoted, Thread } from "../protocol";
import { useRoom } from "../room/context";
import { useSchoolOf } from "../room/directory";
import { MemberAvatar, MemberName } from "../room/person";
import { SchoolBadge } from "../ui/avatar";
import { Button, IconButton } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Link } from "../ui/link";
import { Badge } from "../ui/marks";
import { Menu, MenuItem, MenuLine } from "../ui/menu";
import { PlainText } from "../ui/plain_text";
import { DateTime } from "../ui/time";
import { toast } from "../ui/toast";
import { EditableText, useEditing } from "./editing";
import style from "./forum.module.css";
import { LeftWords } from "./left";
import { useDo, useNameOf, useRights } from "./rights";
import { useForum } from "./store";

/** Draw a post, or the mark that is left of a removed one. */
export function PostCard({
  post,
  thread,
  mayWrite,
  isMeant,
  onQuote,
}: {
  post: Post;
  thread: Thread;
  mayWrite: boolean;
  /** Whether the address names this post. */
  isMeant: boolean;
  onQuote: (post: Post, words: string) => void;
}) {
  const t = useText();
  const { href } = useRoom();
  const { me, mayManage } = useRights();
  const isHeldHere = useForum(({ boards }) => boards[thread.board_id]?.hold ?? false);
  const editing = useEditing(`edit.${thread.id}.${post.id}`, post);
  const card = useRef<HTMLElement>(null);
  const words = useRef<HTMLDivElement>(null);
  const isBest = thread.best_post_id === post.id;
  if (post.removed_by) {
    return (
      <div className={style.write}>
        <Removed post={post} />
        <LeftWords text={editing.text} onThrowAway={editing.end} />
      </div>
    );
  }
  // What a teacher has approved stays as it is; see `forum.approved` in the server.
  const mayEdit = mayWrite && post.author_id === me && (mayManage || !isHeldHere);
  const classes = [style.post, isBest && style.best, isMeant && style.meant];
  return (
    <article ref={card} tabIndex={-1} className={classes.filter(Boolean).join(" ")}>
      <PostHead
        id={post.author_id}
        at={post.at}
        link={href(`forum/threads/${thread.id}/${post.id}`)}
      >
        {post.edited_at !== null && <span className={style.soft}>{t("forum.edited")}</span>}
        {isBest && (
          <Badge tone="good">
            <CircleCheck aria-hidden size={16} />
            {t("forum.best")}
          </Badge>
        )}
      </PostHead>
      {post.quote && <QuoteBlock quote={post.quote} threadId={thread.id} />}
      <EditableText
        post={post}
        editing={editing}
        mayEdit={mayEdit}
        action={t("ui.save")}
        card={card}
        words={words}
      />
      <div className={style.postActions}>
        <LikeButton post={post} mayWrite={mayWrite} />
        {mayWrite && (
          <Button
            variant="quiet"
            icon={Quote}
            onPress={() => onQuote(post, chosenWords(words.current) || post.text)}
          >
            {t("forum.quote")}
          </Button>
        )}
        <PostMenu
          post={post}
          thread={thread}
          mayWrite={mayWrite}
          {...(mayEdit && { onEdit: editing.open })}
        />
      </div>
    </article>
  );
}

/** Draw who wrote something, where they are from, and when. */
export function PostHead({
  id,
  at,
  link,
  children,
}: {
  id: string;
  at: number;
  /** The post's own address. */
  link?: string;
  children?: ReactNode;
}) {
  const school = useSchoolOf(id);
  return (
    <header className={style.postHead}>
      <MemberAvatar id={id} size={40} />
      <div className={style.postWho}>
        <span className={style.postName}>
          <h2>
            <MemberName id={id} />
          </h2>
          {school && <SchoolBadge school={school} />}
        </span>
        <span className={style.facts}>
          {link ? (
            <Link href={link} className={style.time ?? ""}>
              <DateTime at={at} />
            </Link>
          ) : (
            <DateTime at={at} />
          )}
          {children}
        </span>
      </div>
    </header>
  );
}

/** Draw the words that a post quotes, with the way to where they stand. */
export function QuoteBlock({ quote, threadId }: { quote: Quoted; threadId: string }) {
  const t = useText();
  const nameOf = useNameOf();
  const { href } = useRoom();
  if (!quote.text) return <p className={style.quoteGone}>{t("forum.quote.gone")}</p>;
  return (
    <blockquote className={style.quote}>
      <Link href={href(`forum/threads/${threadId}/${quote.post_id}`)}>
        {t("forum.quote.of", { name: nameOf(quote.author_id) })}
      </Link>
      <p>
        <PlainText text={quote.text} />
      </p>
    </blockquote>
  );
}

function Removed({ post }: { post: Post }) {
  const t = useText();
  const nameOf = useNameOf();
  return (
    <p className={style.removed}>
      <Trash2 aria-hidden size={18} />
      {post.removed_by === "teacher"
        ? t("forum.removed.teacher", { name: nameOf(post.author_id) })
        : t("forum.removed.author", { name: nameOf(post.author_id) })}
    </p>
  );
}

function LikeButton({ post, mayWrite }: { post: Post; mayWrite: boolean }) {
  const t = useText();
  const act = useDo();
  const nameOf = useNameOf();
  const { me } = useRights();
  const count = post.likes.length;
  const names = post.likes.map(nameOf).join(", ");
  if (!mayWrite || post.author_id === me) {
    if (count === 0) return null;
    return (
      <span className={style.likes} title={names}>
        <Heart aria-hidden size={18} />
        <span aria-hidden>{count}</span>
        <span className="unseen">{t("forum.likes", { count, names })}</span>
      </span>
    );
  }
  return (
    <ToggleButton
      className={style.like ?? ""}
      isSelected={post.likes.includes(me)}
      onChange={(liked) => act("forum.like", { post_id: post.id, liked })}
    >
      <Heart aria-hidden size={18} />
      {t("forum.like")}
      {count > 0 && (
        <>
          <span aria-hidden title={names}>
            {count}
          </span>
          <span className="unseen">{t("forum.likes", { count, names })}</span>
        </>
      )}
    </ToggleButton>
  );
}

function PostMenu({
  post,
  thread,
  mayWrite,
  onEdit,
}: {
  post: Post;
  thread: Thread;
  mayWrite: boolean;
  /** Without it, the text stays as it is. */
  onEdit?: () => void;
}) {
  const t = useText();
  const act = useDo();
  const { href, send } = useRoom();
  const { me, mayManage, mayWrite: isOpen } = useRights();
  const [isDeleting, setDeleting] = useState(false);
  const isMine = post.author_id === me;
  const isBest = thread.best_post_id === post.id;
  const mayChoose = mayWrite && post.place > 1 && (mayManage || thread.author_id === me);
  const mayDelete = mayManage || (isOpen && isMine);
  const name = t("forum.post.more");
  // Browsers have no clipboard for pages that came over plain HTTP; the time is a link as well.
  const canCopy = "clipboard" in navigator;

  async function copyLink() {
    const link = new URL(href(`forum/threads/${thread.id}/${post.id}`), location.origin);
    await navigator.clipboard.writeText(link.href);
    toast(t("forum.post.link.copied"));
  }

  return (
    <>
      <Menu button={<IconButton icon={EllipsisVertical} label={name} />} aria-label={name}>
        {canCopy && (
          <MenuItem icon={Link2} onAction={() => void copyLink()}>
            {t("forum.post.link")}
          </MenuItem>
        )}
        {mayChoose && (
          <MenuItem
            icon={CircleCheck}
            onAction={() =>
              act("forum.best", { thread_id: thread.id, post_id: isBest ? null : post.id })
            }
          >
            {t(isBest ? "forum.best.undo" : "forum.best.choose")}
          </MenuItem>
        )}
        {onEdit && (
          <MenuItem icon={Pencil} onAction={onEdit}>
            {t("forum.post.edit")}
          </MenuItem>
        )}
        {mayDelete && <MenuLine />}
        {mayDelete && (
          <MenuItem icon={Trash2} isRisky onAction={() => setDeleting(true)}>
            {t("forum.post.delete")}
          </MenuItem>
        )}
      </Menu>
      <DeletePostDialog
        isOpen={isDeleting}
        onOpenChange={setDeleting}
        onDelete={() => send("forum.delete", { post_id: post.id })}
      >
        {t(isMine ? "forum.post.delete.mine" : "forum.post.delete.theirs")}
      </DeletePostDialog>
    </>
  );
}

/** Ask whether a post is really to go. */
export function DeletePostDialog({
  onDelete,
  children,
  ...opening
}: {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  onDelete: () => Promise<unknown>;
  children: ReactNode;
}) {
  const t = useText();
  return (
    <FormDialog
      {...opening}
      title={t("forum.post.delete.sure")}
      action={t("forum.post.delete")}
      variant="danger"
      onSubmit={onDelete}
    >
      <p>{children}</p>
    </FormDialog>
  );
}

/** Return what is marked inside `words`. */
function chosenWords(words: HTMLElement | null): string {
  const chosen = getSelection();
  if (!words || !chosen || !words.contains(chosen.anchorNode)) return "";
  if (!words.contains(chosen.focusNode)) return "";
  return chosen.toString().trim();
}
