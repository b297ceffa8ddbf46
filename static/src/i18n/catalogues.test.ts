import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  isArgumentElement,
  isDateElement,
  isLiteralElement,
  isNumberElement,
  isPluralElement,
  isSelectElement,
  isTagElement,
  isTimeElement,
  type MessageFormatElement,
  parse,
} from "@formatjs/icu-messageformat-parser";
import { describe, expect, test } from "vitest";

const SRC = join(import.meta.dirname, "..");
const FOLDERS = readdirSync(SRC, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .filter((name) => readdirSync(join(SRC, name)).includes("locales"));

type Source = Record<string, { message: string; description: string }>;

function read(folder: string, language: string): unknown {
  return JSON.parse(readFileSync(join(SRC, folder, "locales", `${language}.json`), "utf8"));
}

/** The names a message needs values for, and how it uses them. */
function needs(elements: MessageFormatElement[], found = new Set<string>()): Set<string> {
  for (const element of elements) {
    if (isArgumentElement(element)) found.add(element.value);
    if (isNumberElement(element)) found.add(element.value);
    if (isDateElement(element) || isTimeElement(element)) found.add(element.value);
    if (isTagElement(element)) {
      found.add(`<${element.value}>`);
      needs(element.children, found);
    }
    if (isPluralElement(element) || isSelectElement(element)) {
      found.add(element.value);
      for (const option of Object.values(element.options)) needs(option.value, found);
    }
  }
  return found;
}

/** Whether a message says something itself, and not only puts values in their order. */
function hasWords(elements: MessageFormatElement[]): boolean {
  return elements.some((element) => isLiteralElement(element) && /\p{L}/u.test(element.value));
}

/** What is called the same in English, looked over by eye: words of the language, no leftovers. */
const SAME_AS_ENGLISH = {
  sv: [
    "Administration",
    "Forum",
    "Moderator",
    "Offline",
    "Processor",
    "Text",
    "Version",
    "{host}, process {process, number, ::group-off}",
  ],
  da: [
    "Administration",
    "Chat",
    "E-mail",
    "Forum",
    "Link",
    "Moderator",
    "Offline",
    "Processor",
    "Send",
    "Version",
  ],
};

test("There is a catalogue in every feature that has texts.", () => {
  expect(FOLDERS).toContain("ui");
});

describe.each(FOLDERS)("%s", (folder) => {
  const source = read(folder, "en") as Source;

  test("Each English text has a note for translators, and a key of its folder.", () => {
    for (const [key, entry] of Object.entries(source)) {
      expect(key.startsWith(`${folder}.`), key).toBe(true);
      expect(entry.message, key).toBeTruthy();
      expect(entry.description, key).toBeTruthy();
    }
  });

  test.each(["sv", "da"])(
    "%s has the same texts with the same values, and no empty one.",
    (language) => {
      const texts = read(folder, language) as Record<string, string>;
      expect(Object.keys(texts).sort()).toEqual(Object.keys(source).sort());
      for (const [key, text] of Object.entries(texts)) {
        expect(text.trim(), key).not.toBe("");
        const wanted = [...needs(parse(source[key]?.message ?? ""))].sort();
        expect([...needs(parse(text))].sort(), key).toEqual(wanted);
      }
    },
  );
});

test.each(["sv", "da"] as const)("No English is left in %s.", (language) => {
  const same = new Set<string>();
  for (const folder of FOLDERS) {
    const source = read(folder, "en") as Source;
    for (const [key, text] of Object.entries(read(folder, language) as Record<string, string>)) {
      if (text === source[key]?.message && hasWords(parse(text))) same.add(text);
    }
  }
  expect([...same].sort()).toEqual(SAME_AS_ENGLISH[language]);
});
