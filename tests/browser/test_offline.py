"""The line is cut, the page closes, the server restarts: nothing is lost, and the sign is true."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, Request, WebSocketRoute, expect

from tests.browser.conftest import OpenAs
from tests.browser.window import Window, until
from tests.browser.writing import (
    all_alike,
    paper,
    saved_sign,
    says_saved,
    stored,
    write_at_end,
)
from tests.live import (
    Live,
    SeededRoom,
    free_port,
    seed_before_start,
    start_process,
    stop_process,
)
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.web.http import CLIENT


async def sit_down(
    open_as: OpenAs, room: SeededRoom, name: str, server: Live | None = None
) -> Window:
    """Open the rich document for somebody, ready to be written in."""
    window = await open_as(room.people[name], name=name, server=server)
    window.excuse_cut_line()
    await window.enter(room, f"docs/{room.documents[0]}")
    await expect(paper(window)).to_be_editable()
    return window


async def test_saved_is_said_only_when_the_database_has_it(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    maja = await sit_down(open_as, room, "maja")
    for number in range(12):
        await write_at_end(maja, f"word{number} ")
        # The next picture the person sees; from then on the sign must not be older than the words.
        await maja.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
        )
        while await saved_sign(maja).get_attribute("data-state") != "saved":
            await maja.page.evaluate("new Promise(requestAnimationFrame)")
        assert f"word{number} " in stored(live, room.documents[0])


async def test_late_change_tells_its_age_until_it_is_stored(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    held: list[tuple[WebSocketRoute, str | bytes]] = []
    is_slow = False

    def slow_line(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            if is_slow:
                held.append((server, frame))
            else:
                server.send(frame)

        route.on_message(pass_on)

    await maja.page.route_web_socket(re.compile("/ws/rooms/"), slow_line)
    await maja.enter(room, f"docs/{room.documents[0]}")
    await expect(paper(maja)).to_be_editable()
    await write_at_end(maja, "in time ")
    await says_saved(maja)
    is_slow = True
    await write_at_end(maja, "too slow")
    await expect(saved_sign(maja)).to_have_attribute("data-state", "saving")
    await expect(saved_sign(maja)).to_contain_text(
        re.compile(r"Not saved yet \([3-9] s\)\. Keep this page open\.")
    )
    assert stored(live, room.documents[0]) == "in time "
    is_slow = False
    while held:
        server, frame = held.pop(0)
        server.send(frame)
    await says_saved(maja)
    assert stored(live, room.documents[0]) == "in time too slow"


async def test_offline_words_survive_closing_the_page_and_reach_everybody(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    maja = await sit_down(open_as, room, "maja")
    eleni = await sit_down(open_as, room, "eleni")
    await write_at_end(maja, "Written together. ")
    await all_alike([maja, eleni], "Written together.")

    await maja.context.set_offline(True)
    await expect(saved_sign(maja)).to_have_text(
        re.compile("^Offline. Your changes are kept on this device.")
    )
    await write_at_end(maja, "Written on the bus. ")
    await expect(saved_sign(maja)).to_contain_text(re.compile(r"The oldest is \d+ s old\."))
    await write_at_end(eleni, "Written at home. ")
    await expect(saved_sign(maja)).to_have_attribute("data-state", "offline")
    assert "bus" not in stored(live, room.documents[0])

    await leave_page(maja.page)
    await maja.context.set_offline(False)
    maja.page = await maja.context.new_page()
    await maja.enter(room, f"docs/{room.documents[0]}")
    shown = await all_alike([maja, eleni], "together", "bus", "home")
    await says_saved(maja)
    assert stored(live, room.documents[0]) == "".join(shown) + " "
    await maja.page.reload()
    assert await all_alike([maja, eleni], "bus", "home") == shown


async def leave_page(page: Page) -> None:
    """Close a page although it asks not to be closed, once this device has kept the words."""

    async def kept() -> bool:
        return bool(await page.evaluate(_IS_KEPT))

    await until(kept, lambda: "the words are not kept on this device")
    await page.close()


_IS_KEPT = """
async () => {
    const found = await indexedDB.databases();
    const counts = await Promise.all(found.map(({ name }) => new Promise((done, fail) => {
        const opening = indexedDB.open(name);
        opening.onerror = () => fail(opening.error);
        opening.onsuccess = () => {
            const store = opening.result.transaction("updates").objectStore("updates");
            const reading = store.getAll();
            reading.onsuccess = () => {
                opening.result.close();
                const text = reading.result.map((one) => new TextDecoder().decode(one)).join("");
                done(text.includes("s") && text.length);
            };
        };
    })));
    return counts.some((count) => count > 0);
}
"""


async def test_server_restarts_while_a_class_writes(open_as: OpenAs, tmp_path: Path) -> None:
    folder, port = tmp_path / "data", free_port()
    folder.mkdir()
    room = seed_before_start(folder)
    server = start_process(folder, port)
    try:
        maja = await sit_down(open_as, room, "maja", server)
        eleni = await sit_down(open_as, room, "eleni", server)
        await write_at_end(maja, "Before. ")
        await all_alike([maja, eleni], "Before.")
        stop_process(server)
        for window in (maja, eleni):
            await expect(saved_sign(window)).to_have_attribute("data-state", "offline")
        await write_at_end(maja, "Maja meanwhile. ")
        await write_at_end(eleni, "Eleni meanwhile. ")
        server = start_process(folder, port)
        shown = await all_alike([maja, eleni], "Before.", "Maja meanwhile.", "Eleni meanwhile.")
        await says_saved(maja)
        await says_saved(eleni)
        assert stored(server, room.documents[0]).strip() == "".join(shown)
    finally:
        stop_process(server)


class Parts:
    """The parts of the client that a window has asked for, from the start."""

    def __init__(self, window: Window) -> None:
        self._asked: set[str] = set()
        self._missing: set[str] = set()
        window.page.on("request", self._ask)
        window.page.on("requestfinished", lambda request: self._missing.discard(request.url))

    def _ask(self, request: Request) -> None:
        self._asked.add(request.url)
        self._missing.add(request.url)

    async def all_here(self) -> None:
        """Wait until every tool is on the device."""

        views = list((CLIENT / "assets").glob("view-*.js"))

        async def here() -> bool:
            # The tools are asked for in one moment.
            return not self._missing and all(
                any(url.endswith(f"/{view.name}") for url in self._asked) for view in views
            )

        await until(here, lambda: f"of {self._asked} these did not come: {self._missing}")


async def test_tool_nobody_has_opened_yet_opens_without_a_line(
    open_as: OpenAs, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    maja.excuse_cut_line()
    parts = Parts(maja)
    await maja.enter(room)
    await parts.all_here()
    await maja.context.set_offline(True)
    for tool, heading in (("Forum", "Forum"), ("Documents", "Documents"), ("Chat", "Everyone")):
        await maja.link(re.compile(f"^{tool}")).first.click()
        await expect(maja.main.get_by_role("heading", name=heading).first).to_be_visible()
    # A channel that was never read says so, and reads itself when the line is back.
    await expect(maja.text("These messages are not on this device yet")).to_be_visible()
    await maja.context.set_offline(False)
    await expect(maja.text("Nobody has written here yet")).to_be_visible()


async def test_words_go_out_although_their_document_was_left(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    maja.excuse_cut_line()
    parts = Parts(maja)
    await maja.enter(room, f"docs/{room.documents[0]}")
    await says_saved(maja)
    await parts.all_here()
    await maja.context.set_offline(True)
    await write_at_end(maja, "Written on the bus. ")
    await expect(saved_sign(maja)).to_have_attribute("data-state", "offline")
    await maja.link(re.compile("^Home")).first.click()
    await expect(maja.page.get_by_role("heading", name="Hello Maja")).to_be_visible()
    await maja.context.set_offline(False)

    async def arrived() -> bool:
        return "Written on the bus." in stored(live, room.documents[0])

    await until(arrived, lambda: "the words stay on the device")
    # Nothing is left to be sent, and the document opens on the same line as ever.
    await maja.page.wait_for_function(
        "!Object.keys(localStorage).some((key) => key.startsWith('twinspace.unsent.'))"
    )
    await maja.page.go_back()
    await write_at_end(maja, "And here. ")
    await says_saved(maja)
    assert "bus. And here." in stored(live, room.documents[0])


async def test_document_that_cannot_be_read_now_is_opened_later(
    open_as: OpenAs, live: Live, room: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise StorageUnavailable("database_away", "The database does not answer.")

    maja = await open_as(room.people["maja"], name="maja")
    assert live.node is not None
    with monkeypatch.context() as patch:
        patch.setattr(live.node.library, "open", fail)
        await maja.enter(room, f"docs/{room.documents[0]}")
        banner = maja.text(re.compile("cannot save right now"))
        await expect(banner).to_be_visible()
    await expect(paper(maja)).to_be_editable()
    await expect(banner).to_have_count(0)
    await write_at_end(maja, "still here")
    await says_saved(maja)
