"""One window of one person, watched: what must never happen in a browser is kept until asked."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, Request, WebSocket

from tests.live import SeededRoom

WIDTHS = {320: 640, 390: 844, 768: 1024, 1280: 800}
"""The widths that count, with the height that goes with each: two phones, a tablet, a laptop."""

# Chromium itself writes these to the console when a line is cut or a server says no.
_LINE_IS_CUT = re.compile(r"net::ERR_|WebSocket connection to .* failed")
_SERVER_SAYS_NO = re.compile(r"the server responded with a status of 4\d\d")
_PASTE_IS_BLOCKED = re.compile(
    r"policy: (script-src-attr|style-src)|(event handler|Applying inline style) violates"
)
_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error(
    `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""

PATIENCE_S = 20.0


async def until(condition: Callable[[], Awaitable[bool]], why: Callable[[], str]) -> None:
    """Wait for a condition that no locator can tell.

    Raises:
        AssertionError: It did not come true in time; ``why`` says what was there instead.
    """
    give_up = time.monotonic() + PATIENCE_S
    while not await condition():
        assert time.monotonic() < give_up, why()
        await asyncio.sleep(0.05)


class Window:
    """A page in a context of its own, so with cookies and storage of its own.

    Everything that would trouble its person unseen is collected in :attr:`problems`:
    errors on the console, uncaught exceptions and rejections, violations of the
    Content-Security-Policy, and requests to anyone but the server. The ``open_as``
    fixture fails the test that leaves any behind.
    """

    def __init__(self, name: str, context: BrowserContext, page: Page, origin: str) -> None:
        self.name = name
        self.context = context
        self.page = page
        self.origin = origin
        self.problems: list[str] = []
        self.sent: list[Request] = []
        self._excused: list[re.Pattern[str]] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"uncaught: {error.error}"))
        context.on("request", self._request)
        context.on("page", lambda opened: opened.on("websocket", self._socket))
        page.on("websocket", self._socket)

    async def watch_policy(self) -> None:
        """Have violations of the policy told by every page opened from now on."""
        await self.context.add_init_script(_TELL_VIOLATIONS)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        if not any(excuse.search(message.text) for excuse in self._excused):
            where = message.location.get("url", "")
            self.problems.append(f"console {message.type}: {message.text} ({where})")

    def _request(self, request: Request) -> None:
        self.sent.append(request)
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"}:
            return
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.problems.append(f"request to another origin: {request.url}")

    def _socket(self, socket: WebSocket) -> None:
        if urlsplit(socket.url).netloc != urlsplit(self.origin).netloc:
            self.problems.append(f"socket to another origin: {socket.url}")

    def excuse_cut_line(self) -> None:
        """Let Chromium's own complaints about a cut line pass, from now on."""
        self._excused.append(_LINE_IS_CUT)

    def excuse_blocked_paste(self) -> None:
        """Let Chromium tell, from now on, what the policy blocks inside pasted HTML.

        The editor reads it in a document of its own, where nothing runs and nothing loads; the
        policy is applied there all the same.
        """
        self._excused.append(_PASTE_IS_BLOCKED)

    @contextmanager
    def excuse_refusals(self) -> Iterator[None]:
        """Let Chromium's own complaints about refused HTTP requests pass, inside the block."""
        self._excused.append(_SERVER_SAYS_NO)
        try:
            yield
        finally:
            self._excused.remove(_SERVER_SAYS_NO)

    async def go(self, path: str) -> None:
        """Open an address of the server, as from a link."""
        await self.page.goto(f"{self.origin}{path}")

    async def enter(self, room: SeededRoom, path: str = "") -> None:
        """Open a room's address and wait until the room is there."""
        await self.go(f"/rooms/{room.room_id}{f'/{path}' if path else ''}")
        await self.main.wait_for()

    @property
    def main(self) -> Locator:
        """The work: what stands between the menus, once it is there and not only its outline."""
        return self.page.locator('main#main:not([aria-busy="true"] > *)')

    def button(self, name: str | re.Pattern[str], *, exact: bool = True) -> Locator:
        """Find a button by what it is called."""
        return self.page.get_by_role("button", name=name, exact=exact)

    def link(self, name: str | re.Pattern[str], *, exact: bool = True) -> Locator:
        """Find a link by what it is called."""
        return self.page.get_by_role("link", name=name, exact=exact)

    def field(self, name: str | re.Pattern[str]) -> Locator:
        """Find a text field by its label."""
        return self.page.get_by_role("textbox", name=name)

    def text(self, text: str | re.Pattern[str]) -> Locator:
        """Find words on the page."""
        return self.page.get_by_text(text)

    async def picture(self, folder: Path, label: str) -> Path:
        """Take a picture of the window as its person sees it."""
        path = folder / f"{label}.png"
        await self.page.screenshot(path=path)
        return path
