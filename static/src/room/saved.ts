import { create } from "zustand";
import { useConnection } from "../connection";
import type { SavedState } from "../ui/marks";
import { useNow } from "../ui/time";

interface Saved {
  /** Whether something that was written is not on the server yet; null: nothing is being written. */
  unsaved: boolean | null;
  /** When the oldest such change was made, in milliseconds. */
  since: number | null;
  /** Whether this device keeps such changes until the server has them. */
  isKept: boolean;
}

/**
 * What the saved sign of the room's header tells.
 *
 * The open document sets it, and sets it back when it is closed.
 */
export const useSaved = create<Saved>()(() => ({
  unsaved: null,
  since: null,
  isKept: false,
}));

/** After this long a change on its way counts as late, and its age is told. */
const LATE_MS = 2_000;

/** Return what the saved sign says now; null while nothing is being written. */
export function useSavedSign(): { state: SavedState; seconds: number } | null {
  const unsaved = useSaved((saved) => saved.unsaved);
  const isKept = useSaved((saved) => saved.isKept);
  const isOpen = useConnection(({ status }) => status === "open");
  const now = useNow(unsaved ? 1_000 : null);
  if (unsaved === null) return null;
  // Looked up each second, not followed: with every letter another change is the oldest.
  const { since } = useSaved.getState();
  const ageMs = since === null ? 0 : Math.max(0, now - since);
  let state: SavedState = "saved";
  if (!isOpen && isKept) state = "offline";
  else if (unsaved) state = !isOpen || ageMs > LATE_MS ? "late" : "saving";
  return { state, seconds: Math.floor(ageMs / 1_000) };
}
