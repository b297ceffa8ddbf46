/** What a copy on this device holds that the server has not confirmed. */
export interface Unsent {
  /** When the oldest such change was made. */
  since: number;
  /** For each Yjs client id of this member, the clock from which on nothing is confirmed. */
  clients: Record<string, number>;
}

const PREFIX = "twinspace.";
const UNSENT = "twinspace.unsent.";

/** Begin the names of a member's copies of a document. */
export function localPrefix(memberId: string, documentId: string): string {
  // Shared computers: Ann's unsent words must not go out in Carl's name.
  return `${PREFIX}${memberId}.${documentId}.`;
}

/** Name the copy of a document on this device: one for each member and epoch. */
export function localName(memberId: string, documentId: string, epoch: number): string {
  return `${localPrefix(memberId, documentId)}${epoch}`;
}

/** Name a copy that is set aside: its words are offered, but never sent. */
export function asideName(name: string): string {
  return `${name}.${Date.now()}`;
}

/** Return what a copy holds that is not confirmed; null if all of it is. */
export function readUnsent(name: string): Unsent | null {
  try {
    return JSON.parse(localStorage.getItem(UNSENT + name) ?? "null") as Unsent | null;
  } catch {
    return null;
  }
}

/** Note what a copy holds that is not confirmed. */
export function writeUnsent(name: string, unsent: Unsent | null): void {
  try {
    if (unsent) localStorage.setItem(UNSENT + name, JSON.stringify(unsent));
    else localStorage.removeItem(UNSENT + name);
  } catch {
    // Storage is full or switched off: the copy is then taken for confirmed.
  }
}

/**
 * List the documents, with their epochs, of which a member's copy holds what is not confirmed.
 *
 * A copy that is set aside is none of them.
 */
export function unsentCopies(memberId: string): { documentId: string; epoch: number }[] {
  const prefix = `${UNSENT}${PREFIX}${memberId}.`;
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length).split("."))
    .filter((parts) => parts.length === 2)
    .map(([documentId = "", epoch]) => ({ documentId, epoch: Number(epoch) }));
}

/** List the copies on this device; none where the browser cannot tell. */
export async function localCopies(prefix: string): Promise<string[]> {
  const all = (await indexedDB.databases?.()) ?? [];
  return all.map(({ name }) => name ?? "").filter((name) => name.startsWith(prefix));
}

/** Take a copy off this device. */
export function deleteLocal(name: string): void {
  indexedDB.deleteDatabase(name);
  writeUnsent(name, null);
}

/**
 * Take all copies off this device, when somebody signs out.
 *
 * What the server has not confirmed stays, and goes out when its author comes back.
 */
export async function forgetLocal(): Promise<void> {
  for (const name of await localCopies(PREFIX)) {
    if (!readUnsent(name)) deleteLocal(name);
  }
}
