import { useEffect } from "react";
import { keepOnDevice, namesOnDevice, readFromDevice } from "../device";
import { useRoom } from "../room/context";
import { retry } from "./actions";
import { type Pending, useChat } from "./store";

// Messages on their way are kept on the device: a page that is closed offline loses none of them,
// and their keys keep them from being posted twice. Each is kept by itself: two pages of the same
// member do not know of each other's.

function prefixOf(roomId: string, memberId: string): string {
  return `twinspace.chat.pending.${roomId}.${memberId}.`;
}

/** Read what a member of a room had written and not yet sent, the oldest first. */
export function readKept(roomId: string, memberId: string): readonly Pending[] {
  return namesOnDevice(prefixOf(roomId, memberId))
    .map((name) => readFromDevice<Pending>(name))
    .filter((pending): pending is Pending => pending?.nonce !== undefined)
    .sort((a, b) => a.at - b.at);
}

/** Keep what a member has written and not yet sent; nothing is left on the device once it is. */
export function keep(
  roomId: string,
  memberId: string,
  pending: readonly Pending[],
  before: readonly Pending[],
): void {
  const prefix = prefixOf(roomId, memberId);
  for (const one of pending) {
    if (!before.includes(one)) keepOnDevice(prefix + one.nonce, { ...one, failed: null });
  }
  for (const { nonce } of before) {
    if (!pending.some((one) => one.nonce === nonce)) keepOnDevice(prefix + nonce, null);
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
      if (me === memberId && pending !== before.pending) {
        keep(roomId, memberId, pending, before.pending);
      }
    });
  }, [wire, roomId, memberId]);
}
