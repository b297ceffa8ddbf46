// When this person was last here, on this device: what is newer is new to them.

const PREFIX = "twinspace.visit.";
/** On a first visit, the last week is new. */
const FIRST_VISIT_MS = 7 * 86_400_000;
/** Coming back within this time continues the same visit. */
const SAME_VISIT_MS = 30 * 60_000;

interface Visit {
  /** What counts as new since then. */
  since: number;
  /** When the person was last seen. */
  seen: number;
}

function read(key: string): Visit | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    if (typeof kept !== "object" || kept === null) return null;
    const { since, seen } = kept as Partial<Visit>;
    return typeof since === "number" && typeof seen === "number" ? { since, seen } : null;
  } catch {
    return null;
  }
}

/** Note that a member is here now, and return the moment after which things are new to them. */
export function visit(memberId: string, now = Date.now()): number {
  const key = PREFIX + memberId;
  const before = read(key);
  let since = now - FIRST_VISIT_MS;
  if (before) since = now - before.seen < SAME_VISIT_MS ? before.since : before.seen;
  try {
    localStorage.setItem(key, JSON.stringify({ since, seen: now } satisfies Visit));
  } catch {
    // Storage is switched off: every visit is a first one.
  }
  return since;
}
