// @vitest-environment jsdom

import { act, useRef } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { useFocusKept } from "./focus";

function Page({ names }: { names: string[] }) {
  const work = useRef<HTMLElement>(null);
  useFocusKept(work);
  return (
    <main ref={work} tabIndex={-1}>
      {names.map((name) => (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as a panel of tabs has it
        <div key={name} id={name} role="tabpanel" tabIndex={0} />
      ))}
    </main>
  );
}

const element = document.createElement("div");
element.id = "root";
let show: (...names: string[]) => Promise<void>;
let leave: () => void;

beforeEach(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  document.body.append(element);
  const root = createRoot(element);
  show = (...names) => act(async () => root.render(<Page names={names} />));
  leave = () => act(() => root.unmount());
  await show("anna", "bo");
});

afterEach(() => {
  leave();
  element.remove();
});

function focus(id: string): HTMLElement {
  const one = document.getElementById(id);
  if (!one) throw new Error(id);
  one.focus();
  return one;
}

async function focused(): Promise<string | undefined> {
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return document.activeElement?.tagName;
}

test("with what had the focus gone, the work has it", async () => {
  focus("anna");
  await show("bo");
  expect(await focused()).toBe("MAIN");
});

test("with what had the focus not able to have it any more, the work has it", async () => {
  const anna = focus("anna");
  anna.blur(); // a browser does this by itself when it cannot have it any more
  anna.removeAttribute("tabindex");
  expect(await focused()).toBe("MAIN");
});

test("who put the focus nowhere is left in peace", async () => {
  focus("anna").blur();
  await show("anna", "bo", "cleo");
  expect(await focused()).toBe("BODY");
});
