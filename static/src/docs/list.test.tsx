// @vitest-environment jsdom
import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import { Refused } from "../refused";
import { RoomHere } from "../room/context";
import { useDirectory } from "../room/directory";
import { DocumentList } from "./list";
import { type Document, load } from "./store";

let page: HTMLElement;
let refuse: (why: Refused) => void;
let ask: ReturnType<typeof vi.fn>;

beforeEach(async () => {
  vi.useFakeTimers();
  // jsdom has no screen, and so no media: this one is no phone's.
  const media = { matches: false, addEventListener: () => {}, removeEventListener: () => {} };
  vi.stubGlobal("matchMedia", () => media);
  await startLanguage();
  ask = vi.fn(
    () =>
      new Promise((_, reject) => {
        refuse = reject;
      }),
  );
  const you = { member_id: "maja", role: "pupil" };
  const room = { ask, you, href: (path: string) => path } as never;
  page = await mounted(
    <Language>
      <RoomHere value={room}>
        <DocumentList />
      </RoomHere>
    </Language>,
  );
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  act(() => load({ documents: [], folders: [] }));
});

/** Show a document that Anna has made, and read what its row says. */
async function rowOf(facts: Partial<Document>): Promise<string> {
  const [anna, maja] = ["anna", "maja"].map((id) => ({ id, name: id }) as never);
  const made = { id: "page", title: "Seas", kind: "rich", created_by: "anna", created_at: 1 };
  const document = { ...made, archived: false, folder_id: null, state: "open", ...facts } as never;
  await act(async () => {
    useDirectory.setState({ members: { anna, maja } as never });
    load({ documents: [document], folders: [] });
  });
  return page.querySelector("li")?.textContent ?? "";
}

test("Who wrote in a document last is named, and not who made it.", async () => {
  const row = await rowOf({ written_at: 3, written_by: "maja", updated_at: 4 });
  expect(row).toMatch(/Last written: .* · maja/);
  expect(row).not.toContain("anna");
});

test("Where nobody has written, it says who made it; where nobody knows, it names nobody.", async () => {
  expect(await rowOf({ written_at: 0, written_by: null })).toMatch(/Made: .* · anna/);
  const row = await rowOf({ written_at: 3, written_by: null });
  expect(row).toContain("Last written:");
  expect(row).not.toContain("anna");
});

/** Write words into the search, and wait until the server is asked. */
async function search(words: string): Promise<void> {
  const field = page.querySelector("input");
  if (!field) throw new Error("there is no search");
  await act(async () => {
    // React hears of a value only if it is set past its own setter.
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value") ?? {};
    set?.call(field, words);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await act(() => vi.advanceTimersByTimeAsync(1_000));
}

test("A search that failed says why, and not that nothing was found.", async () => {
  await search("walrus");
  await act(async () => refuse(new Refused({ code: "storage.disk_full", message: "Later." })));
  const alert = page.querySelector("[role=alert]")?.textContent;
  expect(alert).toBeTruthy();
  expect(page.textContent).not.toContain("Nothing was found");
  await search("");
  expect(page.querySelector("[role=alert]")).toBeNull();
});

test("The server is asked for what it takes: 2 to 100 characters.", async () => {
  await search("🦭"); // one character, of two parts
  expect(ask).not.toHaveBeenCalled();
  await search("🦭🦭");
  expect(ask).toHaveBeenCalledWith("docs.search", { text: "🦭🦭" });
  expect(page.querySelector("input")?.maxLength).toBe(100);
});
