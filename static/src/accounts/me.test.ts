import { expect, it } from "vitest";
import { safeNext } from "./me";

it.each([
  ["?next=/rooms/abc/chat", "/rooms/abc/chat"],
  ["", "/"],
  ["?next=https://evil.example", "/"],
  ["?next=//evil.example", "/"],
  ["?next=/\\evil.example", "/"],
  ["?next=javascript:alert(1)", "/"],
])("leads after %j to %j", (search, path) => {
  expect(safeNext(search)).toBe(path);
});
