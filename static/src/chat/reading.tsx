import { useEffect, useState } from "react";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { markRead } from "./actions";
import { useNameOf } from "./channels";
import { useChannel, useChat } from "./store";
import { plain } from "./text";

const READ_AFTER_MS = 700;

/** Mark the channel as read while its newest message is really looked at. */
export function useReading(channelId: string, isAtEnd: boolean): void {
  const wire = useRoom();
  const unread = useChannel(channelId)?.unread ?? 0;
  const last = useChat((state) => state.windows[channelId]?.messages.at(-1));
  const isLooked = useIsLooked();
  useEffect(() => {
    if (!isAtEnd || !isLooked || unread === 0 || !last) return;
    const timer = setTimeout(
      () => void markRead(wire, last).catch(() => {}), // it stays unread, and is tried again
      READ_AFTER_MS,
    );
    return () => clearTimeout(timer);
  }, [wire, isAtEnd, isLooked, unread, last]);
}

function useIsLooked(): boolean {
  const [isLooked, setLooked] = useState(() => document.hasFocus());
  useEffect(() => {
    const look = () => setLooked(document.visibilityState === "visible" && document.hasFocus());
    globalThis.addEventListener("focus", look);
    globalThis.addEventListener("blur", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      globalThis.removeEventListener("focus", look);
      globalThis.removeEventListener("blur", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return isLooked;
}

/** Read out what others write, as it comes. */
export function Announcer({ channelId }: { channelId: string }) {
  const t = useText();
  const nameOf = useNameOf();
  const me = useChat((state) => state.me);
  const newest = useChat((state) =>
    state.recent.findLast(
      (push) =>
        push.type === "chat.posted" && push.channel_id === channelId && push.author_id !== me,
    ),
  );
  // What has been removed is not kept for screen readers either.
  const isGone = useChat((state) =>
    state.recent.some(
      (push) =>
        push.type === "chat.deleted" &&
        newest?.type === "chat.posted" &&
        push.message_id === newest.message_id,
    ),
  );
  const [first] = useState(newest);
  const isNew = newest?.type === "chat.posted" && newest !== first && !isGone;
  return (
    <div aria-live="polite" className="unseen">
      {isNew &&
        t("chat.announce", {
          name: nameOf(newest.author_id),
          text: plain(newest.text, nameOf),
        })}
    </div>
  );
}
