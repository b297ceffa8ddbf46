import { expect, test } from "vitest";
import { addressOf } from "./links";

test.each([
  ["example.org", "https://example.org"],
  [" http://example.org/a?b#c ", "http://example.org/a?b#c"],
  ["ann@school.se", "mailto:ann@school.se"],
  ["mailto:ann@school.se", "mailto:ann@school.se"],
  ["https://el.wikipedia.org/wiki/Αξιός", "https://el.wikipedia.org/wiki/Αξιός"],
])("A link typed as %j leads to %s.", (typed, address) => {
  expect(addressOf(typed)).toBe(address);
});

test.each(["javascript:alert(1)", "data:text/html,x", "two words", "https://", "file:///etc", ""])(
  "%j is no address for a link.",
  (typed) => {
    expect(addressOf(typed)).toBeNull();
  },
);
