import { useEffect } from "react";
import { useRoom } from "../room/context";
import { retry } from "./actions";
import { type Pending, useChat } from "./store";

// Messages on their way are kept on the device: a page that is closed offline loses none of them,
// and their keys keep them from being posted twice.

function keyOf(roomId: string, memberId: string): string {
  return `twinspace.chat.pending.${roomId}.${memberId}`;
}

/** Read what a member of a room had written and not yet sent. */
export function readKept(roomId: string, memberId: string): readonly Pending[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(roomId, memberId)) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return []; // storage is switched off, or holds something else
  }
}

/** Keep what a member has written and not yet sent; nothing is left on the device once it is. */
export function keep(roomId: string, memberId: string, pending: readonly Pending[]): void {
  try {
    if (pending.length === 0) localStorage.removeItem(keyOf(roomId, memberId));
    else
      localStorage.setItem(
        keyOf(roomId, memberId),
        JSON.stringify(pending.map((one) => ({ ...one, failed: null }))),
      );
  } catch {
    // Storage is switched off or full: it holds until the page is left.
  }
}

/** Send what was left on the way when the page was last closed, and keep what is from now on. */
export function useKept(): void {
  const wire = useRoom();
  const roomId = wire.connection.roomId;
  const { member_id: memberId } = wire.you;
  useEffect(() => {
    for (const pending of readKept(roomId, memberId)) {
      const isThere = useChat.getState().pending.some(({ nonce }) => nonce === pending.nonce);
      if (!isThere) void retry(wire, pending);
    }
    return useChat.subscribe(({ me, pending }, before) => {
      if (me === memberId && pending !== before.pending) keep(roomId, memberId, pending);
    });
  }, [wire, roomId, memberId]);
}
