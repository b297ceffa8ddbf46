// @vitest-environment jsdom
import { expect, test, vi } from "vitest";
import * as Y from "yjs";
import { startLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import { mounted } from "../mounted";
import { RefusedBanner } from "./document";

/** Show why a copy is refused; returns the line and its buttons. */
async function told(code: string): Promise<{ text: string; buttons: (string | null)[] }> {
  await startLanguage();
  const page = await mounted(
    <Language>
      <RefusedBanner
        document={{ kind: "text" } as never}
        live={{ doc: new Y.Doc() } as never}
        code={code}
        onAgain={vi.fn()}
      />
    </Language>,
  );
  const buttons = [...page.querySelectorAll("button")].map((button) => button.textContent);
  return { text: page.textContent ?? "", buttons };
}

test("A refused copy can be thrown away.", async () => {
  const { text, buttons } = await told("schema-node");
  expect(text).toContain("The server could not take your last change.");
  expect(buttons).toEqual(["See my copy", "Open the saved text"]);
});

test("A copy that is taken later is not offered to be thrown away.", async () => {
  const { text, buttons } = await told("new-clients");
  expect(text).toContain("Wait a while, then load it again.");
  expect(buttons).toEqual(["See my copy"]);
});
