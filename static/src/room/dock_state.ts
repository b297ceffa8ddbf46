import { create } from "zustand";
import type { Place } from "../frames";

const KEPT_AS = "twinspace.dock";

function kept(): boolean {
  try {
    return localStorage.getItem(KEPT_AS) !== "closed";
  } catch {
    return true;
  }
}

/** Whether the chat stands beside the work; this device remembers. */
export const useDock = create<{ isOpen: boolean }>()(() => ({ isOpen: kept() }));

/** Open the dock or close it. */
export function toggleDock(isOpen: boolean): void {
  useDock.setState({ isOpen });
  try {
    localStorage.setItem(KEPT_AS, isOpen ? "open" : "closed");
  } catch {
    // Storage is switched off: it holds until the page is left.
  }
}

/** Tell whether the dock can stand beside what is shown: where people write together. */
export function canDock({ tool, target }: Place, role: string): boolean {
  return role !== "visitor" && tool === "docs" && Boolean(target);
}
