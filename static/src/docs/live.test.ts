// @vitest-environment jsdom
import { IDBFactory, IDBKeyRange, IDBObjectStore } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";
import type { RoomConnection } from "../connection";
import { DocumentSocket } from "../document_socket";
import { LiveDocument } from "./live";
import { localCopies, localName, readUnsent, unsentCopies } from "./local";
import { unsentWords } from "./unsent_words";
import { FRAME_MAX_BYTES } from "./wire";

const PING = Uint8Array.of(9).buffer;

let line: DocumentSocket;
let sent: (ArrayBuffer | Uint8Array)[];
let ends: (() => void)[];
let live: LiveDocument;

beforeEach(async () => {
  localStorage.clear();
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
  sent = [];
  ends = [];
  const wire = {
    attach: (socket: DocumentSocket) => {
      line = socket;
      socket.opened();
      socket.received(PING);
    },
    send: (data: ArrayBuffer | Uint8Array) => sent.push(data),
    close: () => {},
  };
  const connection = {
    DocumentSocket: class extends DocumentSocket {
      constructor() {
        super(wire);
      }
    },
    onStop: (end: () => void) => ends.push(end),
  };
  live = new LiveDocument(connection as unknown as RoomConnection, "maja", "river", 1);
  await vi.waitFor(() => expect(sent.length).toBeGreaterThan(2)); // Pong, Auth, SyncStep1
});

afterEach(() => {
  live.close();
  for (const end of ends) end();
});

/** Have the server say something about the document. */
function tell(...message: number[]): void {
  const address = new TextEncoder().encode("river.1");
  line.received(Uint8Array.of(address.length, ...address, ...message).buffer);
}

/** Have the server let this copy in and hold all of it. */
function settle(): void {
  const scope = new TextEncoder().encode("read-write");
  tell(2, 2, scope.length, ...scope); // Auth: authenticated
  tell(0, 1, 2, 0, 0); // SyncStep2: nothing that is not here
  tell(8, 1); // SyncStatus: applied
}

test("The first change after all was confirmed is unsaved until it is confirmed itself.", () => {
  settle();
  expect(live.state.getState()).toMatchObject({ isSynced: true, unsaved: false, since: null });
  live.doc.getText("t").insert(0, "a");
  expect(live.state.getState()).toMatchObject({ unsaved: true, since: expect.any(Number) });
  const name = localName("maja", "river", 1);
  expect(readUnsent(name)?.clients).toEqual({ [live.doc.clientID]: 0 });
  tell(8, 1);
  expect(live.state.getState()).toMatchObject({ unsaved: false, since: null });
  expect(readUnsent(name)).toBeNull();
});

test("What no frame can hold is refused here, and does not cut the room's line.", () => {
  const before = sent.length;
  live.doc.getText("t").insert(0, "x".repeat(1024 * 1024));
  expect(sent).toHaveLength(before + 1);
  expect(live.state.getState().refused).toBeNull();
  live.doc.getText("t").insert(0, "x".repeat(FRAME_MAX_BYTES));
  expect(sent).toHaveLength(before + 1);
  expect(live.state.getState()).toMatchObject({ refused: "too-large", mayWrite: false });
  expect(line.isOpen).toBe(true);
});

test("A copy that no frame can hold is refused whenever the server asks for it.", () => {
  live.doc.getText("t").insert(0, "x".repeat(FRAME_MAX_BYTES / 2));
  live.doc.getText("t").insert(0, "y".repeat(FRAME_MAX_BYTES / 2));
  expect(live.state.getState().refused).toBeNull();
  const before = sent.length;
  tell(0, 0, 1, 0); // SyncStep1: who asks has nothing yet
  expect(live.state.getState()).toMatchObject({ refused: "too-large", mayWrite: false });
  expect(sent).toHaveLength(before);
});

const NAME = localName("maja", "river", 1);

/** Read what a page would find that is opened after this one. */
async function kept(name = NAME): Promise<Y.Doc> {
  const doc = new Y.Doc();
  const copy = new IndexeddbPersistence(name, doc);
  await copy.whenSynced;
  await copy.destroy();
  return doc;
}

/** Follow whether the words are kept, and whether the browser asks before the page is left. */
function follow(): { isKept: boolean; asks: boolean }[] {
  const told: { isKept: boolean; asks: boolean }[] = [];
  live.state.subscribe(({ isKept }, before) => {
    if (isKept === before.isKept) return;
    const leave = new Event("beforeunload", { cancelable: true });
    told.push({ isKept, asks: !window.dispatchEvent(leave) });
  });
  return told;
}

const LOST_AND_KEPT = [
  { isKept: false, asks: true },
  { isKept: true, asks: false },
];

test("What is written after the copy was taken away reaches the server, and is kept again.", async () => {
  settle();
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(NAME).onsuccess = resolve;
  });
  const told = follow();
  const before = sent.length;
  live.doc.getText("t").insert(0, "a");
  live.doc.getText("t").insert(1, "b");
  expect(sent).toHaveLength(before + 2);
  expect(live.state.getState()).toMatchObject({ unsaved: true, since: expect.any(Number) });
  await vi.waitFor(() => expect(told).toEqual(LOST_AND_KEPT));
  expect(readUnsent(NAME)?.clients).toEqual({ [live.doc.clientID]: 0 });
  expect((await kept()).getText("t").toString()).toBe("ab");
});

test("Unsent words are kept again when the copy is taken away, without another letter.", async () => {
  settle();
  live.doc.getText("t").insert(0, "words");
  const told = follow();
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(NAME).onsuccess = resolve;
  });
  await vi.waitFor(() => expect(told).toEqual(LOST_AND_KEPT));
  expect((await kept()).getText("t").toString()).toBe("words");
});

test("Unsent words of a refused document are kept again, too.", async () => {
  settle();
  live.doc.getText("t").insert(0, "x".repeat(FRAME_MAX_BYTES));
  expect(live.state.getState().refused).toBe("too-large");
  const told = follow();
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(NAME).onsuccess = resolve;
  });
  await vi.waitFor(() => expect(told).toEqual(LOST_AND_KEPT));
});

test("A change that the copy has no room for is not called kept.", async () => {
  settle();
  const told = follow();
  const add = vi.spyOn(IDBObjectStore.prototype, "add").mockImplementationOnce(function (
    this: IDBObjectStore,
  ) {
    this.transaction.abort(); // as the browser does, after it has taken the request
    return {} as IDBRequest<IDBValidKey>;
  });
  live.doc.getText("t").insert(0, "a");
  await vi.waitFor(() => expect(told).toEqual(LOST_AND_KEPT));
  expect(add.mock.calls.length).toBeGreaterThan(1);
  expect((await kept()).getText("t").toString()).toBe("a");
});

test("What the server has not confirmed is set aside when the copy is thrown away.", async () => {
  settle();
  live.doc.getText("t").insert(0, "Saved. ");
  tell(8, 1);
  live.doc.getText("t").insert(7, "An hour's words.");
  await live.discard();
  await vi.waitFor(async () => expect(await localCopies(NAME)).not.toContain(NAME));
  const [aside = ""] = await localCopies(NAME);
  const unsent = readUnsent(aside) ?? { since: 0, clients: {} };
  expect(unsentWords(await kept(aside), "text", unsent)).toEqual(["An hour's words."]);
  expect(readUnsent(NAME)).toBeNull();
  expect(unsentCopies("maja")).toEqual([]); // it is not sent again
});

test("Nothing is set aside when all is confirmed.", async () => {
  settle();
  await live.discard();
  await vi.waitFor(async () => expect(await localCopies(NAME)).toEqual([]));
});
