// @vitest-environment jsdom
import { act, type ReactElement } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sayFarewell } from "../farewell";
import { chooseLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import { RoomHere } from "../room/context";
import { Button } from "../ui/button";
import { AddPupils } from "./add_pupils";
import { MemberMenu } from "./member_menu";
import { RestoreButton } from "./restore";
import { pileOf, usePeople } from "./store";

const YOU = { member_id: "me", role: "teacher", school_id: "school" };
const send = vi.fn();
const ROOM = { connection: { roomId: "room" }, you: YOU, send } as never;
const PUPIL = {
  id: "pupil",
  name: "Comet",
  role: "pupil",
  school_id: "school",
  creature: "owl",
  tint: 1,
  removed: false,
};

beforeEach(() => {
  vi.stubGlobal("CSS", { escape: String }); // jsdom has none
  return chooseLanguage("en");
});

afterEach(() => {
  sayFarewell();
  send.mockReset();
});

function draw(view: ReactElement): Promise<HTMLElement> {
  return mounted(
    <Language>
      <RoomHere value={ROOM}>{view}</RoomHere>
    </Language>,
  );
}

async function press(words: string): Promise<void> {
  const buttons = [...document.querySelectorAll<HTMLElement>("button, [role=menuitem]")];
  const button = buttons.findLast(
    (one) => one.textContent === words || one.getAttribute("aria-label") === words,
  );
  if (!button) throw new Error(`no button ${words}`);
  await act(async () => button.click());
}

const lost = () => usePeople.getState().lost[pileOf(ROOM)];

test("A list whose reply was lost names the pupils, and keeps the lines that made none.", async () => {
  await draw(<AddPupils button={<Button>Open</Button>} />);
  await press("Open");
  const field = document.querySelector("textarea") as HTMLTextAreaElement;
  await act(() => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set?.call(
      field,
      "Ada\u2028Bo\vCy\nAda",
    );
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const problems = [{ line: 4, code: "pupil_twice", text: "Ada" }];
  send.mockResolvedValue({
    seq: 7,
    repeated: true,
    result: { cards: [], problems, lost: ["a", "b", "c"] },
  });
  await press("Make the cards");
  expect(lost()).toEqual(["a", "b", "c"]);
  expect(field.value).toBe("Ada");
});

test("A new card whose reply was lost is told of.", async () => {
  send.mockResolvedValue({ seq: 7, repeated: true });
  await draw(<MemberMenu member={PUPIL} />);
  await press("Actions for Comet");
  await press("New card");
  await press("New card");
  expect(lost()).toEqual(["pupil"]);
});

test("The card of one who was brought back is told of when the reply was lost.", async () => {
  send.mockResolvedValue({ seq: 7, repeated: true });
  await draw(<RestoreButton member={PUPIL} />);
  await press("Bring back");
  expect(lost()).toEqual(["pupil"]);
});
