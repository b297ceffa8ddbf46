import { type RefObject, useEffect } from "react";

/** Put the focus on the work when what had it is gone: a page left, a post approved or removed. */
export function useFocusKept(work: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    let last: EventTarget | null = null;
    let frame = 0;
    const note = (event: FocusEvent) => {
      last = event.target;
    };
    const look = () => {
      if (document.activeElement !== document.body) return;
      cancelAnimationFrame(frame);
      // A closing dialog gives the focus back by itself, before this frame.
      frame = requestAnimationFrame(() => {
        if (document.activeElement !== document.body || !(last instanceof Element)) return;
        if (!last.isConnected) work.current?.focus({ preventScroll: true });
      });
    };
    const changes = new MutationObserver(look);
    if (work.current) changes.observe(work.current, { childList: true, subtree: true });
    document.addEventListener("focusin", note);
    return () => {
      changes.disconnect();
      document.removeEventListener("focusin", note);
      cancelAnimationFrame(frame);
    };
  }, [work]);
}
