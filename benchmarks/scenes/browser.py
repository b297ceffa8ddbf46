"""Opening a room in a browser: a slow processor, a slow line, nothing kept from before."""

import asyncio
import os
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Cookie, async_playwright

from benchmarks.bench import Bench
from benchmarks.contenders import SQLITE, ours
from benchmarks.figures import Figures
from benchmarks.report import Section, Table, against, amount
from tests import programs
from tests.browser.window import WIDTHS
from twinspace_rt.admin import MakeDemo, ask

LATENCIES_MS = (40, 150)
DOWN_BIT_S, UP_BIT_S = 1.6e6, 750e3
SLOWER = 4
ROUNDS = 5
TARGET_MS = 2000
WHO, LANGUAGE, WIDTH = "Maja", "sv-SE", 390
PATIENCE_S = 60
KIB = 1024

# Told once, after the frame in which the work has its heading.
_TELL = """
new MutationObserver((_, observer) => {
    if (!document.querySelector("main h1")) return;
    observer.disconnect();
    requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => contentDrawn(String(performance.now()));
        after.port2.postMessage(null);
    });
}).observe(document, { childList: true, subtree: true });
"""
_SIGN_IN = """
async (token) => {
    await fetch("/api/link/sign-in", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token }),
    });
    return (await (await fetch("/api/me")).json()).rooms[0].id;
}
"""
_FIRST_PAINT = 'performance.getEntriesByName("first-paint")[0].startTime'


def run(bench: Bench) -> None:
    """Open the demonstration's room as one of its pupils, each time in a new browser's state."""
    with (
        bench.attempt("opening a room in a browser"),
        ours(SQLITE, bench.folder / "browser", bench.cores) as server,
    ):
        ways: Any = ask(server.nodes[0].settings, MakeDemo())
        link = next(way["link"] for way in ways if way["who"].startswith(WHO))
        asyncio.run(_measure(bench, link))


async def _measure(bench: Bench, link: str) -> None:
    pinned = os.sched_getaffinity(0)
    # A browser is many processes: what starts it has both cores.
    os.sched_setaffinity(0, {bench.cores.server, bench.cores.generator})
    async with async_playwright() as playwright:
        os.sched_setaffinity(0, pinned)
        browser = await playwright.chromium.launch(
            executable_path=programs.chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            address, cookies = await _sign_in(browser, link)
            await _open(browser, address, cookies, LATENCIES_MS[0])  # the server's first answers
            for latency_ms in LATENCIES_MS:
                for _ in range(bench.rounds(ROUNDS)):
                    values = await _open(browser, address, cookies, latency_ms)
                    bench.figures.add("browser", str(latency_ms), **values)
                    bench.say(f"a room opened in {values['ms']:.0f} ms at {latency_ms} ms of delay")
        finally:
            await browser.close()


async def _new_context(browser: Browser) -> BrowserContext:
    return await browser.new_context(
        viewport={"width": WIDTH, "height": WIDTHS[WIDTH]}, locale=LANGUAGE
    )


async def _sign_in(browser: Browser, link: str) -> tuple[str, list[Cookie]]:
    """Use a sign-in link; returns the address of the person's room, and their cookies."""
    parts = urlsplit(link)
    origin = f"{parts.scheme}://{parts.netloc}"
    context = await _new_context(browser)
    page = await context.new_page()
    await page.goto(f"{origin}/favicon.svg")  # a name that the browser alone can resolve
    room = await page.evaluate(_SIGN_IN, parts.fragment)
    cookies = await context.cookies()
    await context.close()
    return f"{origin}/rooms/{room}", cookies


async def _open(
    browser: Browser, address: str, cookies: list[Cookie], latency_ms: int
) -> dict[str, float]:
    context = await _new_context(browser)
    try:
        await context.add_cookies(cookies)  # type: ignore[arg-type]  # what it gave, it takes
        page = await context.new_page()
        line = await context.new_cdp_session(page)
        drawn: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        received = [0.0, 0.0]  # requests answered, bytes

        def finished(event: dict[str, Any]) -> None:
            if not drawn.done():
                received[0] += 1
                received[1] += event["encodedDataLength"]

        line.on("Runtime.bindingCalled", lambda event: drawn.set_result(float(event["payload"])))
        line.on("Network.loadingFinished", finished)
        for domain in ("Network", "Page", "Runtime"):
            await line.send(f"{domain}.enable")
        await line.send("Runtime.addBinding", {"name": "contentDrawn"})
        await line.send("Page.addScriptToEvaluateOnNewDocument", {"source": _TELL})
        conditions = {
            "offline": False,
            "latency": latency_ms,
            "downloadThroughput": DOWN_BIT_S / 8,
            "uploadThroughput": UP_BIT_S / 8,
        }
        await line.send("Network.emulateNetworkConditions", conditions)
        await line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        await page.goto(address, wait_until="commit")
        async with asyncio.timeout(PATIENCE_S):
            ms = await drawn
        frame_ms = float(await page.evaluate(_FIRST_PAINT))
        return {
            "ms": ms,
            "frame_ms": frame_ms,
            "requests": received[0],
            "kib": received[1] / KIB,
        }
    finally:
        await context.close()


def tell(figures: Figures) -> list[Section]:
    """Write how long a room takes to open in a browser."""
    table = Table(["delay of the line", "frame drawn ms", "home drawn ms", "requests", "KiB"])
    for latency_ms in LATENCIES_MS:
        who = str(latency_ms)
        spreads = {
            what: figures.spread("browser", who, what)
            for what in ("frame_ms", "ms", "requests", "kib")
        }
        table.add(
            f"{latency_ms} ms",
            amount(spreads["frame_ms"], 0),
            against(spreads["ms"], TARGET_MS, 0),
            amount(spreads["requests"], 0),
            amount(spreads["kib"], 0),
        )
    return [
        Section(
            "A room opened in a browser",
            f"The demonstration's room in Chromium, as a phone shows it: a processor {SLOWER}"
            f" times slower than this one, {DOWN_BIT_S / 1e6:.1f} Mbit/s down and"
            f" {UP_BIT_S / 1e3:.0f} kbit/s up, and nothing kept from before. From the address"
            " to the frame in which the room's home stands there; requests and bytes are those"
            " that were answered by then, the line of the room itself not counted.",
            table,
            [],
        )
    ]
