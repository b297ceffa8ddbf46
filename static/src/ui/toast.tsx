import { UNSTABLE_ToastQueue as ToastQueue } from "react-aria-components";

const SHOWN_MS = 6000;

/** What is being said; `toasts.tsx` draws it. */
export const queue = new ToastQueue<string>({ maxVisibleToasts: 3 });

/**
 * Say briefly that something has been done, or could not be done.
 *
 * For what needs an answer or must not be missed, use a banner or a dialog.
 */
export function toast(text: string): void {
  queue.add(text, { timeout: SHOWN_MS });
}

/** Take away what was said: it would stand in the way of what comes. */
export function clearToasts(): void {
  queue.clear();
}
