// The texts' way into the build: read once here, and not by every browser.

import { parse } from "@formatjs/icu-messageformat-parser";

const CATALOGUE = /\/locales\/[a-z]{2}\.json$/;
const PARSER = /^(@formatjs\/icu-messageformat-parser)$/;

/**
 * Turn each catalogue into key → parsed ICU message; notes for translators stay behind.
 *
 * In en.json an entry is `{"message", "description"}`, the description being the translator's
 * note; in other languages it is the text alone. What is built needs no parser and has none.
 */
export function catalogues() {
  return {
    name: "catalogues",
    enforce: "pre",
    config: (_, { command }) =>
      command === "build"
        ? { resolve: { alias: [{ find: PARSER, replacement: "$1/no-parser.js" }] } }
        : {},
    transform(source, id) {
      if (!CATALOGUE.test(id)) return null;
      const texts = Object.entries(JSON.parse(source)).map(([key, entry]) => [
        key,
        parse(typeof entry === "string" ? entry : entry.message),
      ]);
      return { code: JSON.stringify(Object.fromEntries(texts)), map: null };
    },
  };
}
