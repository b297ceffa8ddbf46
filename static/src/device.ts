/** Read what is kept on this device by a name; null if that is nothing, or not what we wrote. */
export function readFromDevice<Kept>(name: string): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null") as Kept | null;
  } catch {
    return null; // storage is switched off, or holds something else
  }
}

/** Keep something on this device by a name; null takes it away. */
export function keepOnDevice(name: string, kept: unknown): void {
  try {
    if (kept === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(kept));
  } catch {
    // Storage is switched off or full: it holds until the page is left.
  }
}

/** List the names that begin with `prefix`, by which something is kept on this device. */
export function namesOnDevice(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  } catch {
    return []; // storage is switched off
  }
}
