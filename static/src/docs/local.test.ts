// @vitest-environment jsdom
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";
import {
  forgetLocal,
  localCopies,
  localName,
  readUnsent,
  unsentCopies,
  writeUnsent,
} from "./local";

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
});

async function keep(name: string): Promise<void> {
  const doc = new Y.Doc();
  const local = new IndexeddbPersistence(name, doc);
  await local.whenSynced;
  doc.getText("t").insert(0, "words");
  await local.destroy();
}

test("Signing out takes the copies away, but for what was never confirmed.", async () => {
  const names = [localName("maja", "river", 1), localName("maja", "lake", 1)] as const;
  for (const name of names) await keep(name);
  writeUnsent(names[1], { since: 1, clients: { 7: 0 } });
  await forgetLocal();
  await vi.waitFor(async () => {
    expect(await localCopies("twinspace.")).toEqual([names[1]]);
  });
  expect(readUnsent(names[1])).toEqual({ since: 1, clients: { 7: 0 } });
});

test("The copies with unsent words are found for their author alone.", () => {
  const unsent = { since: 1, clients: { 7: 0 } };
  writeUnsent(localName("maja", "river", 3), unsent);
  writeUnsent(localName("maja", "lake", 1), unsent);
  writeUnsent(localName("maja", "lake", 1), null);
  writeUnsent(localName("loke", "river", 3), unsent);
  expect(unsentCopies("maja")).toEqual([{ documentId: "river", epoch: 3 }]);
});
