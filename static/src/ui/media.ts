import { useSyncExternalStore } from "react";

/** A window in which one pane is shown at a time; the style sheets have the same limit. */
export const PHONE = "(max-width: 47.99rem)";

/** Return whether the window is as a CSS media query says. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = window.matchMedia(query);
      media.addEventListener("change", changed);
      return () => media.removeEventListener("change", changed);
    },
    () => window.matchMedia(query).matches,
  );
}
