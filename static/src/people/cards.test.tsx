// @vitest-environment jsdom
import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sayFarewell } from "../farewell";
import { chooseLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import { Refused } from "../refused";
import { RoomHere } from "../room/context";
import { CardsLost, CardsWaiting } from "./cards";
import { keepCard, keepCards, loseCards, pileOf, usePeople } from "./store";

const send = vi.fn();
const ROOM = { connection: { roomId: "room" }, you: { member_id: "me" }, send } as never;
const PILE = pileOf(ROOM);
const CARD = { member_id: "a", name: "Comet", code: "AB10X3Y9", words: "fox-lamp-river" };

beforeEach(async () => {
  vi.stubGlobal("CSS", { escape: String }); // jsdom has none
  await chooseLanguage("en");
  await mounted(
    <Language>
      <RoomHere value={ROOM}>
        <CardsLost />
        <CardsWaiting />
      </RoomHere>
    </Language>,
  );
});

afterEach(async () => {
  await act(sayFarewell);
  send.mockReset();
});

async function press(words: string): Promise<void> {
  const buttons = [...document.querySelectorAll("button")];
  const button = buttons.find((one) => one.textContent === words);
  if (!button) throw new Error(`no button ${words}`);
  await act(async () => button.click());
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

function page(): string {
  return document.body.textContent ?? "";
}

test("Cards whose words were lost with the line are told of, and made once more.", async () => {
  await act(() => keepCards(PILE, [CARD])); // its words work no more
  await act(() => keepCard(PILE, { seq: 7, repeated: true }, "a"));
  await act(() => loseCards(PILE, ["b", "gone"]));
  expect(page()).toContain("3 new cards did not arrive");
  expect(page()).not.toContain("waits to be printed");

  send.mockImplementation(async (_, { member_id }) => {
    if (member_id === "gone") throw new Refused({ code: "not_found", message: "Not here." });
    return { seq: 8, result: { ...CARD, member_id } };
  });
  await press("Make the cards");
  expect(send.mock.calls).toEqual(
    ["a", "b", "gone"].map((member_id) => ["people.reset_card", { member_id }]),
  );
  expect(page()).not.toContain("did not arrive");
  expect(page()).toContain("2 new join cards wait to be printed");
});

test("Cards that could not be made anew stay told of.", async () => {
  await act(() => loseCards(PILE, ["a", "b"]));
  send.mockResolvedValueOnce({ seq: 8, result: CARD });
  send.mockRejectedValueOnce(new Refused({ code: "rate_limited", message: "Slowly." }));
  await press("Make the cards");
  expect(page()).toContain("1 new card did not arrive");
});
