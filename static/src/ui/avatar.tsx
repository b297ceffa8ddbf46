import { useId } from "react";
import style from "./avatar.module.css";
import { coloursOf, type Pattern } from "./colours";
import { drawing } from "./creatures";

const PATTERN_SHAPES: Record<Pattern, string | null> = {
  plain: null,
  dots: "M3 3m-1.6 0a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0 -3.2 0",
  stripes: "M-1 5L5 -1L7 1L1 7z",
  waves: "M0 3q2 -3 4 0t4 0v2q-2 3 -4 0t-4 0z",
};

interface Person {
  creature: string;
  tint: number;
}

/**
 * Draw a person: their creature on their school's hue, in their own tint and pattern.
 *
 * It says nothing to screen readers: the name stands beside it, or in the `aria-label` of what it
 * is in.
 */
export function Avatar({
  person,
  hue,
  size = 36,
  isHere,
}: {
  person: Person;
  /** The school's hue. */
  hue: number;
  /** In pixels. */
  size?: number;
  /** Whether to mark them as here now. */
  isHere?: boolean;
}) {
  const id = useId();
  const { fill, shade, pattern } = coloursOf(hue, person.tint);
  const shape = PATTERN_SHAPES[pattern];
  return (
    <span className={style.avatar}>
      <svg aria-hidden width={size} height={size} viewBox="0 0 48 48">
        {shape && (
          <pattern id={id} width="8" height="6" patternUnits="userSpaceOnUse">
            <path d={shape} fill={shade} />
          </pattern>
        )}
        <circle cx="24" cy="24" r="24" fill={fill} />
        {shape && <circle cx="24" cy="24" r="24" fill={`url(#${id})`} />}
        <g transform="translate(4.8 5.4) scale(0.8)">{drawing(person.creature)}</g>
      </svg>
      {isHere && <span className={style.here} />}
    </span>
  );
}

/** Name a school: its country's letters on its hue, and its name. */
export function SchoolBadge({
  school,
  short,
}: {
  school: { name: string; country: string; hue: number };
  /** Whether the mark alone is shown; the name is still read out. */
  short?: boolean;
}) {
  const { fill, ink } = coloursOf(school.hue);
  return (
    <span className={style.school}>
      <span aria-hidden className={style.mark} style={{ background: fill, color: ink }}>
        {school.country}
      </span>
      <span className={short ? "unseen" : style.schoolName}>{school.name}</span>
    </span>
  );
}
