// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { keep, readKept } from "./kept";
import type { Pending } from "./store";

const PENDING: Pending = {
  nonce: "nonce-1",
  channelId: "everyone",
  text: "Written on the bus",
  reply: null,
  at: 1,
  failed: null,
};

beforeEach(() => localStorage.clear());

test("what was on its way is there again after a reload, to be tried again", () => {
  const later = { ...PENDING, nonce: "nonce-0", at: 2 };
  keep("room", "maja", [{ ...later, failed: new Error("refused") }, PENDING], []);
  expect(readKept("room", "maja")).toEqual([PENDING, later]);
});

test("nobody finds what another member or another room has on its way", () => {
  keep("room", "maja", [PENDING], []);
  expect(readKept("room", "nils")).toEqual([]);
  expect(readKept("other", "maja")).toEqual([]);
});

test("nothing stays on the device once all is sent", () => {
  keep("room", "maja", [PENDING], []);
  keep("room", "maja", [], [PENDING]);
  expect(localStorage).toHaveLength(0);
});

test("two pages of one member keep what each has on its way", () => {
  const other = { ...PENDING, nonce: "nonce-2", at: 2 };
  keep("room", "maja", [PENDING], []);
  keep("room", "maja", [other], []);
  expect(readKept("room", "maja")).toEqual([PENDING, other]);
  keep("room", "maja", [], [PENDING]);
  expect(readKept("room", "maja")).toEqual([other]);
});

test("what cannot be read is nothing", () => {
  keep("room", "maja", [PENDING], []);
  for (const broken of ["{", "7"]) {
    localStorage.setItem(localStorage.key(0) ?? "", broken);
    expect(readKept("room", "maja")).toEqual([]);
  }
});
