import { create } from "zustand";

export type Theme = "system" | "light" | "dark";

// early.js reads the same name before the first paint.
const KEPT_AS = "twinspace.theme";

function current(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

const useStore = create<{ theme: Theme }>()(() => ({ theme: current() }));

/** Return the theme that this person chose on this device. */
export function useTheme(): Theme {
  return useStore((state) => state.theme);
}

/** Change the theme at once, and for the next visits from this device. */
export function chooseTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  useStore.setState({ theme });
  try {
    if (theme === "system") localStorage.removeItem(KEPT_AS);
    else localStorage.setItem(KEPT_AS, theme);
  } catch {
    // Storage is switched off: the choice holds until the page is left.
  }
}
