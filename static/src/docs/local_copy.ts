import { IndexeddbPersistence, PREFERRED_TRIM_SIZE, storeState } from "y-indexeddb";
import * as Y from "yjs";

/** How long a copy may take before the document opens without it. */
const OPEN_MS = 3_000;

/** How long a copy that failed is left alone. */
const AGAIN_MS = 5_000;

const UPDATES = "updates";

function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name);
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => resolve(asked.result);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore(UPDATES, { autoIncrement: true });
      asked.result.createObjectStore("custom");
    };
  });
}

/** Add an update; returns when it is stored. */
function put(db: IDBDatabase, update: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(UPDATES, "readwrite");
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.objectStore(UPDATES).add(update);
  });
}

/** Store all of a document in a copy of this name; returns when it is stored. */
export async function storeCopy(name: string, doc: Y.Doc): Promise<void> {
  const db = await openDatabase(name);
  await put(db, Y.encodeStateAsUpdate(doc)).finally(() => db.close());
}

/**
 * The copy of an open document on this device.
 *
 * A browser closes it under the page (another tab deletes it, a phone has put the page aside) or
 * has no room for more. Then it is opened anew, and all of the document is stored again. Nothing
 * that happens to it is thrown at the document: a handler that throws would end all others.
 */
export class LocalCopy {
  readonly #name: string;
  readonly #doc: Y.Doc;
  readonly #isNeeded: () => boolean;
  readonly #onKept: (isKept: boolean) => void;
  #local: IndexeddbPersistence | null = null;
  #isOpening = false;
  /** Whether all changes but those on their way into the copy are in it. */
  #isWhole = true;
  #notBefore = 0;
  #stored = 0;

  /**
   * Args:
   *   isNeeded: Whether the document holds what this device alone has.
   *   onKept: Told when the copy begins or ceases to hold all of the document.
   */
  constructor(
    name: string,
    doc: Y.Doc,
    { isNeeded, onKept }: { isNeeded: () => boolean; onKept: (isKept: boolean) => void },
  ) {
    this.#name = name;
    this.#doc = doc;
    this.#isNeeded = isNeeded;
    this.#onKept = onKept;
  }

  /** Read the copy into the document; returns when that is done, has failed, or takes too long. */
  async open(): Promise<void> {
    await Promise.race([
      this.#open(),
      new Promise<void>((resolve) => setTimeout(resolve, OPEN_MS)),
    ]);
  }

  /** Store every change from now on; to be called when all who come before this are listening. */
  follow(): void {
    this.#doc.on("update", this.#update);
  }

  /** Whether a change was read from this copy. */
  isOrigin(origin: unknown): boolean {
    return origin instanceof IndexeddbPersistence;
  }

  /** Take the copy off this device. */
  async clear(): Promise<void> {
    this.#doc.off("update", this.#update);
    await this.#local?.clearData();
  }

  async #open(): Promise<void> {
    if (this.#isOpening || Date.now() < this.#notBefore) return;
    this.#isOpening = true;
    void this.#local?.destroy();
    try {
      // Asked first, because the library leaves a refusal of the browser unanswered.
      (await openDatabase(this.#name)).close();
      if (this.#doc.isDestroyed) return;
      const local = new IndexeddbPersistence(this.#name, this.#doc);
      // The library's own handler throws when the database was closed.
      this.#doc.off("update", local._storeUpdate);
      this.#local = local;
      await local.whenSynced;
      for (const event of ["close", "versionchange"]) {
        local.db?.addEventListener(event, () => {
          // Kept again only if there is need: a copy is also deleted when somebody signs out.
          if (this.#isNeeded()) this.#lost();
        });
      }
      if (!this.#isWhole) {
        this.#isWhole = true; // what is changed from here on is stored by itself
        await this.#store(Y.encodeStateAsUpdate(this.#doc));
      }
      await storeState(local, false); // many small updates become one
      this.#onKept(this.#isWhole);
    } catch {
      // A private window, or a full disk: the server alone keeps it.
      this.#isWhole = false;
      this.#notBefore = Date.now() + AGAIN_MS;
      this.#onKept(false);
    } finally {
      this.#isOpening = false;
    }
  }

  readonly #update = (update: Uint8Array, origin: unknown): void => {
    if (this.isOrigin(origin)) return;
    if (this.#isWhole) this.#store(update).catch(() => this.#lost());
    else void this.#open();
  };

  async #store(update: Uint8Array): Promise<void> {
    const local = this.#local;
    if (!local?.db) throw new Error("The copy is not open.");
    await put(local.db, update);
    this.#stored += 1;
    if (this.#stored % PREFERRED_TRIM_SIZE === 0) await storeState(local);
  }

  #lost(): void {
    this.#isWhole = false;
    this.#onKept(false);
    void this.#open();
  }
}
