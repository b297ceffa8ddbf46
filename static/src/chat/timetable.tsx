import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useIntl } from "react-intl";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { type School, useDirectory } from "../room/directory";
import { Button, IconButton } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Select, TextField } from "../ui/field";
import style from "./chat.module.css";
import { type Hours, useChat } from "./store";

type Weekday = "0" | "1" | "2" | "3" | "4" | "5" | "6";
const WEEK: readonly Weekday[] = ["0", "1", "2", "3", "4", "5", "6"];
const A_MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const DAY_MINUTES = 1440;
const SLOTS_MAX = 50;

interface Row {
  key: number;
  weekday: Weekday;
  start: string;
  end: string;
}

function clock(minutes: number): string {
  const [hour, minute] = [Math.floor(minutes / 60) % 24, minutes % 60];
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

function minutesOf(text: string): number {
  const [hour = "0", minute = "0"] = text.split(":");
  return Number(hour) * 60 + Number(minute);
}

interface Week {
  timeZone: string;
  rows: Row[];
}

function weekOf(hours: Hours | null, ownZone: string): Week {
  const rows = (hours?.slots ?? []).map(({ weekday, start, end }, key) => ({
    key,
    weekday: WEEK[weekday] ?? "0",
    start: clock(start),
    end: clock(end),
  }));
  return { timeZone: hours?.time_zone || ownZone || "UTC", rows };
}

/** Return the function that tells the week which the server knows. */
function useWeek(): () => Week {
  const { you } = useRoom();
  const hours = useChat((state) => state.hours);
  const own = useDirectory((state) => state.schools[you.school_id]?.time_zone ?? "");
  return () => weekOf(hours, own);
}

function zonesOf(schools: Readonly<Record<string, School>>, chosen: string) {
  const cities = new Map<string, string>();
  if (chosen) cities.set(chosen, "");
  for (const { time_zone, city } of Object.values(schools)) cities.set(time_zone, city);
  return [...cities].map(([id, city]) => ({ id, text: city ? `${city} (${id})` : id }));
}

/** Let a teacher write the week in which pupils may chat. */
export function TimetableDialog(opening: {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}) {
  const t = useText();
  const { send } = useRoom();
  const known = useWeek();
  const [plan, setPlan] = useState<Week | null>(null);

  async function save() {
    // Left as it is it is saved as well: from then on the timetable decides.
    const { timeZone, rows } = plan ?? known();
    await send("chat.set_timetable", {
      time_zone: timeZone,
      slots: rows.map(({ weekday, start, end }) => ({
        weekday: Number(weekday),
        start: minutesOf(start),
        end: minutesOf(end) || DAY_MINUTES, // midnight ends a day
      })),
    });
  }

  return (
    <FormDialog
      isOpen={opening.isOpen}
      onOpenChange={(isOpen) => {
        setPlan(null); // what was cancelled is not saved the next time
        opening.onOpenChange(isOpen);
      }}
      isLarge
      title={t("chat.timetable")}
      action={t("ui.save")}
      onSubmit={save}
    >
      <Plan onChange={setPlan} />
    </FormDialog>
  );
}

function Plan({ onChange }: { onChange: (plan: Week) => void }) {
  const t = useText();
  const { formatDate } = useIntl();
  const schools = useDirectory((state) => state.schools);
  const [{ timeZone, rows }, setWeek] = useState(useWeek());
  const days = WEEK.map((id, i) => ({
    id,
    text: formatDate(A_MONDAY + i * DAY_MS, { weekday: "long", timeZone: "UTC" }),
  }));

  function change(next: Row[], zone = timeZone) {
    const week = { timeZone: zone, rows: next };
    setWeek(week);
    onChange(week);
  }

  function changeRow(key: number, part: Partial<Row>) {
    change(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  }

  function add() {
    const last = rows.at(-1);
    const key = Math.max(-1, ...rows.map((row) => row.key)) + 1;
    const weekday = WEEK[(WEEK.indexOf(last?.weekday ?? "6") + 1) % WEEK.length] ?? "0";
    const times = { start: last?.start ?? "09:00", end: last?.end ?? "10:00" };
    change([...rows, { key, weekday, ...times }]);
  }

  return (
    <>
      <p className={style.hint}>{t("chat.timetable.hint")}</p>
      <Select
        label={t("chat.timetable.zone")}
        value={timeZone}
        onChange={(zone: string) => change(rows, zone)}
        options={zonesOf(schools, timeZone)}
      />
      <ul className={style.slots}>
        {rows.map((row) => (
          <li key={row.key} className={style.slot}>
            <div className={style.slotDay}>
              <Select
                label={t("chat.timetable.day")}
                value={row.weekday}
                onChange={(weekday: Weekday) => changeRow(row.key, { weekday })}
                options={days}
              />
            </div>
            <TextField
              label={t("chat.timetable.from")}
              type="time"
              isRequired
              value={row.start}
              onChange={(start) => changeRow(row.key, { start })}
            />
            <TextField
              label={t("chat.timetable.to")}
              type="time"
              isRequired
              value={row.end}
              onChange={(end) => changeRow(row.key, { end })}
            />
            <IconButton
              icon={Trash2}
              label={t("chat.timetable.remove")}
              onPress={() => change(rows.filter(({ key }) => key !== row.key))}
            />
          </li>
        ))}
      </ul>
      <div>
        <Button icon={Plus} isDisabled={rows.length >= SLOTS_MAX} onPress={add}>
          {t("chat.timetable.add")}
        </Button>
      </div>
    </>
  );
}
