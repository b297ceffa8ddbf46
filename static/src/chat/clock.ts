import { useIntl } from "react-intl";
import { useText } from "../i18n/text";
import type { School } from "../room/directory";
import { useDirectory } from "../room/directory";

function dateIn(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone }).format(at);
}

function placesOf(schools: Readonly<Record<string, School>>): School[] {
  const seen = new Map<string, School>();
  for (const school of Object.values(schools)) {
    const name = `${school.city} ${school.time_zone}`;
    if (!seen.has(name)) seen.set(name, school);
  }
  return [...seen.values()];
}

/**
 * Return the function that says when something will be, by the clocks of all of the room's schools.
 *
 * "09:00 (Lund) / 10:00 (Thessaloniki)"; one time alone where all clocks say the same, and the day
 * before it unless it is today.
 */
export function useClocks(): (at: number) => string {
  const { formatTime, formatDate } = useIntl();
  const t = useText();
  const schools = useDirectory((state) => state.schools);
  return (at) => {
    const clock = { hour: "2-digit", minute: "2-digit" } as const;
    const places = placesOf(schools);
    const times = places.map(({ time_zone: timeZone }) => formatTime(at, { ...clock, timeZone }));
    const here = formatTime(at, clock);
    const time = times.every((one) => one === here)
      ? here
      : places
          .map(({ city, name }, i) =>
            t("chat.hours.time_there", { time: times[i] ?? "", place: city || name }),
          )
          .join(" / ");
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (dateIn(at, zone) === dateIn(Date.now(), zone)) return time;
    return t("chat.hours.day_time", { day: formatDate(at, { weekday: "long" }), time });
  };
}

/** Return the function that writes a time of day in the reader's zone. */
export function useTime(): (at: number) => string {
  const { formatTime } = useIntl();
  return (at) => formatTime(at, { hour: "2-digit", minute: "2-digit" });
}
