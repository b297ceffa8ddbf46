// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { startLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import { Refused } from "../refused";
import { RoomHere } from "../room/context";
import { Composer } from "./composer";
import { changeDraft, placeOf, startEdit, startReply, useDrafts } from "./draft";
import type { Message } from "./store";

const HERE = placeOf("seas", "maja", "everyone");
const MESSAGE = {
  id: "m",
  channel_id: "everyone",
  author_id: "anna",
  text: "How deep?",
} as Message;

const send = vi.fn();

/** Open the composer of the channel for everyone, as a page that was just loaded does. */
async function opened({ roomId = "seas", memberId = "maja" } = {}): Promise<HTMLTextAreaElement> {
  const room = {
    connection: { roomId },
    you: { member_id: memberId, role: "teacher" },
    ask: async () => null,
    send,
  } as never;
  await startLanguage();
  const page = await mounted(
    <Language>
      <RoomHere value={room}>
        <Composer channelId="everyone" />
      </RoomHere>
    </Language>,
  );
  return page.querySelector("textarea") as HTMLTextAreaElement;
}

function press(field: HTMLElement, key: string, isComposing = false): Promise<void> {
  const event = new KeyboardEvent("keydown", { key, isComposing, bubbles: true, cancelable: true });
  return act(async () => void field.dispatchEvent(event));
}

beforeEach(() => {
  localStorage.clear();
  useDrafts.setState({ drafts: {}, calls: 0, wanted: "" });
  send.mockReset().mockReturnValue(new Promise(() => {}));
});

test.each([{ roomId: "hills" }, { memberId: "nils" }])(
  "What is being written in a channel stands in no composer but its own: %o",
  async (other) => {
    changeDraft(HERE, { text: "About a pupil of ours" });
    expect((await opened(other)).value).toBe("");
  },
);

test("What is being written is there again after a reload, until it is sent.", async () => {
  changeDraft(HERE, { text: "@Anna, forty", names: [["Anna", "0".repeat(20)]] });
  startReply(HERE, MESSAGE);
  useDrafts.setState({ drafts: {} }); // what a reload forgets
  const field = await opened();
  expect(field.value).toBe("@Anna, forty");
  await press(field, "Enter");
  const asked = { channel_id: "everyone", text: `<@${"0".repeat(20)}>, forty`, reply_to: "m" };
  expect(send).toHaveBeenCalledWith("chat.post", asked, expect.any(String));
  expect(field.value).toBe("");
  expect(localStorage).toHaveLength(0);
});

test("Escape gives up the answer, not what was typed; an input method has its own Escape.", async () => {
  changeDraft(HERE, { text: "Forty fathoms" });
  startReply(HERE, MESSAGE);
  const field = await opened();
  await press(field, "Escape", true);
  expect(useDrafts.getState().drafts[HERE]?.reply).not.toBeNull();
  await press(field, "Escape");
  expect(useDrafts.getState().drafts[HERE]?.reply).toBeNull();
  expect(field.value).toBe("Forty fathoms");
});

test("What is being written waits while an older message is changed.", async () => {
  changeDraft(HERE, { text: "Half a mess" });
  startEdit(HERE, MESSAGE, () => "Anna");
  const field = await opened();
  expect(field.value).toBe("How deep?");
  await press(field, "Escape");
  expect(field.value).toBe("Half a mess");
  await act(async () => startEdit(HERE, MESSAGE, () => "Anna"));
  await press(field, "Enter");
  expect(send).toHaveBeenCalledWith("chat.edit", { message_id: "m", text: "How deep?" });
  expect(field.value).toBe("Half a mess");
});

test("A change that is refused comes back, and takes nothing away from what is written by then.", async () => {
  let refuse: (reason: Refused) => void = () => {};
  send.mockImplementation(() => new Promise((_, reject) => (refuse = reject)));
  const refused = new Refused({ code: "chat.closed", message: "The chat is closed." });
  startEdit(HERE, MESSAGE, () => "Anna");
  const field = await opened();

  await press(field, "Enter");
  expect(field.value).toBe("");
  await act(async () => refuse(refused));
  expect(field.value, "nothing else is written").toBe("How deep?");

  await press(field, "Enter");
  await act(async () => changeDraft(HERE, { text: "Half a mess" }));
  await act(async () => refuse(refused));
  expect(field.value).toBe("Half a mess");
  const goOn = document.querySelector<HTMLElement>("[aria-label='Go on writing this']");
  await act(async () => goOn?.click());
  expect(field.value).toBe("How deep?");
  await press(field, "Escape");
  expect(field.value).toBe("Half a mess");
});
