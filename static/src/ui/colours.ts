// The colours of people: a school's hue, and within it a tint and a pattern for each member.

/** Okabe and Ito's set without black, in the order of the schools' `hue` numbers. */
const HUES = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"] as const;

/** How much of white (above 0) or black (below 0) each tint takes. */
const TINTS = [0, 0.45, -0.3, 0.7, -0.5, 0.25] as const;

export const PATTERNS = ["plain", "dots", "stripes", "waves"] as const;
export type Pattern = (typeof PATTERNS)[number];

/** How many values a member's `tint` has: each lightness with each pattern. */
export const TINT_COUNT = TINTS.length * PATTERNS.length;

const DARK_INK = "#000000";
const LIGHT_INK = "#ffffff";

export interface Colours {
  /** The ground, as `#rrggbb`. */
  fill: string;
  /** The ink that reads on it, at 4.5:1 or better. */
  ink: string;
  /** A neighbour of `fill`, for the pattern. */
  shade: string;
  pattern: Pattern;
}

type Rgb = readonly [number, number, number];

function parse(hex: string): Rgb {
  const n = Number.parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

function write(rgb: Rgb): string {
  return `#${rgb.map((c) => Math.round(c).toString(16).padStart(2, "0")).join("")}`;
}

function mix(rgb: Rgb, amount: number): Rgb {
  const towards = amount > 0 ? 255 : 0;
  const part = Math.abs(amount);
  return rgb.map((c) => c + (towards - c) * part) as unknown as Rgb;
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((c) => {
    const s = c / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Compute the contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(parse(a)), luminance(parse(b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Give the colours of a school (`tint` left out) or of one of its members. */
export function coloursOf(hue: number, tint = 0): Colours {
  const base = parse(HUES[hue % HUES.length] ?? HUES[0]);
  const rgb = mix(base, TINTS[tint % TINTS.length] ?? 0);
  const fill = write(rgb);
  const ink = contrast(fill, DARK_INK) >= contrast(fill, LIGHT_INK) ? DARK_INK : LIGHT_INK;
  const pattern = PATTERNS[Math.floor(tint / TINTS.length) % PATTERNS.length] ?? "plain";
  return { fill, ink, shade: write(mix(rgb, luminance(rgb) > 0.4 ? -0.18 : 0.3)), pattern };
}
