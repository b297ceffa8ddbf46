// @vitest-environment jsdom
import { act } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { onFarewell } from "../farewell";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import { useSignOut } from "./me";

const forget = vi.fn();
onFarewell(forget);

let signOut: ReturnType<typeof useSignOut>;
let went: string[];

function Seeing() {
  signOut = useSignOut();
  return null;
}

beforeEach(async () => {
  went = [];
  // jsdom does not go anywhere.
  vi.stubGlobal("location", { assign: (address: string) => went.push(address) });
  forget.mockReset();
  await mounted(
    <Language>
      <Seeing />
    </Language>,
  );
});

test("It goes on to the first page although the browser hides its databases.", async () => {
  expect(globalThis).not.toHaveProperty("indexedDB");
  vi.stubGlobal("fetch", async () => Response.json({}));
  forget.mockImplementation(() => expect(went).toEqual([]));
  signOut();
  await vi.waitFor(() => expect(went).toEqual(["/"]));
  expect(forget).toHaveBeenCalledOnce();
  expect(forget.mock.results).toMatchObject([{ type: "return" }]);
});

test("Nothing is forgotten when the server did not end the sign-in.", async () => {
  const refused = { error: { code: "internal", message: "It failed." } };
  const fetch = vi.fn(async () => Response.json(refused, { status: 500 }));
  vi.stubGlobal("fetch", fetch);
  await act(async () => signOut());
  expect(fetch).toHaveBeenCalledOnce();
  expect(forget).not.toHaveBeenCalled();
  expect(went).toEqual([]);
});
