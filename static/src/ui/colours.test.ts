import { expect, test } from "vitest";
import { coloursOf, contrast, TINT_COUNT } from "./colours";

test("Every member's name reads on their colour, and their pattern shows on it.", () => {
  for (let hue = 0; hue < 7; hue += 1) {
    for (let tint = 0; tint < TINT_COUNT; tint += 1) {
      const { fill, ink, shade } = coloursOf(hue, tint);
      expect(contrast(fill, ink), `hue ${hue}, tint ${tint}`).toBeGreaterThanOrEqual(4.5);
      expect(shade).not.toBe(fill);
    }
  }
});

test("No two members of a school with different tints look the same.", () => {
  const looks = Array.from({ length: TINT_COUNT }, (_, tint) => {
    const { fill, pattern } = coloursOf(4, tint);
    return `${fill} ${pattern}`;
  });
  expect(new Set(looks).size).toBe(TINT_COUNT);
});
