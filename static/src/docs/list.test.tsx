// @vitest-environment jsdom
import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import { Refused } from "../refused";
import { RoomHere } from "../room/context";
import { DocumentList } from "./list";

let page: HTMLElement;
let refuse: (why: Refused) => void;

beforeEach(async () => {
  vi.useFakeTimers();
  await startLanguage();
  const ask = () =>
    new Promise((_, reject) => {
      refuse = reject;
    });
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

afterEach(() => vi.useRealTimers());

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
