"""What is changed for people while their room is open before them, and a room's own settings."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import WebSocket, expect

from tests.browser.conftest import OpenAs
from tests.browser.keys import sits_down
from tests.browser.talk import EVERYONE, composer
from tests.client import RoomClient
from tests.live import Live, SeededRoom
from twinspace_rt.accounts import sessions
from twinspace_rt.protocol import now_ms

LESSON_ENDS = datetime(2026, 10, 12, 8, 30, tzinfo=UTC)  # a Monday; 10:30 in Lund
LEFT = timedelta(seconds=25)
"""Shorter than the silence after which a page believes that its line is dead."""


async def test_signing_out_on_all_devices_ends_a_room_that_is_open_on_another(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    assert live.node is not None
    anna = room.people["anna"]
    opened = await live.node.database.write(
        lambda db: sessions.open_for_member(db, anna.member_id, hours=1, now=now_ms())
    )
    tablet = await open_as(
        replace(anna, token=opened.token, session_id=opened.session_id), name="tablet"
    )
    await tablet.enter(room)
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)

    laptop = await open_as(anna, name="laptop")
    await laptop.go("/account")
    with laptop.excuse_refusals():
        await laptop.button("Sign out on all devices").click()
        await expect(laptop.text("Welcome to TwinSpace")).to_be_visible()
        ended = tablet.page.get_by_role("heading", name="You are signed out")
        await expect(ended).to_be_visible()
    await expect(maja.page.get_by_role("heading", name="Hello Maja")).to_be_visible()


async def test_timetable_shuts_the_chat_before_a_pupil_who_is_in_it(
    open_as: OpenAs, live: Live, room: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = LESSON_ENDS - LEFT
    for module in ("chat.queries", "rooms.room", "streams.transaction"):
        monkeypatch.setattr(f"twinspace_rt.{module}.now_ms", lambda: int(now.timestamp() * 1000))
    sockets: list[WebSocket] = []
    maja = await open_as(room.people["maja"], name="maja")
    maja.page.on("websocket", lambda socket: sockets.append(socket))
    await maja.page.clock.install()
    await maja.enter(room, f"chat/{EVERYONE}")
    await expect(maja.text("This chat is closed. A teacher opens it.")).to_be_visible()
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as anna:
        await anna.hello()
        lesson = {"weekday": 0, "start": 9 * 60, "end": 10 * 60 + 30}
        await anna.do("chat.set_timetable", time_zone="Europe/Stockholm", slots=[lesson])
    await composer(maja).fill("One more th")
    now = LESSON_ENDS
    await maja.page.clock.fast_forward(int(LEFT.total_seconds() * 1000))
    await expect(composer(maja)).to_have_count(0)
    await expect(maja.text(re.compile("^This chat opens")).first).to_be_visible()
    assert len(sockets) == 1  # its own clock did it, and no new line


async def test_settings_are_changed_by_keyboard_and_nothing_is_shut_by_an_arrow(
    open_as: OpenAs, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)
    anna = await sits_down(open_as, room, "anna", "settings")
    await anna.tab_to("^Name of the project")
    await anna.press("ControlOrMeta+a")
    await anna.type("Lakes of Europe")
    await anna.tab_to("^Save")
    await anna.press("Enter")
    await expect(maja.text("Lakes of Europe").first).to_be_visible()

    asked = anna.window.page.get_by_role("dialog", name="Close the room?")
    await anna.tab_to("^Open: everyone works")
    await anna.press("ArrowDown")
    await expect(asked).to_be_visible()
    await anna.press("Escape")
    await expect(asked).to_have_count(0)
    await anna.focus()
    await expect(anna.window.page.get_by_role("radio", name="Open: everyone works")).to_be_checked()
    await anna.go_back_to("^Save")
    await anna.tab_to("^Open: everyone works")
    await anna.press("ArrowDown")
    await anna.tab_to("^Close the room", inside=asked)
    await anna.press("Enter")
    await expect(asked).to_have_count(0)
    await expect(maja.text("This room is closed.")).to_be_visible()
    await anna.focus()
