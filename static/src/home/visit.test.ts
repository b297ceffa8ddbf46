import { beforeEach, expect, test } from "vitest";
import { visit } from "./visit";

const MINUTE = 60_000;
const DAY = 86_400_000;
const NOW = 1_760_000_000_000;

beforeEach(() => localStorage.clear());

test("On a first visit the last week is new.", () => {
  expect(visit("maja", NOW)).toBe(NOW - 7 * DAY);
});

test("A reload continues the visit; a later visit begins where the last one ended.", () => {
  visit("maja", NOW - 3 * DAY);
  expect(visit("maja", NOW)).toBe(NOW - 3 * DAY);
  expect(visit("maja", NOW + 10 * MINUTE)).toBe(NOW - 3 * DAY);
  expect(visit("maja", NOW + 50 * MINUTE)).toBe(NOW + 10 * MINUTE);
});

test("Two people at one computer have visits of their own, and a damaged note counts as none.", () => {
  visit("maja", NOW - DAY);
  expect(visit("nikos", NOW)).toBe(NOW - 7 * DAY);
  localStorage.setItem("twinspace.visit.maja", '{"since":"then"}');
  expect(visit("maja", NOW)).toBe(NOW - 7 * DAY);
});
