/*
 * At one computer many children sit one after another, and a page can outlive a sign-in. What a
 * module keeps of the person at the keyboard, it forgets here.
 */
const farewells = new Set<() => void>();

/** Have something of the person forgotten when they have left. */
export function onFarewell(forget: () => void): void {
  farewells.add(forget);
}

/** Forget what is kept of the person: they have signed out, or the room has closed for them. */
export function sayFarewell(): void {
  for (const forget of farewells) forget();
}
