import { useEffect } from "react";
import { useText } from "../i18n/text";
import { isTeacher, useRoom } from "../room/context";
import { useRoomState } from "../room/store";
import { loadOverview } from "./actions";
import { STAFF_ROOM } from "./channels";
import { useClocks } from "./clock";
import { turn, useChat } from "./store";

/** All browsers turn at the same moment; they ask for what comes next over some seconds. */
const SPREAD_MS = 5_000;
/** The longest that a browser's timer can wait: 24 days, beyond which no page stays open. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Turn the chat open or closed when its time comes by the server's clock, and ask what is next. */
export function useTurning(): void {
  const wire = useRoom();
  const changesAt = useChat((state) => state.hours?.changes_at ?? null);
  const isTurned = useChat((state) => state.isTurned);
  const ahead = useRoomState((state) => state.clockAheadMs);
  useEffect(() => {
    if (changesAt === null) return;
    const wait = Math.max(changesAt - ahead - Date.now(), 0);
    if (wait > TIMER_MAX_MS) return;
    const timer = setTimeout(() => turn(changesAt), wait);
    return () => clearTimeout(timer);
  }, [changesAt, ahead]);
  useEffect(() => {
    if (!isTurned) return;
    const timer = setTimeout(
      () => void loadOverview(wire).catch(() => {}), // the next welcome brings it as well
      Math.random() * SPREAD_MS,
    );
    return () => clearTimeout(timer);
  }, [isTurned, wire]);
}

/** Return whether pupils may write now, and when that turns by this device's clock. */
export function useOpen(): { isOpen: boolean; changesAt: number | null } {
  const hours = useChat((state) => state.hours);
  const ahead = useRoomState((state) => state.clockAheadMs);
  const changesAt = hours?.changes_at ?? null;
  return {
    isOpen: hours?.open ?? false,
    changesAt: changesAt === null ? null : changesAt - ahead,
  };
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
