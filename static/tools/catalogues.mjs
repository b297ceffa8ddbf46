// The texts' way into the build: notes for translators stay behind.

const CATALOGUE = /\/locales\/[a-z]{2}\.json$/;

/**
 * Turn each catalogue into key → text.
 *
 * In en.json an entry is `{"message", "description"}`, the description being the translator's
 * note; in other languages it is the text alone.
 */
export function catalogues() {
  return {
    name: "catalogues",
    enforce: "pre",
    transform(source, id) {
      if (!CATALOGUE.test(id)) return null;
      const texts = Object.entries(JSON.parse(source)).map(([key, entry]) => [
        key,
        typeof entry === "string" ? entry : entry.message,
      ]);
      return { code: JSON.stringify(Object.fromEntries(texts)), map: null };
    },
  };
}
