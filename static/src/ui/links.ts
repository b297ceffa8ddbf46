// A link ends before the punctuation that ends its sentence.
const LINK = /\b(?:https?:\/\/|mailto:)[^\s<>"]*[^\s<>".,;:!?')\]}…]/giu;
const SCHEMES = ["http:", "https:", "mailto:"];

/** A stretch of plain text; with `href`, an address that may be followed. */
export interface Stretch {
  text: string;
  href?: string;
}

/** Read an address; null if it is none. Browsers of 2022 have no `URL.canParse`. */
export function parsed(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** Part plain text into words and links, in order. Nothing else in it means anything. */
export function stretches(text: string): Stretch[] {
  const found: Stretch[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const address = parsed(match[0]);
    if (!address || !SCHEMES.includes(address.protocol)) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ text: match[0], href: address.href });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}
