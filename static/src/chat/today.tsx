import { Part } from "../home/view";
import { useText } from "../i18n/text";
import style from "./chat.module.css";
import { useClocks, useSpans } from "./clock";
import { useChat } from "./store";

/** List when the chat is open today, for the room's home. */
export default function ChatToday() {
  const t = useText();
  const clocks = useClocks();
  const spans = useSpans();
  const clocksAfterVerb = useClocks("after verb");
  const openings = useChat((state) => state.hours?.openings);
  const now = Date.now();
  const midnight = new Date(now).setHours(24, 0, 0, 0);
  if (!openings) return null;
  const today = openings.filter(
    ({ start, end }) => (start ?? 0) < midnight && (end === null || end > now),
  );
  if (today.length === 0) {
    return (
      <Part title={t("chat.today")}>
        <p className={style.hint}>{t("chat.today.no_more")}</p>
      </Part>
    );
  }
  return (
    <Part title={t("chat.today")}>
      <ul className={style.today}>
        {today.map(({ start, end }) => (
          <li key={start ?? 0}>{sentence(start, end)}</li>
        ))}
      </ul>
    </Part>
  );

  function sentence(start: number | null, end: number | null): string {
    if (start === null && end === null) return t("chat.hours.open");
    if (start === null) return t("chat.hours.open_until", { time: clocks(end ?? 0) });
    if (end === null) return t("chat.hours.opens_at", { time: clocksAfterVerb(start) });
    return spans(start, end);
  }
}
