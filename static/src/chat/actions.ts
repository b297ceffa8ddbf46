import { newNonce } from "../connection";
import { Refused } from "../refused";
import type { RoomContext } from "../room/context";
import {
  append,
  hold,
  type Message,
  type Pending,
  prepend,
  refresh,
  release,
  showPage,
  useChat,
} from "./store";

type Wire = Pick<RoomContext, "ask" | "send">;

/** Messages asked for at once. */
export const PAGE_SIZE = 50;
const TRIES = 6;
const PAUSE_S = 2;

/** Post a message: it is drawn at once, and given up only when trying again cannot help. */
export async function post(
  wire: Wire,
  message: Pick<Pending, "channelId" | "text" | "reply">,
): Promise<void> {
  await deliver(wire, { ...message, nonce: newNonce(), at: Date.now(), failed: null });
}

/** Send a message that could not be sent; the same key keeps it from being posted twice. */
export async function retry(wire: Wire, pending: Pending): Promise<void> {
  await deliver(wire, { ...pending, failed: null });
}

// One after the other: what was written first is also read first, whatever has to wait.
let line: Promise<void> = Promise.resolve();

function deliver(wire: Wire, pending: Pending): Promise<void> {
  const { me } = useChat.getState();
  hold(pending);
  line = line.then(() => deliverNow(wire, pending, me));
  return line;
}

async function deliverNow(wire: Wire, pending: Pending, author: string): Promise<void> {
  const { channelId: channel_id, text, reply, nonce } = pending;
  const fields = { channel_id, text, reply_to: reply?.message_id ?? null };
  for (let tries = 1; ; tries += 1) {
    try {
      await wire.send("chat.post", fields, nonce);
      release(nonce);
      return;
    } catch (reason) {
      const worthIt = reason instanceof Refused && reason.retryable && tries < TRIES;
      if (!worthIt) {
        // Another room's chat may be here by now; it is kept for when this one is entered again.
        if (useChat.getState().me === author) hold({ ...pending, failed: reason });
        return;
      }
      await pause(reason.retryAfterS ?? PAUSE_S);
    }
  }
}

function pause(seconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, seconds * 1000));
}

// What is being fetched: nothing is asked for twice at once.
const fetching = new Set<string>();

async function once(key: string, work: () => Promise<void>): Promise<void> {
  if (fetching.has(key)) return;
  fetching.add(key);
  try {
    await work();
  } finally {
    fetching.delete(key);
  }
}

/** Load the newest messages of a channel, instead of what is loaded of it. */
export function loadNewest(wire: Wire, channelId: string): Promise<void> {
  return once(`${channelId} newest`, async () => {
    const asked = { channel_id: channelId, limit: PAGE_SIZE };
    showPage(channelId, await wire.ask("chat.history", asked));
  });
}

/** Load the first messages after what one has read, instead of what is loaded of the channel. */
export function loadUnread(wire: Wire, channelId: string, readSeq: number): Promise<void> {
  return once(`${channelId} unread`, async () => {
    const asked = { channel_id: channelId, after: readSeq, limit: PAGE_SIZE };
    showPage(channelId, await wire.ask("chat.history", asked));
  });
}

/** Load a message and what is around it, unless it is loaded. */
export function loadAround(wire: Wire, channelId: string, messageId: string): Promise<void> {
  return once(`${channelId} ${messageId}`, async () => {
    const { messages = [] } = useChat.getState().windows[channelId] ?? {};
    if (messages.some(({ id }) => id === messageId)) return;
    const asked = { channel_id: channelId, around: messageId, limit: PAGE_SIZE };
    showPage(channelId, await wire.ask("chat.history", asked));
  });
}

/** Load what comes before the first loaded message. */
export function loadOlder(wire: Wire, first: Message): Promise<void> {
  return once(`${first.channel_id} older`, async () => {
    const asked = { channel_id: first.channel_id, before: first.seq, limit: PAGE_SIZE };
    prepend(first.channel_id, first, await wire.ask("chat.history", asked));
  });
}

/** Load what comes after the last loaded message. */
export function loadNewer(wire: Wire, last: Message): Promise<void> {
  return once(`${last.channel_id} newer`, async () => {
    const asked = { channel_id: last.channel_id, after: last.seq, limit: PAGE_SIZE };
    append(last.channel_id, last, await wire.ask("chat.history", asked));
  });
}

/** Read the channels and the hours again. */
export function loadOverview(wire: Wire): Promise<void> {
  return once("overview", async () => refresh(await wire.ask("chat.overview", {})));
}

/** Note that everything up to a message is read. */
export function markRead(wire: Wire, { channel_id, id }: Message): Promise<void> {
  return once(`${channel_id} read`, async () => {
    await wire.send("chat.read", { channel_id, message_id: id });
  });
}
