"""What a page tells of the others and of the moment."""

import re

from playwright.async_api import expect

from tests.browser.conftest import OpenAs
from tests.browser.talk import EVERYONE, composer, message, open_chat, say
from tests.live import Live, SeededRoom

WRITING = re.compile("^Maja.* is writing")


async def test_chat_tells_who_is_typing_and_only_while_they_do(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await open_chat(live, room)
    maja = await open_as(room.people["maja"], name="maja")
    eleni = await open_as(room.people["eleni"], name="eleni")
    await maja.enter(room, f"chat/{EVERYONE}")
    await eleni.enter(room, f"chat/{EVERYONE}")
    await composer(maja).press_sequentially("The bees")
    await expect(eleni.page.get_by_text(WRITING)).to_be_visible()
    await expect(maja.page.get_by_text(WRITING)).to_have_count(0)
    await composer(maja).press("Enter")
    await expect(message(eleni, "The bees")).to_have_count(1)
    await expect(eleni.page.get_by_text(WRITING)).to_have_count(0)


async def test_chat_has_a_line_for_the_day_and_the_readers_own_clock(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await open_chat(live, room)
    maja = await open_as(room.people["maja"], name="maja", timezone_id="Europe/Stockholm")
    eleni = await open_as(room.people["eleni"], name="eleni", timezone_id="Europe/Athens")
    minutes = []
    for window in (maja, eleni):
        await window.enter(room, f"chat/{EVERYONE}")
    await say(maja, "Good morning")
    for window in (maja, eleni):
        day = window.main.get_by_role("heading", name=re.compile("^(Today|Yesterday)$"))
        await expect(day).to_have_count(1)
        clock = await message(window, "Good morning").locator("time").first.inner_text()
        found = re.search(r"(\d\d):(\d\d)", clock)
        assert found, clock
        minutes.append(60 * int(found[1]) + int(found[2]))
    assert (minutes[1] - minutes[0]) % (24 * 60) == 60, "Thessaloniki is an hour ahead of Lund"


async def test_document_tells_its_length_and_the_list_who_is_in_it(
    open_as: OpenAs, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    eleni = await open_as(room.people["eleni"], name="eleni")
    await eleni.enter(room, "docs")
    await maja.enter(room, f"docs/{room.documents[0]}")
    page = maja.page.get_by_role("textbox", name="Page 1")
    await expect(page).to_be_editable()
    await page.click()
    await maja.page.keyboard.type("Five words about some bees")
    await expect(maja.text("5 words")).to_be_visible()
    row = eleni.main.get_by_role("listitem").filter(has_text="Page 1")
    await expect(row).to_contain_text("1 person is in it now:")
    await expect(row).to_contain_text("Maja")
    await maja.page.goto("about:blank")
    await expect(row).not_to_contain_text("in it now")
