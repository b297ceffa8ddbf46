import type { ReactNode } from "react";

// Faces in a box of 48 by 48, drawn from few shapes so that they still read at 24 pixels.

const DARK = "#2b2521";

function eyes(x: number, y: number, r = 2.4): ReactNode {
  return (
    <>
      <circle cx={24 - x} cy={y} r={r} fill={DARK} />
      <circle cx={24 + x} cy={y} r={r} fill={DARK} />
      <circle cx={24 - x + r * 0.35} cy={y - r * 0.35} r={r * 0.35} fill="#fff" />
      <circle cx={24 + x + r * 0.35} cy={y - r * 0.35} r={r * 0.35} fill="#fff" />
    </>
  );
}

function smile(y: number, width = 4): ReactNode {
  return (
    <path
      d={`M${24 - width} ${y}q${width} ${width} ${width * 2} 0`}
      fill="none"
      stroke={DARK}
      strokeWidth="1.6"
      strokeLinecap="round"
    />
  );
}

const drawings = {
  fox: (
    <>
      <path d="M9 9l10 6h10l10-6-2 19L24 41 11 28z" fill="#e2762d" />
      <path d="M11 27l13 14 13-14-8 1-5 5-5-5z" fill="#fff4e6" />
      <path d="M12 13l5 3-4 4zM36 13l-5 3 4 4z" fill="#5b2b12" />
      {eyes(6, 24)}
      <ellipse cx="24" cy="37" rx="2.8" ry="2.2" fill={DARK} />
    </>
  ),
  owl: (
    <>
      <path d="M10 8l9 5h10l9-5 1 20a15 13 0 0 1-30 0z" fill="#8a6547" />
      <ellipse cx="24" cy="35" rx="8" ry="6" fill="#e8d3b4" />
      <circle cx="17" cy="23" r="7" fill="#fff6e5" />
      <circle cx="31" cy="23" r="7" fill="#fff6e5" />
      {eyes(7, 23, 3.4)}
      <path d="M24 25l3 4-3 4-3-4z" fill="#f0a52b" />
    </>
  ),
  bear: (
    <>
      <circle cx="12" cy="15" r="6" fill="#94603a" />
      <circle cx="36" cy="15" r="6" fill="#94603a" />
      <circle cx="12" cy="15" r="3" fill="#d9a878" />
      <circle cx="36" cy="15" r="3" fill="#d9a878" />
      <circle cx="24" cy="26" r="15" fill="#94603a" />
      <ellipse cx="24" cy="32" rx="7.5" ry="6" fill="#ecc9a0" />
      {eyes(6.5, 23)}
      <ellipse cx="24" cy="29" rx="3" ry="2.2" fill={DARK} />
      {smile(33, 3)}
    </>
  ),
  cat: (
    <>
      <path d="M9 8l9 6h12l9-6v20a15 13 0 0 1-30 0z" fill="#6f7480" />
      <path d="M12 13l4 3-4 4zM36 13l-4 3 4 4z" fill="#f0b6b6" />
      {eyes(6.5, 25, 2.8)}
      <path d="M22 30h4l-2 2.4z" fill="#f0b6b6" />
      <path
        d="M24 32.4q-2 3-5 1.6M24 32.4q2 3 5 1.6M7 28l7 1.5M7 34l7-1.5M41 28l-7 1.5M41 34l-7-1.5"
        fill="none"
        stroke="#f4f1ec"
        strokeWidth="1.4"
        strokeLinecap="round"
      />
    </>
  ),
  frog: (
    <>
      <circle cx="14" cy="15" r="7" fill="#5fa845" />
      <circle cx="34" cy="15" r="7" fill="#5fa845" />
      <ellipse cx="24" cy="28" rx="17" ry="13" fill="#5fa845" />
      <circle cx="14" cy="15" r="4.6" fill="#fff" />
      <circle cx="34" cy="15" r="4.6" fill="#fff" />
      {eyes(10, 15, 2.6)}
      <ellipse cx="24" cy="35" rx="10" ry="5" fill="#d5ecb8" />
      {smile(29, 8)}
    </>
  ),
  hedgehog: (
    <>
      <path
        d="M24 6l4 4 5-2 2 5 5 1-1 5 4 4-3 4 2 5-5 2H11l-5-2 2-5-3-4 4-4-1-5 5-1 2-5 5 2z"
        fill="#5f4b3f"
      />
      <ellipse cx="24" cy="29" rx="13" ry="12" fill="#f2d8b5" />
      {eyes(5.5, 27)}
      <circle cx="24" cy="31.5" r="2.2" fill={DARK} />
      {smile(35, 2.6)}
    </>
  ),
  rabbit: (
    <>
      <ellipse cx="17" cy="12" rx="4.6" ry="11" fill="#f3ece6" />
      <ellipse cx="31" cy="12" rx="4.6" ry="11" fill="#f3ece6" />
      <ellipse cx="17" cy="13" rx="2.2" ry="8" fill="#f0b6b6" />
      <ellipse cx="31" cy="13" rx="2.2" ry="8" fill="#f0b6b6" />
      <circle cx="24" cy="29" r="13.5" fill="#f3ece6" />
      {eyes(5.5, 27)}
      <ellipse cx="24" cy="31.5" rx="2" ry="1.5" fill="#e58f8f" />
      {smile(34, 3)}
    </>
  ),
  penguin: (
    <>
      <ellipse cx="24" cy="25" rx="16" ry="18" fill="#2f3b4c" />
      <path d="M24 19c-3-6-12-5-12 4 0 12 6 18 12 18s12-6 12-18c0-9-9-10-12-4z" fill="#fbf8f3" />
      {eyes(5.5, 24)}
      <path d="M19.5 28.5h9L24 33.5z" fill="#f0a52b" />
    </>
  ),
  turtle: (
    <>
      <path d="M6 22a18 17 0 0 1 36 0z" fill="#4d7d4a" />
      <path d="M12 20l5-7 7 4 7-4 5 7" fill="none" stroke="#355a35" strokeWidth="2" />
      <ellipse cx="24" cy="30" rx="13" ry="11.5" fill="#a9cf7c" />
      {eyes(6, 28)}
      {smile(34, 4)}
    </>
  ),
  octopus: (
    <>
      <path
        d="M8 25a16 17 0 0 1 32 0v10q0 5-4 5t-4-4q0 4-4 4t-4-4q0 4-4 4t-4-4q0 4-4 4t-4-5z"
        fill="#b25c8c"
      />
      <circle cx="14" cy="29" r="2.6" fill="#d98db4" />
      <circle cx="34" cy="29" r="2.6" fill="#d98db4" />
      {eyes(6, 23, 2.8)}
      {smile(28, 3.4)}
    </>
  ),
  bee: (
    <>
      <path d="M18 12q-2-6-6-6M30 12q2-6 6-6" fill="none" stroke={DARK} strokeWidth="2" />
      <circle cx="12" cy="6" r="2.4" fill={DARK} />
      <circle cx="36" cy="6" r="2.4" fill={DARK} />
      <circle cx="24" cy="26" r="15" fill="#f5c431" />
      <path d="M12 34.9a15 15 0 0 0 24 0zM14.2 14.7h19.6A15 15 0 0 0 14.2 14.7z" fill={DARK} />
      {eyes(6, 23.5)}
      {smile(28, 4)}
    </>
  ),
  whale: (
    <>
      <path
        d="M24 10q-1-6-6-6M24 10q1-6 6-6"
        fill="none"
        stroke="#fff"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
      <path d="M6 27a18 16 0 0 1 36 0q0 14-18 14T6 27z" fill="#4783a8" />
      <path d="M8 32q16 7 32 0-3 9-16 9T8 32z" fill="#e4f1f7" />
      {eyes(10, 26)}
      {smile(33, 5)}
    </>
  ),
} satisfies Record<string, ReactNode>;

export type Creature = keyof typeof drawings;

/** The creatures a person can choose from. */
export const CREATURES = Object.keys(drawings) as Creature[];

/** Return a creature's drawing, an SVG fragment of 48 by 48; an unknown one has a friendly face. */
export function drawing(name: string): ReactNode {
  return (
    drawings[name as Creature] ?? (
      <>
        <circle cx="24" cy="26" r="15" fill="#f3ece6" />
        {eyes(5.5, 24)}
        {smile(30)}
      </>
    )
  );
}
