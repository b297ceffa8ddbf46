import { CircleAlert, CircleCheck, Clock, Info } from "lucide-react";
import type { ReactNode } from "react";
import style from "./banner.module.css";
import tones from "./tones.module.css";

export type Tone = "calm" | "good" | "wait" | "bad";

const ICONS = { calm: Info, good: CircleCheck, wait: Clock, bad: CircleAlert };

/** Say something about the page: what happened, what is safe, what to do. Read out politely. */
export function Banner({
  tone = "calm",
  action,
  isEdge,
  children,
}: {
  tone?: Tone;
  /** A button, at the end. */
  action?: ReactNode;
  /** Whether it runs from edge to edge of what it stands in. */
  isEdge?: boolean;
  children: ReactNode;
}) {
  const Icon = ICONS[tone];
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className={[style.banner, tones[tone], isEdge && style.edge].filter(Boolean).join(" ")}
    >
      <Icon aria-hidden size={20} />
      <div className={style.text}>{children}</div>
      {action}
    </div>
  );
}
