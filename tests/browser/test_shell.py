"""The room around its tools: ways in, ways about, and what it costs to open."""

from playwright.async_api import expect

from tests.browser.conftest import OpenAs
from tests.live import SeededRoom


async def test_room_opens_and_shows_who_is_here(open_as: OpenAs, room: SeededRoom) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)
    await expect(maja.page.get_by_role("heading", name="Hello Maja")).to_be_visible()
    eleni = await open_as(room.people["eleni"], 390, name="eleni")
    await eleni.enter(room)
    await expect(maja.link("Eleni", exact=False)).to_be_visible()
    await eleni.page.close()
    await expect(maja.text("Only you are here right now.")).to_be_visible()
