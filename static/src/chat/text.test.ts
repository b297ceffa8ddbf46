import { expect, test } from "vitest";
import { mentionedNames, mentions, nameBefore, pieces, plain, withMentions } from "./text";

const MAJA = "00000000000000000001";
const ANN = "00000000000000000002";
const names: Record<string, string> = { [MAJA]: "Maja", [ANN]: "Maja Ann" };
const nameOf = (id: string) => names[id] ?? "?";

test("a text is parted into words, mentions and links", () => {
  expect(pieces(`Hi <@${MAJA}>, see https://example.org/a?b=c#d. Or mailto:a@b.org!`)).toEqual([
    { kind: "words", text: "Hi " },
    { kind: "mention", memberId: MAJA },
    { kind: "words", text: ", see " },
    { kind: "link", text: "https://example.org/a?b=c#d", href: "https://example.org/a?b=c#d" },
    { kind: "words", text: ". Or " },
    { kind: "link", text: "mailto:a@b.org", href: "mailto:a@b.org" },
    { kind: "words", text: "!" },
  ]);
});

test.each([
  "javascript:alert(1)",
  "data:text/html,x",
  "ftp://example.org/x",
  "https://",
  "http://[",
  "<b>bold</b>",
])("%s stays words", (text) => {
  expect(pieces(text).every(({ kind }) => kind === "words")).toBe(true);
});

test("what is sent and what is read turn into each other", () => {
  const sent = `<@${ANN}> and <@${MAJA}>: hej`;
  const read = plain(sent, nameOf);
  expect(read).toBe("@Maja Ann and @Maja: hej");
  expect(withMentions(read, mentionedNames(sent, nameOf))).toBe(sent);
  expect(withMentions("@Maja", new Map())).toBe("@Maja");
});

test("a mention is found by its member", () => {
  expect(mentions(`<@${MAJA}>`, MAJA)).toBe(true);
  expect(mentions("@Maja", MAJA)).toBe(false);
});

test.each([
  ["Hi @Ma", { start: 3, typed: "Ma" }],
  ["@", { start: 0, typed: "" }],
  ["@Maja A", { start: 0, typed: "Maja A" }],
  ["mail me@home", null],
  ["Hi Ma", null],
  ["@Maja Ann is here", null],
])("%s: the name that is being written is found", (text, expected) => {
  expect(nameBefore(text, text.length)).toEqual(expected);
});
