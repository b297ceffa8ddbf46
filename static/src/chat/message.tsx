import { CornerUpLeft, Ellipsis, Link as LinkIcon, Pencil, SmilePlus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button as Pressable } from "react-aria-components";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { isTeacher, useRoom } from "../room/context";
import { useMember, useSchoolOf } from "../room/directory";
import { MemberAvatar } from "../room/person";
import { SchoolBadge } from "../ui/avatar";
import { Button, IconButton, Tooltip } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Badge } from "../ui/marks";
import { Menu, MenuItem, Panel } from "../ui/menu";
import { toast } from "../ui/toast";
import { retry } from "./actions";
import { useNameOf } from "./channels";
import style from "./chat.module.css";
import { useTime } from "./clock";
import { startEdit, startReply } from "./draft";
import { useMayWrite } from "./hours";
import { type Emoji, type Message, type Pending, release, useChat } from "./store";
import { plain } from "./text";
import { Words } from "./words";

function classes(...names: (string | false | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}

/** Draw who wrote and when, above their words. */
function Author({ id, at, isEdited }: { id: string; at: number; isEdited: boolean }) {
  const t = useText();
  const nameOf = useNameOf();
  const role = useMember(id)?.role ?? "";
  const school = useSchoolOf(id);
  return (
    <div className={style.author}>
      <span className={style.name}>{nameOf(id)}</span>
      {school && <SchoolBadge school={school} short />}
      {isTeacher(role) && <Badge>{t("chat.teacher")}</Badge>}
      <Time at={at} />
      {isEdited && <span className={style.edited}>{t("chat.edited")}</span>}
    </div>
  );
}

function Time({ at }: { at: number }) {
  const time = useTime();
  return (
    <time className={style.time} dateTime={new Date(at).toISOString()}>
      {time(at)}
    </time>
  );
}

/** Draw what a message answers; pressing it goes there. */
function Answered({
  reply,
  isActive = false,
  onJump,
}: {
  reply: NonNullable<Message["reply"]>;
  isActive?: boolean;
  onJump?: (messageId: string) => void;
}) {
  const t = useText();
  const nameOf = useNameOf();
  return (
    <Pressable
      className={style.answered ?? ""}
      excludeFromTabOrder={!isActive}
      {...(onJump ? { onPress: () => onJump(reply.message_id) } : { isDisabled: true })}
    >
      <CornerUpLeft aria-hidden size={16} />
      <span className="unseen">{t("chat.answers")}</span>
      <strong>{nameOf(reply.author_id)}</strong>
      <span className={style.excerpt}>
        {reply.excerpt ? plain(reply.excerpt, nameOf) : t("chat.removed")}
      </span>
    </Pressable>
  );
}

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

function useReact(message: Message): (emoji: Emoji, on: boolean) => void {
  const { send } = useRoom();
  const errorText = useErrorText();
  return (emoji, on) => {
    send("chat.react", { message_id: message.id, emoji, on }).catch((reason: unknown) =>
      toast(errorText(reason)),
    );
  };
}

function ReactionLine({ message, isActive }: { message: Message; isActive: boolean }) {
  const t = useText();
  const nameOf = useNameOf();
  const me = useChat((state) => state.me);
  const mayWrite = useMayWrite(message.channel_id);
  const react = useReact(message);
  return (
    <ul className={style.reactions} aria-label={t("chat.reactions")}>
      {message.reactions.map(({ emoji, member_ids }) => {
        const isMine = member_ids.includes(me);
        const names = member_ids.map(nameOf).join(", ");
        return (
          <li key={emoji}>
            <Tooltip text={names}>
              <Pressable
                className={classes(style.reaction, isMine && style.mine)}
                aria-label={t("chat.reaction", { emoji, count: member_ids.length, names })}
                aria-pressed={isMine}
                isDisabled={!mayWrite}
                excludeFromTabOrder={!isActive}
                onPress={() => react(emoji, !isMine)}
              >
                <span aria-hidden>{emoji}</span>
                <span aria-hidden>{member_ids.length}</span>
              </Pressable>
            </Tooltip>
          </li>
        );
      })}
    </ul>
  );
}

function MessageActions({ message }: { message: Message }) {
  const t = useText();
  const { you, href } = useRoom();
  const errorText = useErrorText();
  const mayWrite = useMayWrite(message.channel_id);
  const isMine = message.author_id === you.member_id;
  const mayRemove = isMine ? you.role !== "moderator" : isTeacher(you.role);
  const [isRemoving, setRemoving] = useState(false);
  const { send } = useRoom();

  async function copyLink() {
    const path = href(`chat/${message.channel_id}/${message.id}`);
    try {
      await navigator.clipboard.writeText(new URL(path, location.href).href);
      toast(t("chat.link_copied"));
    } catch (reason) {
      toast(errorText(reason));
    }
  }

  return (
    <div className={style.actions}>
      {mayWrite && <ReactButton message={message} />}
      {mayWrite && (
        <IconButton
          icon={CornerUpLeft}
          label={t("chat.reply")}
          onPress={() => startReply(message)}
        />
      )}
      <Menu
        aria-label={t("ui.more")}
        placement="bottom end"
        button={<IconButton icon={Ellipsis} label={t("ui.more")} />}
      >
        <MenuItem icon={LinkIcon} onAction={() => void copyLink()}>
          {t("chat.copy_link")}
        </MenuItem>
        {isMine && mayWrite && (
          <MenuItem icon={Pencil} onAction={() => startEdit(message)}>
            {t("chat.edit")}
          </MenuItem>
        )}
        {mayRemove && (
          <MenuItem icon={Trash2} isRisky onAction={() => setRemoving(true)}>
            {t("chat.remove")}
          </MenuItem>
        )}
      </Menu>
      <FormDialog
        title={t("chat.remove.title")}
        action={t("chat.remove")}
        variant="danger"
        isOpen={isRemoving}
        onOpenChange={setRemoving}
        onSubmit={() => send("chat.delete", { message_id: message.id })}
      >
        <p>{t(isMine ? "chat.remove.mine" : "chat.remove.others")}</p>
      </FormDialog>
    </div>
  );
}

function ReactButton({ message }: { message: Message }) {
  const t = useText();
  const me = useChat((state) => state.me);
  const emojis = useChat((state) => state.emojis);
  const react = useReact(message);
  const mine = message.reactions.filter((one) => one.member_ids.includes(me));
  return (
    <Panel
      label={t("chat.react")}
      placement="top end"
      button={<IconButton icon={SmilePlus} label={t("chat.react")} />}
    >
      {(close) => (
        <div className={style.emojis}>
          {emojis.map((emoji) => {
            const isOn = mine.some((one) => one.emoji === emoji);
            return (
              <Pressable
                key={emoji}
                className={classes(style.emoji, isOn && style.mine)}
                aria-pressed={isOn}
                onPress={() => {
                  react(emoji, !isOn);
                  close();
                }}
              >
                {emoji}
              </Pressable>
            );
          })}
        </div>
      )}
    </Panel>
  );
}

/** Draw a message of one's own that is not on the server yet. */
export function PendingLine({ pending }: { pending: Pending }) {
  const t = useText();
  const wire = useRoom();
  const errorText = useErrorText();
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
