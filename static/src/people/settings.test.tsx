// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { chooseLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import { RoomHere } from "../room/context";
import { changeRoom, useRoomState } from "../room/store";
import SettingsView from "./settings";

const send = vi.fn();
const ROOM = { you: { role: "teacher-admin" }, send } as never;
let page: HTMLElement;

beforeEach(async () => {
  vi.stubGlobal("CSS", { escape: String }); // jsdom has none
  await chooseLanguage("en");
  const room = { title: "Rivers", description: "Ours", state: "open" };
  useRoomState.setState({ room: room as never });
  page = await mounted(
    <Language>
      <RoomHere value={ROOM}>
        <SettingsView />
      </RoomHere>
    </Language>,
  );
});

const fields = () => [...page.querySelectorAll<HTMLInputElement>("input[type=text], textarea")];
const shown = () => fields().map((field) => field.value);

function type(field: number, text: string): Promise<void> {
  const typed = fields()[field] as HTMLInputElement;
  const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(typed), "value") ?? {};
  return act(async () => {
    set?.call(typed, text);
    typed.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

test("What another teacher saves leaves alone what is being typed.", async () => {
  await type(1, "The rivers of our towns");
  await act(() => changeRoom({ title: "Lakes", description: "Theirs" }));
  expect(shown()).toEqual(["Lakes", "The rivers of our towns"]);
});

test("What was saved is followed again; what was typed meanwhile stays.", async () => {
  let saved = () => {};
  send.mockImplementation(() => new Promise<void>((resolve) => (saved = resolve)));
  const press = () =>
    act(async () => page.querySelector<HTMLButtonElement>("button[type=submit]")?.click());

  await type(1, "Mine");
  await press();
  await type(1, "Mine, and more");
  await act(async () => saved());
  await act(() => changeRoom({ description: "Mine" }));
  expect(shown()).toEqual(["Rivers", "Mine, and more"]);

  await press();
  expect(send).toHaveBeenLastCalledWith("people.edit_room", {
    title: "Rivers",
    description: "Mine, and more",
  });
  await act(async () => saved());
  await act(() => changeRoom({ description: "Theirs" }));
  expect(shown()).toEqual(["Rivers", "Theirs"]);
});
