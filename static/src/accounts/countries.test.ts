import { expect, test } from "vitest";
import { COUNTRIES, zoneOf } from "./countries";

test.each(COUNTRIES)("%s has a time zone that there is.", (country) => {
  const timeZone = zoneOf(country);
  expect(timeZone).toBeDefined();
  expect(() => new Intl.DateTimeFormat("en", { timeZone })).not.toThrow();
});
