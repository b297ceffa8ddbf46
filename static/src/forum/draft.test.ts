// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { keepDraft, readDraft } from "./draft";

beforeEach(() => localStorage.clear());

const DRAFT = {
  title: "",
  text: "In the hive?",
  quote: { post_id: "p1", text: "forty bees", author_id: "anna" },
  nonce: "a-nonce-of-mine",
};

test("A draft is there again after a reload, with its retry key.", () => {
  keepDraft("maja", "thread", DRAFT);
  expect(readDraft("maja", "thread")).toEqual(DRAFT);
});

test("Nobody finds another member's draft, or that of another thread.", () => {
  keepDraft("maja", "thread", DRAFT);
  for (const [member, where] of [
    ["nils", "thread"],
    ["maja", "other"],
  ] as const) {
    const found = readDraft(member, where);
    expect([found.text, found.quote]).toEqual(["", null]);
    expect(found.nonce).not.toBe(DRAFT.nonce);
  }
});

test("An empty draft leaves nothing on the device.", () => {
  keepDraft("maja", "thread", DRAFT);
  keepDraft("maja", "thread", { ...DRAFT, text: "", quote: null });
  expect(localStorage).toHaveLength(0);
});

test("What is kept and cannot be read is an empty draft.", () => {
  keepDraft("maja", "thread", DRAFT);
  localStorage.setItem(localStorage.key(0) ?? "", "{");
  expect(readDraft("maja", "thread").text).toBe("");
});
