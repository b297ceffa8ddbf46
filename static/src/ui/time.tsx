import { useEffect, useState } from "react";
import { useIntl } from "react-intl";
import { useText } from "../i18n/text";
import style from "./marks.module.css";

const DAY_MS = 86_400_000;

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Say on which day `at` was, as people do: today, yesterday, a weekday, a date. */
export function useDayName(): (at: number) => string {
  const { formatDate } = useIntl();
  const t = useText();
  return (at) => {
    const days = Math.round((startOfDay(Date.now()) - startOfDay(at)) / DAY_MS);
    if (days === 0) return t("ui.today");
    if (days === 1) return t("ui.yesterday");
    if (days > 1 && days < 7) return formatDate(at, { weekday: "long" });
    const thisYear = new Date(at).getFullYear() === new Date().getFullYear();
    return formatDate(at, {
      day: "numeric",
      month: "long",
      ...(thisYear ? {} : { year: "numeric" }),
    });
  };
}

/**
 * Show a moment in the reader's zone.
 *
 * `short` shows the time today and the day before that; the whole moment is in its title.
 */
export function DateTime({ at, short }: { at: number; short?: boolean }) {
  const { formatDate, formatTime } = useIntl();
  const t = useText();
  const dayName = useDayName();
  const time = formatTime(at, { hour: "2-digit", minute: "2-digit" });
  const isToday = startOfDay(at) === startOfDay(Date.now());
  const text = short
    ? isToday
      ? time
      : dayName(at)
    : t("ui.day_and_time", { day: dayName(at), time });
  return (
    <time
      className={style.time}
      dateTime={new Date(at).toISOString()}
      title={formatDate(at, { dateStyle: "full", timeStyle: "short" })}
    >
      {text}
    </time>
  );
}

/** Return the time, in milliseconds, drawn anew every `everyMs`; still while that is null. */
export function useNow(everyMs: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (everyMs === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
