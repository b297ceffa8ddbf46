// @vitest-environment jsdom
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { sayFarewell } from "../farewell";
import type { PushOf, Snapshots } from "../frames";
import type { RoomContext } from "../room/context";
import { useDirectory } from "../room/directory";
import { apply, forgetCards, keepCards, load, loseCards, pileOf, usePeople } from "./store";

const FRAMES = join(import.meta.dirname, "../../../tests/frames/people");

interface Record {
  start: Snapshots["people"];
  steps: { step: string; pushes: PushOf<"people">[]; after: Snapshots["people"] }[];
}

/** All that this feature keeps of the room's people. */
function kept() {
  const { members, schools, teams } = useDirectory.getState();
  return { members, schools, teams, roster: usePeople.getState().roster };
}

describe.each(readdirSync(FRAMES))("%s", (file) => {
  const { start, steps } = JSON.parse(readFileSync(join(FRAMES, file), "utf8")) as Record;

  test.each(steps.map((one, index) => ({ ...one, index })))(
    "$index $step: the state before and its pushes make the state read afresh.",
    ({ pushes, after, index }) => {
      load(index === 0 ? start : (steps[index - 1] as Record["steps"][0]).after);
      for (const push of pushes) apply(push);
      const made = kept();
      load(after);
      expect(made).toEqual(kept());
    },
  );
});

describe("new cards", () => {
  const card = { member_id: "a", name: "Comet", code: "AB10X3Y9", words: "fox-lamp-river" };

  beforeEach(sayFarewell);

  function holdsPage(): boolean {
    const leaving = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(leaving);
    return leaving.defaultPrevented;
  }

  test("A newer card of the same pupil takes the place of the older one.", () => {
    keepCards("here", [card, { ...card, member_id: "b" }]);
    keepCards("here", [{ ...card, code: "NEWER000" }]);
    expect(usePeople.getState().cards.here?.map((one) => one.code)).toEqual([
      "AB10X3Y9",
      "NEWER000",
    ]);
  });

  test("That words are lost is not forgotten with the page unasked.", () => {
    loseCards("here", ["a"]);
    expect(holdsPage()).toBe(true);
    keepCards("here", [card]);
    forgetCards("here");
    expect(holdsPage()).toBe(false);
  });

  test("They outlive a lost connection, until they are printed.", () => {
    keepCards("here", [card]);
    load({ schools: [], members: [], teams: [], removed: [], roster: [] });
    expect(usePeople.getState().cards.here).toHaveLength(1);
    forgetCards("here");
    expect(usePeople.getState().cards).toEqual({});
  });

  test("They go with whoever made them, and the page is not held any more.", () => {
    keepCards("here", [card]);
    keepCards("there", [card]);
    sayFarewell();
    expect(usePeople.getState().cards).toEqual({});
    expect(holdsPage()).toBe(false);
  });

  test("Each person has their own in each room.", () => {
    const piles = ["here", "there"].flatMap((roomId) =>
      ["ann", "carl"].map((member_id) =>
        pileOf({ connection: { roomId }, you: { member_id } } as RoomContext),
      ),
    );
    expect(new Set(piles).size).toBe(4);
  });

  test("Each room has its own, and the page is held while any of them waits.", () => {
    keepCards("here", [card]);
    keepCards("there", [{ ...card, member_id: "b" }]);
    forgetCards("there");
    expect(usePeople.getState().cards).toEqual({ here: [card] });
    expect(holdsPage()).toBe(true);
    forgetCards("here");
    expect(holdsPage()).toBe(false);
  });
});

test("Whoever looks at the visits of moderators hears of the next one, and of its end.", () => {
  const before = usePeople.getState().comings;
  const member_id = "a";
  apply({ type: "people.moderator_came", seq: 1, at: 1, member_id, name: "Inga" });
  apply({ type: "people.moderator_left", seq: 2, at: 3, member_id, came_at: 1, left_at: 2 });
  expect(usePeople.getState().comings).toBe(before + 2);
});
