import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PushOf, Snapshots } from "../frames";
import { apply, load, useHome } from "./store";

const FRAMES = join(import.meta.dirname, "../../../tests/frames/home");

interface Record {
  start: Snapshots["home"];
  steps: { step: string; pushes: PushOf<"home">[]; after: Snapshots["home"] }[];
}

describe.each(readdirSync(FRAMES))("%s", (file) => {
  const { start, steps } = JSON.parse(readFileSync(join(FRAMES, file), "utf8")) as Record;

  test.each(steps.map((one, index) => ({ ...one, index })))(
    "$index $step: the state before and its pushes make the state read afresh.",
    ({ pushes, after, index }) => {
      load(index === 0 ? start : (steps[index - 1] as Record["steps"][0]).after);
      for (const push of pushes) apply(push);
      expect(useHome.getState().since).toBe(after.since);
    },
  );
});
