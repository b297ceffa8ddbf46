// @vitest-environment jsdom
import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sayFarewell } from "../farewell";
import { chooseLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import { RoomHere } from "../room/context";
import { CardsWaiting } from "./cards";
import { keepCards, pileOf, usePeople } from "./store";

const ROOM = { connection: { roomId: "room" }, you: { member_id: "me" } } as never;
const PILE = pileOf(ROOM);
const CARD = { member_id: "a", name: "Comet", code: "AB10X3Y9", words: "fox-lamp-river" };

beforeEach(async () => {
  vi.stubGlobal("CSS", { escape: String }); // jsdom has none
  await chooseLanguage("en");
  await mounted(
    <Language>
      <RoomHere value={ROOM}>
        <CardsWaiting />
      </RoomHere>
    </Language>,
  );
});

afterEach(sayFarewell);

async function press(words: string): Promise<void> {
  const buttons = [...document.querySelectorAll("button")];
  const button = buttons.find((one) => one.textContent === words);
  if (!button) throw new Error(`no button ${words}`);
  await act(() => button.click());
}

test("That cards are done with is asked once more, each time.", async () => {
  for (const _ of ["the first cards", "the next cards"]) {
    await act(() => keepCards(PILE, [CARD]));
    await press("Show the cards");
    await press("I have them");
    expect(usePeople.getState().cards[PILE]).toHaveLength(1);
    await press("I have them");
    expect(usePeople.getState().cards).toEqual({});
  }
});
