import { type FormEvent, type RefObject, useState } from "react";
import { Form } from "react-aria-components";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import type { HeldPost, Post } from "../protocol";
import { useRoom } from "../room/context";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { TextArea } from "../ui/field";
import { PlainText } from "../ui/plain_text";
import { useDraft } from "./draft";
import style from "./forum.module.css";
import { LeftWords } from "./left";
import { TEXT_MAX } from "./made";

/** What somebody makes of a post's text; kept on the device until it is saved. */
export interface Editing {
  isOpen: boolean;
  /** Whether it was open already when the post was drawn: going on is not asked for just now. */
  isFound: boolean;
  /** The changed text; empty while it is as it was. */
  text: string;
  open: () => void;
  change: (text: string) => void;
  /** Close it, and keep nothing of it. */
  end: () => void;
}

/** Return what this person makes of a post's text at a place; see {@link useDraft}. */
export function useEditing(where: string, post: Post | HeldPost): Editing {
  const { you } = useRoom();
  const [draft, change, clear] = useDraft(you.member_id, where);
  // After a reload it may be saved already, though the answer was not heard.
  const text = draft.text === post.text ? "" : draft.text;
  const [isFound, setFound] = useState(text !== "");
  const [isOpen, setOpen] = useState(isFound);
  return {
    isOpen,
    isFound,
    text,
    open: () => setOpen(true),
    change: (changed) => change({ text: changed === post.text ? "" : changed }),
    end: () => {
      clear();
      setOpen(false);
      setFound(false);
    },
  };
}

/** Draw the text of a post, or let its author change it in its place. */
export function EditableText({
  post,
  editing,
  mayEdit,
  action,
  card,
  words,
}: {
  post: Post | HeldPost;
  editing: Editing;
  mayEdit: boolean;
  /** The words on the button that saves. */
  action: string;
  /** What gets the focus afterwards. */
  card: RefObject<HTMLElement | null>;
  words?: RefObject<HTMLDivElement | null>;
}) {
  if (mayEdit && editing.isOpen) {
    return <TextEditor post={post} editing={editing} action={action} card={card} />;
  }
  return (
    <>
      <div ref={words} className={style.words}>
        <PlainText text={post.text} />
      </div>
      <LeftWords text={editing.text} onThrowAway={editing.end} />
    </>
  );
}

function TextEditor({
  post,
  editing,
  action,
  card,
}: {
  post: Post | HeldPost;
  editing: Editing;
  action: string;
  card: RefObject<HTMLElement | null>;
}) {
  const t = useText();
  const errorText = useErrorText();
  const { send } = useRoom();
  const [value, setValue] = useState(editing.text || post.text);
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);

  function close() {
    editing.end();
    card.current?.focus();
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    setPending(true);
    setError(null);
    try {
      await send("forum.edit", { post_id: post.id, text: value });
      close();
    } catch (reason) {
      setError(reason);
      setPending(false);
    }
  }

  return (
    <Form className={style.write} onSubmit={submit}>
      <TextArea
        label={t("forum.post.text")}
        labelUnseen
        value={value}
        onChange={(text) => {
          setValue(text);
          editing.change(text);
        }}
        onKeyDown={(event) => {
          // With an input method, Escape gives up a syllable; nothing else gives up changed words.
          const isMeant = event.key === "Escape" && !event.nativeEvent.isComposing;
          if (isMeant && value === post.text && !isPending) close();
        }}
        maxLength={TEXT_MAX}
        rows={4}
        isRequired
        isReadOnly={isPending}
        autoFocus={!editing.isFound}
      />
      {error !== null && <Banner tone="bad">{errorText(error)}</Banner>}
      <div className={style.actions}>
        <Button onPress={close} isDisabled={isPending}>
          {t("ui.cancel")}
        </Button>
        <Button type="submit" variant="primary" isPending={isPending} isDisabled={!value.trim()}>
          {action}
        </Button>
      </div>
    </Form>
  );
}
