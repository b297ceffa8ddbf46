import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PushOf, Snapshots } from "../frames";
import { apply, load, useDocs } from "./store";

const FRAMES = join(import.meta.dirname, "../../../tests/frames/docs");

interface Record {
  start: Snapshots["docs"];
  steps: { step: string; pushes: PushOf<"docs">[]; after: Snapshots["docs"] }[];
}

describe.each(readdirSync(FRAMES))("%s", (file) => {
  const { start, steps } = JSON.parse(readFileSync(join(FRAMES, file), "utf8")) as Record;

  test("The state before and its pushes make the state read afresh, at every step.", () => {
    load(start);
    for (const { step, pushes, after } of steps) {
      for (const push of pushes) apply(push);
      const made = useDocs.getState();
      load(after);
      expect(made, step).toEqual(useDocs.getState());
    }
  });
});
