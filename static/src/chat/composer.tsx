import { CornerUpLeft, Pencil, PencilLine, SendHorizontal, Undo2, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { TextArea, TextField } from "react-aria-components";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import type { Member } from "../room/directory";
import { IconButton } from "../ui/button";
import { Full } from "../ui/field";
import { toast } from "../ui/toast";
import { post } from "./actions";
import { useChannelName, useNameOf } from "./channels";
import style from "./chat.module.css";
import {
  bringBack,
  changeDraft,
  goOn,
  leaveDraft,
  startEdit,
  useDraft,
  useDrafts,
  usePlace,
} from "./draft";
import { OfferList, useOffer } from "./offer";
import { type Message, useChat } from "./store";
import { withMentions } from "./text";

/** The server's own measure. */
const TEXT_MAX = 4000;
const TYPING_EVERY_MS = 2_500;

/** Tell the others that something is being written, now and then. */
function useTyping(channelId: string): () => void {
  const { ask } = useRoom();
  const lastAt = useRef(0);
  return () => {
    if (Date.now() - lastAt.current < TYPING_EVERY_MS) return;
    lastAt.current = Date.now();
    ask("chat.type", { channel_id: channelId }).catch(() => {
      // It is a courtesy; the message itself says why it cannot be sent.
    });
  };
}

/** Write a message: Enter sends, Shift+Enter begins a new line. */
export function Composer({ channelId }: { channelId: string }) {
  const t = useText();
  const wire = useRoom();
  const nameOf = useNameOf();
  const channelName = useChannelName();
  const errorText = useErrorText();
  const place = usePlace(channelId);
  const draft = useDraft(place);
  const tellTyping = useTyping(channelId);
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const [isDismissed, setDismissed] = useState(false);
  const [chosen, setChosen] = useState(0);
  const listId = useId();
  const { calls, wanted } = useDrafts();
  const last = useRef(calls);

  // A mention is longer or shorter on its way than the name that stands for it here.
  const sent = withMentions(draft.text, new Map(draft.names));
  const isTooLong = sent.length > TEXT_MAX;
  const left = Math.max(TEXT_MAX - sent.length, 0);
  const offer = useOffer(channelId, draft.text, caret, isDismissed);
  const current = offer?.members[Math.min(chosen, offer.members.length - 1)];

  // Whoever pressed "answer" or "change" writes next.
  useEffect(() => {
    if (calls === last.current || wanted !== place) return;
    last.current = calls;
    area.current?.focus();
  }, [calls, wanted, place]);

  function write(text: string) {
    changeDraft(place, { text });
    setCaret(area.current?.selectionEnd ?? text.length);
    setDismissed(false);
    setChosen(0);
    if (text) tellTyping();
  }

  function mention(member: Member) {
    if (!offer) return;
    const rest = draft.text.slice(caret);
    const before = `${draft.text.slice(0, offer.start)}@${member.name} `;
    changeDraft(place, {
      text: before + rest,
      names: [...draft.names, [member.name, member.id]],
    });
    setChosen(0);
    requestAnimationFrame(() => {
      area.current?.setSelectionRange(before.length, before.length);
      setCaret(before.length);
    });
  }

  function leave() {
    leaveDraft(place);
  }

  function answerNobody() {
    changeDraft(place, { reply: null });
  }

  function send() {
    const text = sent.trim();
    if (!text || isTooLong) return;
    if (draft.edits) {
      wire.send("chat.edit", { message_id: draft.edits, text }).catch((reason: unknown) => {
        bringBack(place, draft);
        toast(errorText(reason));
      });
    } else {
      void post(wire, { channelId, text, reply: draft.reply });
    }
    leave();
    area.current?.focus();
  }

  function press(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.nativeEvent.isComposing) return; // Enter ends a syllable, not the message
    if (offer && current) {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by) {
        event.preventDefault();
        const count = offer.members.length;
        setChosen((Math.min(chosen, count - 1) + by + count) % count);
        return;
      }
      if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
        event.preventDefault();
        mention(current);
        return;
      }
      if (event.key === "Escape") {
        event.preventDefault();
        setDismissed(true);
        return;
      }
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && (draft.reply || draft.edits)) {
      event.preventDefault();
      if (draft.edits) leave();
      else answerNobody();
    } else if (event.key === "ArrowUp" && !draft.text && !draft.edits) {
      const mine = lastOwn(channelId);
      if (mine) {
        event.preventDefault();
        startEdit(place, mine, nameOf);
      }
    }
  }

  const label = draft.edits
    ? t("chat.write.edit")
    : t("chat.write", { channel: channelName(channelId) });
  const isEmpty = !draft.text.trim();
  return (
    <div className={style.composer}>
      {draft.aside && !draft.edits && (
        <Doing
          icon={PencilLine}
          button={
            <IconButton icon={Undo2} label={t("chat.write.go_on")} onPress={() => goOn(place)} />
          }
        >
          {draft.aside.text}
        </Doing>
      )}
      {draft.edits && (
        <Doing
          icon={Pencil}
          button={<IconButton icon={X} label={t("ui.cancel")} onPress={leave} />}
        >
          {t("chat.write.edit")}
        </Doing>
      )}
      {draft.reply && (
        <Doing
          icon={CornerUpLeft}
          button={<IconButton icon={X} label={t("ui.cancel")} onPress={answerNobody} />}
        >
          {t("chat.write.reply", { name: nameOf(draft.reply.author_id) })}
        </Doing>
      )}
      {offer && (
        <OfferList id={listId} members={offer.members} current={current} onChoose={mention} />
      )}
      <div className={style.row}>
        <TextField
          aria-label={label}
          value={draft.text}
          onChange={write}
          maxLength={draft.text.length + left}
          className={style.field ?? ""}
        >
          <TextArea
            ref={area}
            rows={1}
            placeholder={label}
            className={style.area ?? ""}
            onKeyDown={press}
            onSelect={(event) => setCaret(event.currentTarget.selectionEnd)}
            aria-autocomplete="list"
            {...(offer && current
              ? { "aria-controls": listId, "aria-activedescendant": `${listId}-${current.id}` }
              : {})}
          />
        </TextField>
        <IconButton
          icon={SendHorizontal}
          label={t(draft.edits ? "ui.save" : "chat.send")}
          variant={isEmpty ? "quiet" : "primary"}
          isDisabled={isEmpty || isTooLong}
          onPress={send}
        />
      </div>
      <div className={style.full}>
        <Full length={sent.length} max={TEXT_MAX} />
      </div>
    </div>
  );
}

function lastOwn(channelId: string): Message | undefined {
  const { windows, me } = useChat.getState();
  return windows[channelId]?.messages.findLast(
    (message) => message.author_id === me && message.removed_by === null,
  );
}

function Doing({
  icon: Icon,
  button,
  children,
}: {
  icon: typeof Pencil;
  button: ReactNode;
  children: string;
}) {
  return (
    <div className={style.doing}>
      <Icon aria-hidden size={16} />
      <span>{children}</span>
      {button}
    </div>
  );
}
