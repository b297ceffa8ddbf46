// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, expect, test } from "vitest";
import type { RoomConnection } from "../connection";
import type { Replies } from "../frames";
import { mounted } from "../mounted";
import { Refused } from "../refused";
import { RoomHere } from "../room/context";
import { apply, load } from "./store";
import { useVisits } from "./visits";

type Visits = Replies["people.visits"];

const CAME = {
  type: "people.moderator_came",
  seq: 1,
  at: 1,
  member_id: "m",
  name: "Inga",
} as const;

let asked: { answer: (visits: Visits) => void; refuse: (why: Refused) => void }[];
let seen: ReturnType<typeof useVisits>;

function Seeing() {
  seen = useVisits();
  return null;
}

beforeEach(async () => {
  asked = [];
  const ask = () => new Promise((answer, refuse) => asked.push({ answer, refuse }));
  const room = { ask: ask as RoomConnection["ask"] } as never;
  await mounted(
    <RoomHere value={room}>
      <Seeing />
    </RoomHere>,
  );
});

function answer(index: number, names: readonly string[]): Promise<void> {
  const visits = names.map((name, at) => ({ member_id: "m", name, came_at: at, left_at: null }));
  return act(async () => asked[index]?.answer({ visits }));
}

test("A reading that failed is made good by the next one.", async () => {
  await answer(0, []);
  await act(() => apply(CAME));
  const why = new Refused({ code: "storage.disk_full", message: "Later." });
  await act(async () => asked[1]?.refuse(why));
  expect(seen.error).toBe(why);
  await act(() => apply({ ...CAME, seq: 2 }));
  await answer(2, ["Inga"]);
  expect(seen).toMatchObject({ error: null, visits: [{ name: "Inga" }] });
});

test("What happened while the line was cut is read when all is told anew.", async () => {
  await answer(0, []);
  await act(() => load({ schools: [], members: [], teams: [], removed: [], roster: [] }));
  await answer(1, ["Inga"]);
  expect(seen.visits).toMatchObject([{ name: "Inga" }]);
});
