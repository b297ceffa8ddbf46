// @vitest-environment jsdom
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const ORIGIN = "https://twinspace.test";

let reload: ReturnType<typeof vi.fn>;
let isAnswered: boolean;
let ends: AbortController;

/** Load the page, as far as its first script, with a part that does not come. */
function open(pathname = "/sign-in"): void {
  ends?.abort();
  ends = new AbortController();
  const { signal } = ends;
  const source = readFileSync(join(import.meta.dirname, "early.js"), "utf8");
  const place = { origin: ORIGIN, protocol: "https:", host: "twinspace.test", pathname, reload };
  const listen = (type: string, listener: () => void, capture: boolean) =>
    addEventListener(type, listener, { capture, signal });
  new Function("location", "addEventListener", source)(place, listen);
}

function lose(): void {
  const part = document.createElement("link");
  part.href = `${ORIGIN}/assets/base.js`;
  document.head.append(part);
  part.dispatchEvent(new Event("error"));
}

function draw(): void {
  document.getElementById("root")?.append(document.createElement("main"));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  document.body.innerHTML = '<div id="root"></div>';
  sessionStorage.clear();
  reload = vi.fn();
  isAnswered = true;
  vi.stubGlobal("fetch", async () => ({ ok: isAnswered }));
});

afterEach(() => {
  ends.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Return after how many seconds the page is loaded again. */
async function reloadedAfter(): Promise<number> {
  const before = reload.mock.calls.length;
  for (let seconds = 1; seconds <= 1_000; seconds += 1) {
    await vi.advanceTimersByTimeAsync(1_000);
    if (reload.mock.calls.length > before) return seconds;
  }
  throw new Error("it is not loaded again");
}

test("A part that is missing for good has the page loaded ever more rarely.", async () => {
  const delays: number[] = [];
  for (let loads = 0; loads < 9; loads += 1) {
    open();
    lose();
    delays.push(await reloadedAfter());
  }
  expect(delays).toEqual([3, 6, 12, 24, 48, 96, 192, 300, 300]);
});

test("While the server does not answer, it is asked again, and nothing is loaded.", async () => {
  isAnswered = false;
  open();
  lose();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reload).not.toHaveBeenCalled();
  isAnswered = true;
  await reloadedAfter();
  open();
  lose();
  expect(await reloadedAfter()).toBe(6); // only loads without success count
});

test("Without storage it is loaded again, at a slow pace.", async () => {
  const off = () => {
    throw new Error("switched off");
  };
  vi.stubGlobal("sessionStorage", { getItem: off, setItem: off });
  for (let loads = 0; loads < 2; loads += 1) {
    open();
    lose();
    expect(await reloadedAfter()).toBe(30);
  }
});

test("What is drawn before the wait is over stays.", async () => {
  const asked = vi.fn();
  vi.stubGlobal("fetch", asked);
  open();
  lose();
  draw();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).not.toHaveBeenCalled();
});

test("What is drawn while the server is asked stays.", async () => {
  vi.stubGlobal("fetch", async () => {
    draw();
    return { ok: true };
  });
  open();
  lose();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(reload).not.toHaveBeenCalled();
});

test("A room whose part is lost has nobody in it.", () => {
  const close = vi.fn();
  vi.stubGlobal(
    "WebSocket",
    class {
      close = close;
    },
  );
  open("/rooms/room");
  expect(window.twinspaceEarly).toBeDefined();
  lose();
  expect(close).toHaveBeenCalledOnce();
  expect(window.twinspaceEarly).toBeUndefined();
});
