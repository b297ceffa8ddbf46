// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { startLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import { Refused } from "../refused";
import { RoomHere } from "../room/context";
import { type Member, useDirectory } from "../room/directory";
import { useRoomState } from "../room/store";
import { Composer } from "./composer";
import { changeDraft, placeOf, startEdit, startReply, useDrafts } from "./draft";
import { PendingLine } from "./pending";
import { hold, type Message, useChat } from "./store";

const HERE = placeOf("seas", "maja", "everyone");
const ANNA = "0".repeat(20);
const MESSAGE = {
  id: "m",
  channel_id: "everyone",
  author_id: "anna",
  text: "How deep?",
} as Message;

const send = vi.fn();

function Failed() {
  return useChat(({ pending }) => pending).map((one) => (
    <PendingLine key={one.nonce} pending={one} />
  ));
}

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
        <Failed />
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
  useChat.setState({ pending: [] });
  useRoomState.setState({ room: { state: "open" } as never });
  useDirectory.setState({ members: { [ANNA]: { id: ANNA, name: "Anna" } as Member } });
  send.mockReset().mockResolvedValue({});
});

test.each([{ roomId: "hills" }, { memberId: "nils" }])(
  "What is being written in a channel stands in no composer but its own: %o",
  async (other) => {
    changeDraft(HERE, { text: "About a pupil of ours" });
    expect((await opened(other)).value).toBe("");
  },
);

test("What is being written is there again after a reload, until it is sent.", async () => {
  changeDraft(HERE, { text: "@Anna, forty", names: [["Anna", ANNA]] });
  startReply(HERE, MESSAGE);
  useDrafts.setState({ drafts: {} }); // what a reload forgets
  const field = await opened();
  expect(field.value).toBe("@Anna, forty");
  await press(field, "Enter");
  const asked = { channel_id: "everyone", text: `<@${ANNA}>, forty`, reply_to: "m" };
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

test("A message that is refused can be changed, and what is being written waits for it.", async () => {
  const reply = { message_id: "m", author_id: ANNA, excerpt: "How deep?" };
  const refused = new Refused({ code: "chat.removed", message: "It was removed." });
  const text = `<@${ANNA}>, forty`;
  hold({ nonce: "n", channelId: "everyone", text, reply, at: 1, failed: refused });
  changeDraft(HERE, { text: "Half a mess" });
  const field = await opened();
  const button = [...document.querySelectorAll("button")].find(
    (one) => one.textContent === "Change",
  );
  await act(async () => button?.click());
  expect(useChat.getState().pending).toEqual([]);
  expect(field.value).toBe("@Anna, forty");
  await press(field, "Escape"); // answers nobody
  await press(field, "Enter");
  const asked = { channel_id: "everyone", text, reply_to: null };
  expect(send).toHaveBeenCalledWith("chat.post", asked, expect.any(String));
  expect(field.value).toBe("Half a mess");
});

test("What counts for the length of a message is what will be sent.", async () => {
  const names = [["Anna", ANNA]] as const;
  changeDraft(HERE, { text: `@Anna ${"a".repeat(3970)}`, names });
  const field = await opened();
  expect(field.maxLength).toBe(field.value.length + 6);
  await act(async () => changeDraft(HERE, { text: `@Anna @Anna ${"a".repeat(3970)}` }));
  await press(field, "Enter");
  expect(send).not.toHaveBeenCalled();
  expect(field.maxLength).toBe(field.value.length);
  expect(document.body.textContent).toContain("Only 4,000 characters fit here.");
});
