import { ArrowDown, CloudOff, MessagesSquare } from "lucide-react";
import {
  type KeyboardEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { useConnection } from "../connection";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { Button } from "../ui/button";
import { EmptyState, SkeletonList } from "../ui/marks";
import { toast } from "../ui/toast";
import { loadAround, loadNewer, loadNewest, loadOlder, loadUnread, PAGE_SIZE } from "./actions";
import style from "./chat.module.css";
import { useMayWrite } from "./hours";
import { Lines } from "./lines";
import { PendingLine } from "./pending";
import { Announcer, useReading } from "./reading";
import { type Message, useChannel, useChat } from "./store";

/** Nearer than this to an end of what is loaded, more is fetched. */
const NEAR_PX = 400;
/** Nearer than this to the newest message, one counts as reading it. */
const AT_END_PX = 60;

/**
 * Show a channel's messages.
 *
 * Scrolling to an end loads more without moving what is read; at the newest message the view stays
 * with it as others come. `targetId` names a message to go to.
 */
export function MessageList({
  channelId,
  targetId,
  onJump,
}: {
  channelId: string;
  targetId: string | null;
  onJump: (messageId: string) => void;
}) {
  const t = useText();
  const wire = useRoom();
  const errorText = useErrorText();
  const window = useChat((state) => state.windows[channelId]);
  const pending = useChat((state) => state.pending).filter((one) => one.channelId === channelId);
  const channel = useChannel(channelId);
  const mayWrite = useMayWrite(channelId);
  const isCut = useConnection(({ status }) => status === "waiting");
  // Where the unread began when one came; it stays there while one reads.
  const [unreadFrom] = useState(() => (channel && channel.unread > 0 ? channel.read_seq : null));
  const unreadCount = useRef(channel?.unread ?? 0);
  const [missing, setMissing] = useState<string | null>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const [active, setActive] = useState<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const shown = useRef({ first: "", height: 0, target: "" });
  const stays = useRef(targetId === null);

  const isLoaded = window !== undefined;
  const hasTarget = window?.messages.some(({ id }) => id === targetId) ?? false;
  const isSought = targetId !== null && targetId !== missing && !hasTarget;
  useEffect(() => {
    if (isSought) {
      loadAround(wire, channelId, targetId).catch((reason: unknown) => {
        toast(errorText(reason));
        setMissing(targetId);
      });
    } else if (!isLoaded) {
      const isMuch = unreadFrom !== null && unreadCount.current > PAGE_SIZE;
      const loading = isMuch
        ? loadUnread(wire, channelId, unreadFrom)
        : loadNewest(wire, channelId);
      loading.catch((reason: unknown) => toast(errorText(reason)));
    }
  }, [wire, channelId, targetId, isSought, isLoaded, unreadFrom, errorText]);

  const look = useCallback(() => {
    const area = box.current;
    if (!area || !window) return;
    const below = area.scrollHeight - area.scrollTop - area.clientHeight;
    const atEnd = !window.moreAfter && below < AT_END_PX;
    stays.current = atEnd;
    setAtEnd(atEnd);
    const [first, last] = [window.messages[0], window.messages.at(-1)];
    const nothing = () => {}; // the next scroll tries again
    if (first && window.moreBefore && area.scrollTop < NEAR_PX)
      loadOlder(wire, first).catch(nothing);
    if (last && window.moreAfter && below < NEAR_PX) loadNewer(wire, last).catch(nothing);
  }, [window, wire]);

  // Before the browser draws: what was being read stays where it was.
  const firstId = window?.messages[0]?.id ?? "";
  const pendingCount = pending.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them changes the height
  useLayoutEffect(() => {
    const area = box.current;
    if (!area || !firstId) return;
    const before = shown.current;
    const target = targetId && hasTarget ? targetId : "";
    if (target && before.target !== target) {
      goTo(area, target);
      stays.current = false;
    } else if (!before.first && unreadFrom !== null && !targetId) {
      const line = area.querySelector("[data-unread]");
      if (line) line.scrollIntoView({ block: "center" });
      else area.scrollTop = area.scrollHeight;
    } else if (stays.current) {
      area.scrollTop = area.scrollHeight;
    } else if (before.first && before.first !== firstId && isIn(window?.messages, before.first)) {
      area.scrollTop += area.scrollHeight - before.height;
    }
    shown.current = { first: firstId, height: area.scrollHeight, target };
    look();
  }, [window, pendingCount, firstId, targetId, hasTarget]);

  // A phone's keyboard takes height away: the newest message stays in sight.
  useEffect(() => {
    const area = box.current;
    if (!area || !isLoaded) return;
    const observer = new ResizeObserver(() => {
      if (stays.current) area.scrollTop = area.scrollHeight;
    });
    observer.observe(area);
    return () => observer.disconnect();
  }, [isLoaded]);

  useReading(channelId, isAtEnd && !(window?.moreAfter ?? true));

  function toEnd() {
    stays.current = true;
    if (window?.moreAfter) void loadNewest(wire, channelId).catch(() => {});
    else if (box.current) box.current.scrollTop = box.current.scrollHeight;
    setAtEnd(true);
  }

  function activate({ target }: { target: EventTarget }) {
    const line = target instanceof Element && target.closest<HTMLElement>("[data-message]");
    if (line) setActive(line.dataset.message ?? null);
  }

  function jump(messageId: string) {
    if (messageId === targetId && box.current) goTo(box.current, messageId);
    else onJump(messageId);
  }

  // One's own new message is where one looks next.
  const newest = pending.at(-1)?.nonce;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new message of one's own counts
  useEffect(() => {
    if (newest) toEnd();
  }, [newest]);

  if (!window) {
    return (
      <div className={style.list}>
        {isCut ? (
          <EmptyState icon={CloudOff} title={t("chat.not_here.title")}>
            {t("chat.not_here.text")}
          </EmptyState>
        ) : (
          <SkeletonList rows={6} />
        )}
      </div>
    );
  }
  const unread = channel?.unread ?? 0;
  return (
    <div className={style.listFrame} tabIndex={-1}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys go from message to message */}
      <div
        ref={box}
        className={style.list}
        onScroll={look}
        onKeyDown={walk}
        // Whoever points goes by the pointer: a focus that merely was kept leads nowhere.
        onFocus={(event) => event.target.matches(":focus-visible") && activate(event)}
        onPointerOver={activate}
        data-testid="messages"
      >
        {window.messages.length === 0 && pending.length === 0 && (
          <EmptyState icon={MessagesSquare} title={t("chat.empty")}>
            {mayWrite && t("chat.empty.hint")}
          </EmptyState>
        )}
        <Lines
          messages={window.messages}
          unreadFrom={unreadFrom}
          activeId={isIn(window.messages, active) ? active : (window.messages.at(-1)?.id ?? null)}
          targetId={targetId}
          onJump={jump}
        />
        {!window.moreAfter && pending.map((one) => <PendingLine key={one.nonce} pending={one} />)}
      </div>
      {!isAtEnd && (
        <div className={style.toEnd}>
          <Button
            icon={ArrowDown}
            onPress={() => {
              setActive(null); // the Tab key goes on from the newest
              toEnd();
            }}
          >
            {unread > 0 ? t("chat.new", { count: unread }) : t("chat.to_end")}
          </Button>
        </div>
      )}
      <Announcer channelId={channelId} />
    </div>
  );
}

function goTo(area: HTMLElement, messageId: string): void {
  const line = area.querySelector<HTMLElement>(`[data-message="${messageId}"]`);
  line?.scrollIntoView({ block: "center" });
  line?.focus({ preventScroll: true });
}

function isIn(messages: readonly Message[] | undefined, id: string | null): boolean {
  return messages?.some((message) => message.id === id) ?? false;
}

/** Go from message to message with the arrow keys, and to the ends with Home and End. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const here = document.activeElement?.closest("[data-message]");
  if (!here || document.activeElement !== here) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-message]")];
  const at = all.indexOf(here as HTMLElement);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[to]?.focus();
}
