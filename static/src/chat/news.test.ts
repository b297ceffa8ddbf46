import { expect, test } from "vitest";
import { together, touches } from "./news";

const ME = "0123456789abcdefghjk";
const mention = (message_id: string, author_id: string, channel_id: string) => ({
  message_id,
  author_id,
  channel_id,
  at: 1,
});

test("What one person wrote in one channel is one line, at its newest.", () => {
  const found = [
    mention("4", "maja", "everyone"),
    mention("3", "eleni", "everyone"),
    mention("2", "maja", "bees"),
    mention("1", "maja", "everyone"),
  ];
  expect(together(found).map(({ newest, count }) => [newest.message_id, count])).toEqual([
    ["4", 2],
    ["3", 1],
    ["2", 1],
  ]);
});

test("Only pushes that may change by whom one is mentioned are asked after.", () => {
  const about = { seq: 1, at: 1, channel_id: "everyone", message_id: "1", message_seq: 1 };
  const changed = { ...about, excerpt: "", edited_at: 1 };
  const posted = { ...about, type: "chat.posted", reply: null } as const;
  const edited = { ...changed, type: "chat.edited" } as const;
  const deleted = { ...about, type: "chat.deleted", removed_by: "author" } as const;
  expect(touches({ ...posted, author_id: "maja", text: `<@${ME}>?` }, ME)).toBe(true);
  expect(touches({ ...posted, author_id: "maja", text: "Hello" }, ME)).toBe(false);
  expect(touches({ ...posted, author_id: ME, text: `<@${ME}>?` }, ME)).toBe(false);
  expect(touches({ ...edited, author_id: "maja", text: "No name any more" }, ME)).toBe(true);
  expect(touches({ ...deleted, author_id: "maja" }, ME)).toBe(true);
  expect(touches({ ...deleted, author_id: ME }, ME)).toBe(false);
  const read = { seq: 1, at: 1, channel_id: "everyone", read_seq: 1, unread: 0 };
  expect(touches({ ...read, type: "chat.marked" }, ME)).toBe(false);
});
