import { useLayoutEffect } from "react";
import { create } from "zustand";

/** Whether the work shows in its own header what the room's header would. */
export const useHead = create<{ isTaken: boolean }>()(() => ({ isTaken: false }));

/**
 * Leave the room's header out while this is shown, where one line has to do.
 *
 * Who takes its place draws `HeadSaved` and `WhoIsHere` itself.
 */
export function useOwnHead(isOwn: boolean): void {
  // Before the page is painted: never two headers, and no jump.
  useLayoutEffect(() => {
    if (!isOwn) return;
    useHead.setState({ isTaken: true });
    return () => useHead.setState({ isTaken: false });
  }, [isOwn]);
}
