import { expect, test } from "vitest";
import { textOf } from "./errors";

test.each([
  ["chat.closed", "chat.error.closed"],
  ["not_found", "ui.error.not_found"],
  ["storage.disk_full", "ui.error.storage"],
  ["storage.database_away", "ui.error.storage"],
])("%s is said by %s", (code, text) => {
  expect(textOf(code)).toBe(text);
});
