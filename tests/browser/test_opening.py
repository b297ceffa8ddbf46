"""How a room comes onto the screen: at once its frame, and no waiting in a row."""

import asyncio
import json
import re

import pytest
from playwright.async_api import Route, WebSocket, expect

from tests.browser.conftest import OpenAs
from tests.browser.window import until
from tests.live import SeededRoom

_SCRIPTS = re.compile(r"/assets/base-[^/]*\.js$")
_BACKGROUND = "() => getComputedStyle(document.querySelector('#root')).backgroundImage"


async def test_all_that_a_room_needs_is_on_its_way_before_a_script_runs(
    open_as: OpenAs, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    sent: list[str] = []
    welcomed, may_run, drawn = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        if _SCRIPTS.search(route.request.url):
            await may_run.wait()
        elif may_run.is_set():
            await drawn.wait()
        await route.continue_()

    def watch(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(str(frame)))
        socket.on("framereceived", lambda _: welcomed.set())

    await maja.page.route("**/*", hold)
    maja.page.on("websocket", watch)
    async with maja.page.expect_request(re.compile(r"/assets/en-[^/]*\.js$")):
        await maja.page.goto(f"{maja.origin}/rooms/{room.room_id}", wait_until="commit")
    async with asyncio.timeout(20):
        await welcomed.wait()

    async def has_frame() -> bool:
        return bool(await maja.page.evaluate(_BACKGROUND) != "none")

    await until(has_frame, lambda: "nothing is drawn of the room's frame")
    assert await maja.page.locator("#root > *").count() == 0
    may_run.set()
    # Whatever is asked for from here on does not come, and the home is there without it.
    await expect(maja.page.get_by_role("heading", name="Hello Maja")).to_be_visible()
    drawn.set()
    hellos = [frame for frame in sent if json.loads(frame)["type"] == "room.hello"]
    assert len(hellos) == 1
    await maja.page.wait_for_load_state("networkidle")


async def test_language_chosen_before_is_told_though_the_room_is_there_at_once(
    open_as: OpenAs, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    await maja.go("/join")
    await maja.button("Language").click()
    await maja.page.get_by_role("menuitemradio", name="Svenska").click()
    await expect(maja.button("Språk")).to_be_visible()
    welcomed, told = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        await welcomed.wait()
        await route.continue_()

    def hear(sent: str | bytes) -> None:
        if "choose_language" in str(sent):
            told.set()

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", lambda _: welcomed.set())
        socket.on("framesent", hear)

    await maja.page.route(_SCRIPTS, hold)
    maja.page.on("websocket", watch)
    await maja.go(f"/rooms/{room.room_id}")
    await expect(maja.page.get_by_role("heading", name="Hej Maja")).to_be_visible()
    async with asyncio.timeout(20):
        await told.wait()


@pytest.mark.parametrize("status", [None, 404])
async def test_a_room_whose_script_did_not_come_is_loaded_again(
    open_as: OpenAs, room: SeededRoom, status: int | None
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    maja.excuse_cut_line()
    opened = 0

    async def lose(route: Route) -> None:
        nonlocal opened
        opened += route.request.is_navigation_request()
        if opened > 1 or not _SCRIPTS.search(route.request.url):
            await route.continue_()
        elif status is None:
            await route.abort("connectionreset")
        else:
            await route.fulfill(status=status)

    await maja.page.route("**/*", lose)
    with maja.excuse_refusals():
        await maja.go(f"/rooms/{room.room_id}")
        await expect(maja.page.get_by_role("heading", name="Hello Maja")).to_be_visible()
    assert opened == 2
    # Drawn, it has ended the waits that grow from one load without success to the next.
    kept: dict[str, str] = await maja.page.evaluate("() => ({ ...sessionStorage })")
    assert "twinspace.reload_after_ms" not in kept


async def test_no_other_page_has_a_rooms_frame(open_as: OpenAs) -> None:
    nobody = await open_as(None, name="nobody")
    may_run = asyncio.Event()

    async def hold(route: Route) -> None:
        await may_run.wait()
        await route.continue_()

    await nobody.page.route(_SCRIPTS, hold)
    async with nobody.page.expect_response(re.compile(r"/assets/[^/]*\.css$")) as styles:
        await nobody.page.goto(f"{nobody.origin}/sign-in", wait_until="commit")
    await (await styles.value).finished()
    assert await nobody.page.evaluate(_BACKGROUND) == "none"
    may_run.set()
    await expect(nobody.field("E-mail")).to_be_visible()
