import { type Stretch, stretches } from "../ui/links";

// What is inside a message's text: mentions by member id, links, and words.

const MENTION = /<@([0-9a-hjkmnp-tv-z]{20})>/g;
export type Piece =
  | { kind: "words"; text: string }
  | { kind: "mention"; memberId: string }
  | { kind: "link"; text: string; href: string };

/** Tell whether a text mentions a member. */
export function mentions(text: string, memberId: string): boolean {
  return text.includes(`<@${memberId}>`);
}

/** Part a text into words, mentions and links, in order. */
export function pieces(text: string): Piece[] {
  return split(text, MENTION, (found) => ({ kind: "mention", memberId: found[1] ?? "" })).flatMap(
    (piece) => (piece.kind === "words" ? stretches(piece.text).map(pieceOf) : [piece]),
  );
}

function pieceOf({ text, href }: Stretch): Piece {
  return href === undefined ? { kind: "words", text } : { kind: "link", text, href };
}

function split(text: string, pattern: RegExp, make: (found: RegExpExecArray) => Piece): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) found.push({ kind: "words", text: text.slice(end, match.index) });
    found.push(make(match));
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ kind: "words", text: text.slice(end) });
  return found;
}

/** Write a text as people read it: with names for the mentions. */
export function plain(text: string, nameOf: (memberId: string) => string): string {
  return text.replaceAll(MENTION, (_, id: string) => `@${nameOf(id)}`);
}

/** Turn what was written back into what is sent: `names` are those whom the writer mentioned. */
export function withMentions(text: string, names: ReadonlyMap<string, string>): string {
  const longestFirst = [...names].sort(([a], [b]) => b.length - a.length);
  return longestFirst.reduce((sent, [name, id]) => sent.replaceAll(`@${name}`, `<@${id}>`), text);
}

/** List whom a text mentions, by name: what {@link withMentions} needs to turn it back. */
export function mentionedNames(
  text: string,
  nameOf: (memberId: string) => string,
): Map<string, string> {
  return new Map([...text.matchAll(MENTION)].map(([, id = ""]) => [nameOf(id), id]));
}

/** Find the beginning of a name that is being written after an `@`, and where it stands. */
export function nameBefore(text: string, caret: number): { start: number; typed: string } | null {
  const found = /(?:^|[\s(])@([^\s@]{0,30}(?: [^\s@]{1,30})?)$/u.exec(text.slice(0, caret));
  if (!found) return null;
  const typed = found[1] ?? "";
  return { start: caret - typed.length - 1, typed };
}
