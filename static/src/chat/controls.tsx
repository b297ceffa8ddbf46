import { CalendarClock, Lock, LockOpen } from "lucide-react";
import { useState } from "react";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { isTeacher, useRoom } from "../room/context";
import { useRoomState } from "../room/store";
import { Button } from "../ui/button";
import { Select } from "../ui/field";
import { Badge } from "../ui/marks";
import { Panel } from "../ui/menu";
import { toast } from "../ui/toast";
import style from "./chat.module.css";
import { useHoursSentence, useOpen } from "./hours";
import { useChat } from "./store";
import { TimetableDialog } from "./timetable";

const MINUTE_MS = 60_000;
const SPANS = ["notice", "15", "45", "90", "today"] as const;
type Span = (typeof SPANS)[number];

function endOf(span: Span, now: number): number | null {
  if (span === "notice") return null;
  if (span === "today") return new Date(now).setHours(24, 0, 0, 0);
  return now + Number(span) * MINUTE_MS;
}

/** Say whether pupils may write; let a teacher decide it. */
export function HoursControl({ isSmall }: { isSmall: boolean }) {
  const t = useText();
  const { you } = useRoom();
  const { isOpen, changesAt } = useOpen();
  const sentence = useHoursSentence();
  const roomState = useRoomState(({ room }) => room?.state);
  const [isEditing, setEditing] = useState(false);
  if (!isTeacher(you.role) || roomState !== "open") {
    return isOpen && changesAt !== null ? <Badge tone="good">{sentence}</Badge> : null;
  }
  return (
    <>
      <Panel
        label={t("chat.hours")}
        placement="bottom end"
        button={
          <Button variant="quiet" icon={isOpen ? LockOpen : Lock}>
            {t(`chat.hours.is_${isOpen ? "open" : "closed"}${isSmall ? "_short" : ""}`)}
          </Button>
        }
      >
        {(close) => (
          <Decide
            close={close}
            onTimetable={() => {
              close();
              setEditing(true);
            }}
          />
        )}
      </Panel>
      <TimetableDialog isOpen={isEditing} onOpenChange={setEditing} />
    </>
  );
}

function Decide({ close, onTimetable }: { close: () => void; onTimetable: () => void }) {
  const t = useText();
  const { send } = useRoom();
  const errorText = useErrorText();
  const hours = useChat((state) => state.hours);
  const ahead = useRoomState((state) => state.clockAheadMs);
  const { isOpen } = useOpen();
  const sentence = useHoursSentence();
  const [span, setSpan] = useState<Span>("notice");
  const hasTimetable = (hours?.slots.length ?? 0) > 0;

  function decide(asked: Promise<unknown>) {
    asked.then(close, (reason: unknown) => toast(errorText(reason)));
  }

  function turn() {
    const until = endOf(span, Date.now() + ahead);
    decide(isOpen ? send("chat.close", { until }) : send("chat.open", { until }));
  }

  function follow() {
    if (!hours) return;
    const { time_zone, slots } = hours;
    decide(send("chat.set_timetable", { time_zone, slots }));
  }

  return (
    <div className={style.decide}>
      <p className={style.decideNow}>
        {isOpen ? <LockOpen aria-hidden size={20} /> : <Lock aria-hidden size={20} />}
        <strong>{sentence}</strong>
      </p>
      <Select
        label={t("chat.hours.how_long")}
        value={span}
        onChange={setSpan}
        options={SPANS.map((id) => ({ id, text: t(`chat.hours.span.${id}`) }))}
      />
      <Button variant="primary" wide icon={isOpen ? Lock : LockOpen} onPress={turn}>
        {t(isOpen ? "chat.hours.close" : "chat.hours.do_open")}
      </Button>
      {hasTimetable && hours?.by_hand && (
        <Button wide onPress={follow}>
          {t("chat.hours.follow")}
        </Button>
      )}
      <Button variant="quiet" wide icon={CalendarClock} onPress={onTimetable}>
        {t("chat.timetable")}
      </Button>
    </div>
  );
}
