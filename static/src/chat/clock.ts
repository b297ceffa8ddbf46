import { useIntl } from "react-intl";
import { useText } from "../i18n/text";
import type { School } from "../room/directory";
import { useDirectory } from "../room/directory";
import { useRoomState } from "../room/store";

// Timetables and clocks on school walls count to 24, whatever the language's habit.
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

function dateIn(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone }).format(at);
}

function placesOf(schools: Readonly<Record<string, School>>, ownId: string): School[] {
  const seen = new Map<string, School>();
  const own = schools[ownId];
  for (const school of own ? [own, ...Object.values(schools)] : Object.values(schools)) {
    const name = `${school.city} ${school.time_zone}`;
    if (!seen.has(name)) seen.set(name, school);
  }
  return [...seen.values()];
}

/**
 * Return the function that writes something by the clocks of all of the room's schools.
 *
 * "09:00 (Lund) / 10:00 (Thessaloniki)", the reader's own school first, and before it the reader's
 * own time if they are elsewhere; once, without a place, where all clocks say the same. `write` is
 * given a time zone, or none for the reader's own.
 */
function useByPlace(): (write: (timeZone: string | undefined) => string) => string {
  const t = useText();
  const schools = useDirectory((state) => state.schools);
  const ownSchool = useRoomState((state) => state.you?.school_id ?? "");
  return (write) => {
    const places = placesOf(schools, ownSchool);
    const there = places.map(({ time_zone }) => write(time_zone));
    const here = write(undefined);
    if (there.every((one) => one === here)) return here;
    const all = places.map(({ city, name }, i) =>
      t("chat.hours.time_there", { time: there[i] ?? "", place: city || name }),
    );
    if (!there.includes(here)) all.unshift(t("chat.hours.time_here", { time: here }));
    return all.join(" / ");
  };
}

/** How a moment stands in a sentence: by itself ("Monday at 09:00"), or after a verb ("at 09:00"). */
type Place = "alone" | "after verb";

/** Return the function that says when something will be; on another day than today, on which. */
export function useClocks(place: Place = "alone"): (at: number) => string {
  const { formatTime, formatDate } = useIntl();
  const t = useText();
  const byPlace = useByPlace();
  return (at) => {
    const time = byPlace((timeZone) => formatTime(at, { ...CLOCK, timeZone }));
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (dateIn(at, zone) === dateIn(Date.now(), zone)) {
      return place === "alone" ? time : t("chat.hours.at", { time });
    }
    const day = formatDate(at, { weekday: "long" });
    return t(place === "alone" ? "chat.hours.day_time" : "chat.hours.on_day", { day, time });
  };
}

/** Return the function that says from when until when something lasts. */
export function useSpans(): (start: number, end: number) => string {
  const { formatTime } = useIntl();
  const t = useText();
  const byPlace = useByPlace();
  return (start, end) =>
    byPlace((timeZone) =>
      t("chat.today.from_to", {
        start: formatTime(start, { ...CLOCK, timeZone }),
        end: formatTime(end, { ...CLOCK, timeZone }),
      }),
    );
}

/** Return the function that writes a time of day in the reader's zone. */
export function useTime(): (at: number) => string {
  const { formatTime } = useIntl();
  return (at) => formatTime(at, CLOCK);
}
