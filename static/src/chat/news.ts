import { useEffect, useState } from "react";
import { useConnection } from "../connection";
import { useText } from "../i18n/text";
import type { Mention } from "../protocol";
import { useRoom } from "../room/context";
import type { News } from "../room/tool";
import type { StoredPush } from "./changes";
import { useChannelName, useNameOf } from "./channels";
import { useChat } from "./store";
import { mentions } from "./text";

/** List who mentioned this person after `since`: each once in a channel, with the way there. */
export function useNews(since: number): readonly News[] {
  const t = useText();
  const { href } = useRoom();
  const nameOf = useNameOf();
  const channelName = useChannelName();
  const channels = useChat((state) => state.channels);
  const found = useMentions(since).filter(({ channel_id }) =>
    channels.some(({ id }) => id === channel_id),
  );
  return together(found).map(({ newest, count }) => ({
    id: `chat-${newest.message_id}`,
    at: newest.at,
    memberId: newest.author_id,
    text: t("chat.news.mentioned", {
      name: nameOf(newest.author_id),
      channel: channelName(newest.channel_id),
      count,
    }),
    href: href(`chat/${newest.channel_id}/${newest.message_id}`),
  }));
}

/** Put together what one person wrote in one channel; `found` is newest first, and so it stays. */
export function together(found: readonly Mention[]): { newest: Mention; count: number }[] {
  const lines = new Map<string, { newest: Mention; count: number }>();
  for (const one of found) {
    const key = `${one.channel_id} ${one.author_id}`;
    const line = lines.get(key);
    if (line) line.count += 1;
    else lines.set(key, { newest: one, count: 1 });
  }
  return [...lines.values()];
}

/** Tell whether a push may change by whom `me` is mentioned. */
export function touches(push: StoredPush, me: string): boolean {
  switch (push.type) {
    case "chat.posted":
      return push.author_id !== me && mentions(push.text, me);
    case "chat.edited": // it may have mentioned me before
    case "chat.deleted":
      return push.author_id !== me;
    default:
      return false;
  }
}

/** Ask who mentions this person, and again when that may have changed or the line was cut. */
function useMentions(since: number): readonly Mention[] {
  const { ask } = useRoom();
  const isOpen = useConnection(({ status }) => status === "open");
  const seen = useChat(({ channels }) => channels.map(({ id }) => id).join(" "));
  const touched = useChat(({ recent, me }) => recent.findLast((push) => touches(push, me))?.seq);
  const [found, setFound] = useState<readonly Mention[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is seen and touched is asked for
  useEffect(() => {
    if (!isOpen) return;
    let isWanted = true;
    ask("chat.mentions", { since }).then(
      (reply) => isWanted && setFound(reply.mentions),
      () => {}, // what is known already stays
    );
    return () => {
      isWanted = false;
    };
  }, [ask, isOpen, since, seen, touched]);
  return found;
}
