"""Names as long as they may be: nothing is pushed off the page, and nothing is covered."""

import re

import pytest
from playwright.async_api import Locator, expect
from sqlalchemy import update

from tests.browser.conftest import OpenAs
from tests.live import Live, SeededRoom, seed_administrator
from twinspace_rt.rooms.models import member, school
from twinspace_rt.rooms.models import room as room_table

SCHOOL = "Donaudampfschifffahrtsgesellschaftskapitänsgymnasium der Stadt " * 3


async def fits(place: Locator) -> None:
    """Check that nothing in a place reaches beyond its sides."""
    assert await place.evaluate("(one) => one.scrollWidth <= one.clientWidth")


async def test_a_schools_long_name_pushes_nothing_off_the_page(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    assert live.node is not None
    database = live.node.database
    of_room = update(school).where(school.c.id.in_(room.schools)).values(name=SCHOOL.strip())
    await database.write(lambda db: db.execute(of_room))
    anna = await open_as(room.people["anna"], name="anna")
    await anna.enter(room, "people")
    title = anna.page.get_by_role("banner").get_by_text("Rivers of Europe")
    await expect(title).to_be_visible()
    await fits(title)
    await anna.button(re.compile("^Who is here")).click()  # nothing lies on it
    await expect(anna.page.get_by_role("dialog", name="Who is here")).to_be_visible()

    phone = await open_as(room.people["anna"], 390, name="phone")
    await phone.enter(room, "people/teams")
    await phone.button("New team").click()
    await expect(phone.page.get_by_role("dialog").get_by_role("checkbox").first).to_be_visible()
    await fits(phone.page.get_by_role("dialog"))

    name = f"Far away {room.room_id}"
    titled = update(room_table).where(room_table.c.id == room.room_id).values(title=name)
    await database.write(lambda db: db.execute(titled))
    ada = await open_as(await database.write(seed_administrator), 390, name="ada")
    await ada.go("/administration/projects")
    project = ada.main.get_by_role("listitem").filter(has_text=name)
    await expect(project).to_be_visible()
    await fits(project)


@pytest.mark.parametrize("language", ["en", "sv", "da"])
async def test_a_small_phones_bar_has_each_tools_name_whole(
    open_as: OpenAs, live: Live, room: SeededRoom, language: str
) -> None:
    """On one line as letters come, and in no way cut when they are twice as large."""
    assert live.node is not None
    await live.node.database.write(lambda db: db.execute(update(member).values(language=language)))
    maja = await open_as(room.people["maja"], 320, name="maja", locale=language)
    await maja.enter(room)
    await expect(maja.page.locator(f"html[lang={language}]")).to_be_attached()
    names = (
        maja.page.locator("nav")
        .last.locator("span:not(:has(*))")
        .filter(has_text=re.compile("[a-z]"))
    )
    await expect(names.filter(has_text=re.compile("^Do[ck]ument"))).to_be_visible()
    assert await names.count() >= 5
    for name in await names.all():
        await fits(name)
        assert await name.evaluate("(one) => one.getClientRects().length") == 1
        one_line = "(one) => one.offsetHeight < 1.9 * parseFloat(getComputedStyle(one).fontSize)"
        assert await name.evaluate(one_line)
    await maja.page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
    for name in await names.all():
        await fits(name)
