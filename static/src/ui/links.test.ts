import { expect, test } from "vitest";
import { stretches } from "./links";

test.each([
  ["No link.", []],
  ["See https://example.org/a?b=c.", ["https://example.org/a?b=c"]],
  ["(http://example.org)", ["http://example.org"]],
  ["mailto:anna@example.org, or call", ["mailto:anna@example.org"]],
  ["HTTPS://EXAMPLE.ORG!", ["HTTPS://EXAMPLE.ORG"]],
  ["https://a.example https://b.example", ["https://a.example", "https://b.example"]],
  ["javascript:alert(1) data:text/html,x ftp://example.org", []],
  ["https://[ and then", []],
  ["xhttps://example.org", []],
])("Links in %j", (text, links) => {
  const parts = stretches(text);
  expect(parts.map((part) => part.text).join("")).toBe(text);
  expect(parts.filter((part) => part.href).map((part) => part.text)).toEqual(links);
});
