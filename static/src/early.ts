const views = import.meta.glob("./*/view.tsx");

/**
 * Begin to fetch what an address of a room needs, all at once.
 *
 * Otherwise each part would ask for the next one only when it is drawn, and a slow line would be
 * waited for four times in a row.
 */
export function fetchEarly(path: string): void {
  const [, rooms, , tool = ""] = path.split("/");
  if (rooms !== "rooms") return;
  const wanted = [import("./room/room"), views[`./${tool || "home"}/view.tsx`]?.()];
  for (const part of wanted) {
    part?.catch(() => {
      // Whoever needs it asks again, and tells what is wrong.
    });
  }
}
