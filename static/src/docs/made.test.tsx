// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import { mounted } from "../mounted";
import { noteMade, useFirstWords } from "./made";

/** Open a document to write in or to read; returns what is called to put the focus there. */
async function opened(id: string, mayWrite: boolean, can = true) {
  const focus = vi.fn(() => can);
  function Editor() {
    useFirstWords(id, mayWrite, focus);
    return <input />;
  }
  return { page: await mounted(<Editor />), focus };
}

test("The text of a document that was just made gets the focus, once.", async () => {
  noteMade("tides");
  expect((await opened("page", true)).focus).not.toHaveBeenCalled();
  expect((await opened("tides", false)).focus).not.toHaveBeenCalled();
  expect((await opened("tides", true, false)).focus, "it cannot yet").toHaveBeenCalledOnce();
  expect((await opened("tides", true)).focus).toHaveBeenCalledOnce();
  expect((await opened("tides", true)).focus).not.toHaveBeenCalled();
});

test("Nobody is taken away from what they have gone to meanwhile.", async () => {
  const { page } = await opened("chat", true);
  page.querySelector("input")?.focus();
  noteMade("tides");
  expect((await opened("tides", true)).focus).not.toHaveBeenCalled();
});
