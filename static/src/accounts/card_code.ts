/** What a join card says: a code, and three words. */
export interface CardSecret {
  code: string;
  words: string;
}

const CODE_LENGTH = 8;

/** Keep what can be part of a code, in capitals; look-alikes become what they stand for. */
export function cleanCode(typed: string): string {
  return typed
    .toUpperCase()
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1")
    .replace(/[^0-9A-Z]/g, "")
    .slice(0, CODE_LENGTH);
}

/** Tell whether a code has all its characters. */
export function isWholeCode(code: string): boolean {
  return code.length === CODE_LENGTH;
}

/** Write a code in two halves, as it is printed. */
export function printedCode(code: string): string {
  return `${code.slice(0, 4)} ${code.slice(4)}`;
}

/** Read the fragment of a card's QR code, `#CODE.word-word-word`; null for anything else. */
export function readFragment(fragment: string): CardSecret | null {
  const [code = "", words = ""] = fragment.replace(/^#/, "").split(".");
  const clean = cleanCode(code);
  return isWholeCode(clean) && /^\w+-\w+-\w+$/.test(words) ? { code: clean, words } : null;
}

/** Make the address that a card's QR code leads to; the secret is in the part no server sees. */
export function cardAddress(origin: string, { code, words }: CardSecret): string {
  return `${origin}/join#${code}.${words}`;
}
