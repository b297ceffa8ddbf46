import { Check, CircleCheck, CornerUpLeft, Pencil, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { useText } from "../i18n/text";
import type { HeldPost } from "../protocol";
import { useRoom } from "../room/context";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { TextArea } from "../ui/field";
import { Link } from "../ui/link";
import { Badge, EmptyState } from "../ui/marks";
import { Pane } from "../ui/page";
import { EditableText, useEditing } from "./editing";
import style from "./forum.module.css";
import { LeftDrafts } from "./left";
import { waitingFirst } from "./lists";
import { DeletePostDialog, PostHead, QuoteBlock } from "./post";
import { useDo, useNameOf, useRights } from "./rights";
import { useForum } from "./store";

const REASON_MAX = 500;

/** Show what waits for a teacher: to staff all of it, to a pupil their own. */
export function HeldView() {
  const t = useText();
  const { href } = useRoom();
  const { isStaff } = useRights();
  const held = waitingFirst(useForum((forum) => forum.held));
  return (
    <Pane
      title={t(isStaff ? "forum.held.title" : "forum.held.title.mine")}
      back={{ href: href("forum"), label: t("forum.title") }}
    >
      <div className={style.column}>
        {held.length === 0 ? (
          <EmptyState icon={CircleCheck} title={t("forum.held.none")}>
            {t(isStaff ? "forum.held.none.staff" : "forum.held.none.mine")}
          </EmptyState>
        ) : (
          <ul className={style.posts}>
            {held.map((post) => (
              <li key={post.id} className={style.postItem}>
                <HeldCard post={post} withThread />
              </li>
            ))}
          </ul>
        )}
        <LeftDrafts prefix="held." />
      </div>
    </Pane>
  );
}

/** Draw a post that waits or was returned, and what this person can do about it. */
export function HeldCard({ post, withThread }: { post: HeldPost; withThread?: boolean }) {
  const t = useText();
  const nameOf = useNameOf();
  const { href, send } = useRoom();
  const { me, mayManage, mayWrite } = useRights();
  const thread = useForum(({ threads }) => threads[post.thread_id]);
  const board = useForum(({ boards }) => boards[thread?.board_id ?? ""]);
  const editing = useEditing(`held.${post.thread_id}.${post.id}`, post);
  const card = useRef<HTMLElement>(null);
  const [isDeleting, setDeleting] = useState(false);
  const isMine = post.author_id === me;
  const mayEdit = isMine && mayWrite;
  const isReturned = post.state === "returned";
  const place = { thread: thread?.title ?? "", board: board?.name ?? "" };
  const again = t(isReturned ? "forum.held.again" : "ui.save");
  return (
    <article ref={card} tabIndex={-1} className={`${style.post} ${style.held}`}>
      {withThread && thread && (
        <p className={style.facts}>
          <Link href={href(`forum/threads/${thread.id}`)}>
            {t(thread.held ? "forum.held.thread" : "forum.held.in", place)}
          </Link>
        </p>
      )}
      <PostHead id={post.author_id} at={post.at}>
        <Badge tone="wait">{t(isReturned ? "forum.returned" : "forum.waiting")}</Badge>
      </PostHead>
      {isReturned && (
        <Banner tone="wait">
          {t(isMine ? "forum.returned.mine" : "forum.returned.by", {
            name: nameOf(post.teacher_id ?? ""),
            reason: post.reason,
          })}
        </Banner>
      )}
      {post.quote && <QuoteBlock quote={post.quote} threadId={post.thread_id} />}
      <EditableText post={post} editing={editing} mayEdit={mayEdit} action={again} card={card} />
      {isMine && !isReturned && <p className={style.soft}>{t("forum.waiting.mine")}</p>}
      <div className={style.postActions}>
        {mayManage && <TeacherActions post={post} />}
        {mayEdit && !editing.isOpen && (
          <Button
            variant={isReturned ? "primary" : "secondary"}
            icon={Pencil}
            onPress={editing.open}
          >
            {t(isReturned ? "forum.held.change" : "forum.post.edit")}
          </Button>
        )}
        {(mayEdit || mayManage) && (
          <Button variant="quiet" icon={Trash2} onPress={() => setDeleting(true)}>
            {t("forum.post.delete")}
          </Button>
        )}
      </div>
      <DeletePostDialog
        isOpen={isDeleting}
        onOpenChange={setDeleting}
        onDelete={() => send("forum.delete", { post_id: post.id })}
      >
        {t("forum.held.delete")}
      </DeletePostDialog>
    </article>
  );
}

function TeacherActions({ post }: { post: HeldPost }) {
  const t = useText();
  const act = useDo();
  const { send } = useRoom();
  const [isReturning, setReturning] = useState(false);
  return (
    <>
      <Button
        variant="primary"
        icon={Check}
        onPress={() => act("forum.approve", { post_id: post.id, at: post.at })}
      >
        {t("forum.approve")}
      </Button>
      {post.state === "waiting" && (
        <Button icon={CornerUpLeft} onPress={() => setReturning(true)}>
          {t("forum.return")}
        </Button>
      )}
      <FormDialog
        title={t("forum.return.action")}
        action={t("forum.return.action")}
        isOpen={isReturning}
        onOpenChange={setReturning}
        onSubmit={(form) =>
          send("forum.return", { post_id: post.id, reason: String(form.get("reason")) })
        }
      >
        <TextArea
          label={t("forum.return.reason")}
          hint={t("forum.return.hint")}
          name="reason"
          maxLength={REASON_MAX}
          isRequired
          autoFocus
        />
      </FormDialog>
    </>
  );
}
