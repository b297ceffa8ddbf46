"""One Chromium and one server for all tests here; every test has a room of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ViewportSize, async_playwright, expect

from tests import programs
from tests.browser.window import PATIENCE_S, WIDTHS, Window
from tests.live import COOKIE, Live, SeededRoom, Someone, seed_room, serve_here

_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_failed = pytest.StashKey[bool]()
expect.set_options(timeout=PATIENCE_S * 1000)


class OpenAs(Protocol):
    """Opens a window for somebody who is signed in, or for nobody."""

    def __call__(
        self,
        person: Someone | None,
        width: int = 1280,
        *,
        name: str = "",
        server: Live | None = None,
        **emulation: Any,
    ) -> Awaitable[Window]:
        """Open it; ``emulation`` goes to Playwright's ``new_context``."""
        ...


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, started once."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=programs.chromium(), args=list(_QUIET)
        )
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(scope="session")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server on the embedded database, listening on a port of the loopback."""
    async with serve_here(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest_asyncio.fixture
async def room(live: Live) -> SeededRoom:
    """A room of two schools with an empty rich document and an empty plain one."""
    assert live.node is not None
    return await live.node.database.write(seed_room)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:  # what pluggy hands through
    """Remember whether the test itself failed, for the windows' last pictures."""
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


@pytest_asyncio.fixture
async def open_as(
    request: pytest.FixtureRequest, browser: Browser, live: Live, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Window]]]:
    """Open windows; afterwards close them all, and fail for anything that went wrong in one.

    When the test failed, a picture of each window is left in the folder it prints.
    """
    windows: list[Window] = []

    async def open_window(
        person: Someone | None,
        width: int = 1280,
        *,
        name: str = "",
        server: Live | None = None,
        **emulation: Any,
    ) -> Window:
        origin = (server or live).origin
        context = await browser.new_context(
            **{
                "viewport": ViewportSize(width=width, height=WIDTHS[width]),
                "locale": "en-GB",
                "timezone_id": "Europe/Stockholm",
                "reduced_motion": "reduce",
                "has_touch": width < 768,
                **emulation,
            }
        )
        context.set_default_timeout(PATIENCE_S * 1000)
        if person:
            await context.add_cookies([{"name": COOKIE, "value": person.token, "url": origin}])
        page = await context.new_page()
        window = Window(name or f"window-{len(windows) + 1}", context, page, origin)
        await window.watch_policy()
        windows.append(window)
        return window

    yield open_window
    failed = request.node.stash.get(_failed, True)
    for window in windows:
        if failed or window.problems:
            pages = [page for page in window.context.pages if not page.is_closed()]
            for number, page in enumerate(pages):
                picture = tmp_path / f"{window.name}-{number}.png"
                await page.screenshot(path=picture)
                print(f"{window.name} at {page.url}: {picture}")
        await window.context.close()
    problems = [f"{window.name}: {what}" for window in windows for what in window.problems]
    assert problems == []
