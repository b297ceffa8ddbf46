import { beforeEach, expect, test, vi } from "vitest";
import { Refused } from "../refused";
import { post } from "./actions";
import { useChat } from "./store";

const MESSAGE = { channelId: "staff", text: "About a pupil of ours", reply: null };

beforeEach(() => useChat.setState({ me: "anna", pending: [] }));

/** Post a message that is refused at once; `meanwhile` is what happens before the refusal. */
async function refused(meanwhile: () => void): Promise<void> {
  const send = vi.fn(async () => {
    meanwhile();
    throw new Refused({ code: "away", message: "The room has been left." });
  });
  await post({ ask: vi.fn(), send }, MESSAGE);
}

test("A message that is refused is there to be tried again.", async () => {
  await refused(() => {});
  expect(useChat.getState().pending).toMatchObject([MESSAGE]);
});

test("A message that is refused once its room is left does not turn up in the next one.", async () => {
  await refused(() => useChat.setState({ me: "anna-in-hills", pending: [] }));
  expect(useChat.getState().pending).toEqual([]);
});
