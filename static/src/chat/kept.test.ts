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
  keep("room", "maja", [PENDING, { ...PENDING, nonce: "nonce-2", failed: new Error("refused") }]);
  expect(readKept("room", "maja")).toEqual([PENDING, { ...PENDING, nonce: "nonce-2" }]);
});

test("nobody finds what another member or another room has on its way", () => {
  keep("room", "maja", [PENDING]);
  expect(readKept("room", "nils")).toEqual([]);
  expect(readKept("other", "maja")).toEqual([]);
});

test("nothing stays on the device once all is sent", () => {
  keep("room", "maja", [PENDING]);
  keep("room", "maja", []);
  expect(localStorage).toHaveLength(0);
});

test("what cannot be read is nothing", () => {
  keep("room", "maja", [PENDING]);
  for (const broken of ["{", "7"]) {
    localStorage.setItem(localStorage.key(0) ?? "", broken);
    expect(readKept("room", "maja")).toEqual([]);
  }
});
