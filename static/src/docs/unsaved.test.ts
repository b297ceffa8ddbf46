import { expect, test } from "vitest";
import { Unsaved } from "./unsaved";

test("The oldest change ages until it is confirmed, and later ones keep their own age.", () => {
  const unsaved = new Unsaved();
  unsaved.confirmed(0, true);
  unsaved.changed(1000);
  unsaved.changed(2000);
  unsaved.confirmed(2, false);
  expect(unsaved.since).toBe(1000);
  unsaved.confirmed(1, false);
  expect(unsaved.since).toBe(2000);
  unsaved.confirmed(0, true);
  expect(unsaved.since).toBeNull();
});

test("What was written offline stays the oldest until all is confirmed.", () => {
  const unsaved = new Unsaved();
  unsaved.confirmed(0, true);
  unsaved.changed(1000);
  unsaved.changed(1100);
  unsaved.connected();
  // One confirmation is due for all that was written offline.
  unsaved.confirmed(1, false);
  expect(unsaved.since).toBe(1000);
  unsaved.changed(9000);
  unsaved.confirmed(1, false);
  expect(unsaved.since).toBe(1000);
  unsaved.confirmed(0, true);
  expect(unsaved.since).toBeNull();
});
