import { describe, expect, it } from "vitest";
import { cardAddress, cleanCode, isWholeCode, printedCode, readFragment } from "./card_code";

describe("a card's code", () => {
  it("is cleaned while it is typed", () => {
    expect(cleanCode(" ab1o-l3x9zz")).toBe("AB1013X9");
    expect(isWholeCode(cleanCode("ab1o"))).toBe(false);
    expect(isWholeCode(cleanCode("ab1o-l3x9"))).toBe(true);
  });

  it("is printed in halves that read back", () => {
    expect(printedCode("AB10X3Y9")).toBe("AB10 X3Y9");
    expect(cleanCode(printedCode("AB10X3Y9"))).toBe("AB10X3Y9");
  });

  it("comes back out of the address in its QR code", () => {
    const card = { code: "AB10X3Y9", words: "fox-lamp-river" };
    const address = new URL(cardAddress("http://localhost:8000", card));
    expect(address.pathname + address.search).toBe("/join");
    expect(readFragment(address.hash)).toEqual(card);
  });

  it.each([
    "",
    "#",
    "#AB10X3Y9",
    "#AB10.fox-lamp-river",
    "#.fox",
    "#AB10X3Y9.fox",
    "#AB10X3Y9.%zz",
  ])("is not in %j", (fragment) => {
    expect(readFragment(fragment)).toBeNull();
  });
});
