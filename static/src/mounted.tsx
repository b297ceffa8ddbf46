import { act, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, vi } from "vitest";

let leave = async () => {};

/** For a test: draw something in a page of its own, which goes when the test has ended. */
export async function mounted(drawn: ReactNode): Promise<HTMLElement> {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  const page = document.body.appendChild(document.createElement("div"));
  const root = createRoot(page);
  leave = async () => {
    await act(() => root.unmount());
    page.remove();
  };
  await act(() => root.render(drawn));
  return page;
}

afterEach(() => leave());
