import { type RefObject, useEffect } from "react";

/** Return an element and what it stands in, from the inside out, up to the page or `end`. */
function withAround(element: Element, end: Element | null): Element[] {
  const all = [];
  let one: Element | null = element;
  for (; one && one !== end && one !== document.body; one = one.parentElement) all.push(one);
  return all;
}

/** Tell whether something had the focus and cannot have it any more. */
function isGone(element: Element | undefined): boolean {
  if (element === undefined) return false;
  // A panel may have the focus only as long as nothing in it may, as behind a dialog.
  const isPlain =
    element instanceof HTMLElement && element.tabIndex < 0 && !element.hasAttribute("tabindex");
  return isPlain || !element.isConnected || element.matches(":disabled");
}

/** Put the focus on something, if it is there, or drawn anew, and can have it. */
function tryFocus(element: Element): boolean {
  const there = element.isConnected ? element : document.getElementById(element.id);
  if (there instanceof HTMLElement) there.focus();
  return there !== null && document.activeElement === there;
}

/**
 * Keep the focus near to where it was when what had it is gone: a post approved, a reaction taken
 * back, the composer of a chat that was closed.
 *
 * It goes to the nearest thing around that can have it, such as the message; else to the work.
 */
export function useFocusKept(work: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    let last: Element | undefined;
    let places: Element[] = [];
    let frame = 0;
    const note = ({ target }: FocusEvent) => {
      if (!(target instanceof Element)) return;
      last = target;
      // A dialog stands in nothing of the page; what is behind it is where one comes back to.
      if (document.getElementById("root")?.contains(target)) {
        places = withAround(target, work.current);
      }
    };
    const look = () => {
      if (document.activeElement !== document.body) return;
      cancelAnimationFrame(frame);
      // A closing dialog gives the focus back by itself, before this frame.
      frame = requestAnimationFrame(() => {
        if (document.activeElement !== document.body || !isGone(last)) return;
        if (!places.some(tryFocus)) work.current?.focus({ preventScroll: true });
      });
    };
    const changes = new MutationObserver(look);
    changes.observe(document.body, {
      childList: true,
      subtree: true,
      // What is behind a dialog can have the focus only once the dialog lets go of the page.
      attributeFilter: ["disabled", "inert", "tabindex"],
    });
    document.addEventListener("focusin", note);
    return () => {
      changes.disconnect();
      document.removeEventListener("focusin", note);
      cancelAnimationFrame(frame);
    };
  }, [work]);
}
