import { Check, CloudOff, Hourglass, LoaderCircle, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useText } from "../i18n/text";
import type { Tone } from "./banner";
import style from "./marks.module.css";
import tones from "./tones.module.css";

/** Count what a person has not read; draws nothing at 0. */
export function UnreadMark({ count }: { count: number }) {
  const t = useText();
  if (count <= 0) return null;
  return (
    <span className={style.unread}>
      <span aria-hidden>{count > 99 ? "99+" : count}</span>
      <span className="unseen">{t("ui.unread", { count })}</span>
    </span>
  );
}

/** Name a state in a word or two. */
export function Badge({ tone = "calm", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`${style.badge} ${tones[tone]}`}>{children}</span>;
}

/** Say what an empty place is for, and offer the one thing to do. */
export function EmptyState({
  icon: Icon,
  title,
  isPage,
  children,
  action,
}: {
  icon: LucideIcon;
  title: string;
  /** Whether it is all of a page, and its title the page's. */
  isPage?: boolean;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={style.empty}>
      <span className={style.emptyIcon}>
        <Icon aria-hidden size={32} strokeWidth={1.75} />
      </span>
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** Keep the place of what is loading, in its final shape. Sizes are CSS lengths. */
export function Skeleton({ width = "100%", height = "1em" }: { width?: string; height?: string }) {
  return <span aria-hidden className={style.skeleton} style={{ width, height }} />;
}

/** Keep the place of a list that is loading, and tell screen readers so. */
export function SkeletonList({ rows = 5 }: { rows?: number }) {
  const t = useText();
  return (
    <div role="status">
      <span className="unseen">{t("ui.loading")}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move
        <div key={row} style={{ padding: "0.75rem 0" }}>
          <Skeleton width={`${80 - ((row * 17) % 40)}%`} height="1.25rem" />
        </div>
      ))}
    </div>
  );
}

/** `late` and `offline` mean that something is not on the server yet. */
export type SavedState = "saved" | "saving" | "late" | "offline";

const SAVED_ICONS = { saved: Check, saving: LoaderCircle, late: Hourglass, offline: CloudOff };

/** Tell an age as the signs do: in whole minutes, or below one in seconds. */
export function age(seconds: number): { seconds: number; minutes: number } {
  return { seconds, minutes: Math.floor(seconds / 60) };
}

/** Tell whether what was written is kept by the server; `seconds` is how long it has not been. */
export function SavedSign({ state, seconds = 0 }: { state: SavedState; seconds?: number }) {
  const t = useText();
  const Icon = SAVED_ICONS[state];
  return (
    <span className={style.saved} data-state={state} data-testid="saved-sign">
      <Icon aria-hidden size={18} />
      <span aria-hidden className={style.savedWords}>
        {t(`ui.saved.${state}`, age(seconds))}
      </span>
      {(state === "late" || state === "offline") && (
        <span aria-hidden className={style.savedShort}>
          {t(`ui.saved.${state}_short`)}
        </span>
      )}
      {/* Read out when the state changes, not at every second. */}
      <span role="status" className="unseen">
        {state === "late" ? t("ui.saved.late_unseen") : t(`ui.saved.${state}`, age(0))}
      </span>
    </span>
  );
}
