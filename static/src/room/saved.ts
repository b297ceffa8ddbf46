import { create } from "zustand";

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
