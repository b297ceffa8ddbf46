import { Lock } from "lucide-react";
import { useConnection } from "../connection";
import { useText } from "../i18n/text";
import { isTeacher, useRoom } from "../room/context";
import { useRoomState } from "../room/store";
import { useNow } from "../ui/time";
import { STAFF_ROOM, useNameOf } from "./channels";
import style from "./chat.module.css";
import { Composer } from "./composer";
import { useHoursSentence, useMayWrite, useOpen } from "./hours";
import { MessageList } from "./list";
import { useChat } from "./store";

/** Show a channel: what was written, who is writing, and where to write. */
export function ChannelBody({
  channelId,
  targetId,
  onJump,
}: {
  channelId: string;
  targetId: string | null;
  onJump: (messageId: string) => void;
}) {
  const mayWrite = useMayWrite(channelId);
  return (
    <div className={style.channel}>
      <MessageList key={channelId} channelId={channelId} targetId={targetId} onJump={onJump} />
      {/* Where the focus goes when the chat closes while one writes. */}
      <div className={style.foot} tabIndex={-1}>
        <TypingLine channelId={channelId} />
        <HoursLine channelId={channelId} />
        {mayWrite && <Composer key={channelId} channelId={channelId} />}
      </div>
    </div>
  );
}

/** Say when pupils may write, to whom it matters in this channel. */
function HoursLine({ channelId }: { channelId: string }) {
  const t = useText();
  const { you } = useRoom();
  const roomState = useRoomState(({ room }) => room?.state);
  const sentence = useHoursSentence();
  const { isOpen } = useOpen();
  if (channelId === STAFF_ROOM || roomState !== "open") return null;
  const isForPupil = !isTeacher(you.role);
  // It is there before its words are, or they would not be read out.
  return (
    <div role="status">
      {!isOpen && (
        <p className={style.closed}>
          <Lock aria-hidden size={18} />
          <span>
            {sentence}
            {isForPupil ? ` ${t("chat.hours.read_on")}` : ` ${t("chat.hours.teachers_write")}`}
          </span>
        </p>
      )}
    </div>
  );
}

const NOBODY: Readonly<Record<string, number>> = {};

function TypingLine({ channelId }: { channelId: string }) {
  const t = useText();
  const nameOf = useNameOf();
  const me = useChat((state) => state.me);
  const typing = useChat((state) => state.typing[channelId] ?? NOBODY);
  const isOpen = useConnection((state) => state.status === "open");
  const now = useNow(Object.keys(typing).length > 0 ? 1_000 : null);
  const names = Object.entries(typing)
    .filter(([id, until]) => id !== me && until > now)
    .map(([id]) => nameOf(id));
  const [first = "", second = ""] = names;
  const count = isOpen ? names.length : 0;
  return (
    <div className={style.typing}>
      {count > 0 && (
        <>
          <span aria-hidden className={style.dots}>
            <i />
            <i />
            <i />
          </span>
          {t("chat.typing", { count, first, second })}
        </>
      )}
    </div>
  );
}
