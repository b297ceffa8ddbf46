import { useEffect } from "react";
import { useText } from "../i18n/text";
import { isTeacher, useRoom } from "../room/context";
import { useRoomState } from "../room/store";
import { useNow } from "../ui/time";
import { loadOverview } from "./actions";
import { STAFF_ROOM } from "./channels";
import { useClocks } from "./clock";
import { useChat } from "./store";

const LOOK_MS = 1_000;
/** All browsers turn at the same moment; they ask for what comes next over some seconds. */
const SPREAD_MS = 5_000;

/** Return whether pupils may write now, and when that turns, by the server's clock. */
export function useOpen(): { isOpen: boolean; changesAt: number | null } {
  const wire = useRoom();
  const hours = useChat((state) => state.hours);
  const ahead = useRoomState((state) => state.clockAheadMs);
  const changesAt = hours?.changes_at ?? null;
  const now = useNow(changesAt === null ? null : LOOK_MS) + ahead;
  const isPast = changesAt !== null && now >= changesAt;
  useEffect(() => {
    if (!isPast) return;
    const timer = setTimeout(
      () => void loadOverview(wire).catch(() => {}), // the next welcome brings it as well
      Math.random() * SPREAD_MS,
    );
    return () => clearTimeout(timer);
  }, [isPast, wire]);
  if (!hours) return { isOpen: false, changesAt: null };
  return isPast
    ? { isOpen: !hours.open, changesAt: null }
    : { isOpen: hours.open, changesAt: changesAt === null ? null : changesAt - ahead };
}

/** Return whether this person may write in a channel now. */
export function useMayWrite(channelId: string): boolean {
  const { you } = useRoom();
  const state = useRoomState(({ room }) => room?.state);
  const { isOpen } = useOpen();
  if (state !== "open" || you.role === "moderator") return false;
  return isOpen || isTeacher(you.role) || channelId === STAFF_ROOM;
}

/** Say whether the chat is open for pupils, and until when. */
export function useHoursSentence(): string {
  const t = useText();
  const clock = useClocks();
  const clockAfterVerb = useClocks("after verb");
  const { isOpen, changesAt } = useOpen();
  if (changesAt === null) return t(isOpen ? "chat.hours.open" : "chat.hours.closed");
  return isOpen
    ? t("chat.hours.open_until", { time: clock(changesAt) })
    : t("chat.hours.opens_at", { time: clockAfterVerb(changesAt) });
}
