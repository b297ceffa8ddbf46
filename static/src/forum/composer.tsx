import { Hourglass, Send, X } from "lucide-react";
import { type FormEvent, type RefObject, useEffect, useRef, useState } from "react";
import { Form } from "react-aria-components";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import type { Post, Thread } from "../protocol";
import { useRoom } from "../room/context";
import { Banner } from "../ui/banner";
import { Button, IconButton } from "../ui/button";
import { TextArea } from "../ui/field";
import { PlainText } from "../ui/plain_text";
import { type Draft, useDraft } from "./draft";
import style from "./forum.module.css";
import { QUOTE_MAX, TEXT_MAX } from "./made";
import { useNameOf, useRights } from "./rights";
import { useForum } from "./store";

/** A reply that is being written. */
export interface ReplyDraft {
  draft: Draft;
  change: (change: Partial<Omit<Draft, "nonce">>) => void;
  clear: () => void;
  /** Quote words of a post, and go on writing. */
  quote: (post: Post, words: string) => void;
  input: RefObject<HTMLTextAreaElement | null>;
}

/** Return the reply this person is writing in a thread; it is kept on the device. */
export function useReplyDraft(thread: Thread): ReplyDraft {
  const { you } = useRoom();
  const [draft, change, clear] = useDraft(you.member_id, thread.id);
  const input = useRef<HTMLTextAreaElement>(null);
  const [quotes, setQuotes] = useState(0);
  useEffect(() => {
    if (quotes === 0) return;
    input.current?.focus({ preventScroll: true });
    input.current?.scrollIntoView({ block: "center" });
  }, [quotes]);
  return {
    draft,
    change,
    clear,
    quote: (post, words) => {
      // By whole characters: half an emoji would be none of those that stand in the post.
      const text = [...words].slice(0, QUOTE_MAX).join("").trim();
      change({ quote: { post_id: post.id, author_id: post.author_id, text } });
      // Once the quote is drawn, and the field where it will stay.
      setQuotes((count) => count + 1);
    },
    input,
  };
}

/** Let somebody reply; Ctrl or Command with Enter sends. */
export function Composer({ thread, reply }: { thread: Thread; reply: ReplyDraft }) {
  const t = useText();
  const nameOf = useNameOf();
  const errorText = useErrorText();
  const { send } = useRoom();
  const { mayManage } = useRights();
  const waits = useForum(({ boards }) => boards[thread.board_id]?.hold ?? false) && !mayManage;
  const { draft, change, clear, input } = reply;
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    if (isPending || !draft.text.trim()) return;
    setPending(true);
    setError(null);
    try {
      const quote = draft.quote && { post_id: draft.quote.post_id, text: draft.quote.text };
      await send("forum.reply", { thread_id: thread.id, text: draft.text, quote }, draft.nonce);
      clear();
      input.current?.focus(); // the button that sent it cannot be pressed without words
    } catch (reason) {
      setError(reason);
    } finally {
      setPending(false);
    }
  }

  return (
    <Form className={style.composer} onSubmit={submit} aria-label={t("forum.reply")}>
      {draft.quote && (
        <div className={style.quoting}>
          <blockquote className={style.quote}>
            <span className={style.facts}>
              {t("forum.quote.of", { name: nameOf(draft.quote.author_id) })}
            </span>
            <p>
              <PlainText text={draft.quote.text} />
            </p>
          </blockquote>
          <IconButton
            icon={X}
            label={t("forum.quote.drop")}
            onPress={() => change({ quote: null })}
          />
        </div>
      )}
      <TextArea
        label={t("forum.reply")}
        value={draft.text}
        onChange={(text) => change({ text })}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
        }}
        maxLength={TEXT_MAX}
        rows={4}
        inputRef={input}
        isReadOnly={isPending}
      />
      {error !== null && <Banner tone="bad">{errorText(error)}</Banner>}
      <div className={style.actions}>
        {waits && (
          <p className={style.note}>
            <Hourglass aria-hidden size={18} />
            {t("forum.will_wait")}
          </p>
        )}
        <Button
          type="submit"
          variant="primary"
          icon={Send}
          isPending={isPending}
          isDisabled={!draft.text.trim()}
        >
          {t(waits ? "forum.hand_in" : "forum.send")}
        </Button>
      </div>
    </Form>
  );
}
