// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, expect, test } from "vitest";
import { mounted } from "../mounted";
import type { Post, Thread } from "../protocol";
import { RoomHere } from "../room/context";
import { type ReplyDraft, useReplyDraft } from "./composer";
import { QUOTE_MAX } from "./made";

beforeEach(() => localStorage.clear());

test("A long quote is cut between two characters, not through one.", async () => {
  let reply: ReplyDraft | undefined;
  function Writer() {
    reply = useReplyDraft({ id: "seas" } as Thread);
    return null;
  }
  const room = { you: { member_id: "maja" } } as never;
  await mounted(
    <RoomHere value={room}>
      <Writer />
    </RoomHere>,
  );
  const words = "a".repeat(QUOTE_MAX - 1);
  await act(async () => reply?.quote({ id: "post", author_id: "anna" } as Post, `${words}🌊🐋`));
  expect(reply?.draft.quote?.text).toBe(`${words}🌊`);
});
