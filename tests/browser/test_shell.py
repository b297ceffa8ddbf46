"""The room around its tools: who is here, following, addresses, and what is said when it ends."""

import re

from playwright.async_api import expect

from tests.browser.conftest import OpenAs
from tests.browser.writing import paper, says_saved, write_at_end
from tests.live import SeededRoom


async def test_room_shows_who_is_here_and_where(open_as: OpenAs, room: SeededRoom) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)
    await expect(maja.page.get_by_role("heading", name="Hello Maja")).to_be_visible()
    eleni = await open_as(room.people["eleni"], 390, name="eleni")
    await eleni.enter(room)
    there = maja.main.get_by_role("link", name=re.compile("^Go to Eleni"))
    await expect(there).to_contain_text("Home")
    await eleni.enter(room, f"docs/{room.documents[0]}")
    await expect(there).to_contain_text("Page 1")
    await there.click()
    await expect(paper(maja)).to_be_visible()
    await maja.enter(room)
    await eleni.page.close()
    await expect(maja.text("Only you are here right now.")).to_be_visible()


async def test_following_goes_along_until_one_goes_elsewhere(
    open_as: OpenAs, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    anna = await open_as(room.people["anna"], name="anna")
    await anna.enter(room, "forum")
    await maja.enter(room)
    await maja.main.get_by_role("button", name=re.compile("^Follow Anna")).click()
    await expect(maja.page).to_have_url(re.compile("/forum"))
    await expect(maja.text(re.compile("^You follow Anna"))).to_be_visible()
    await anna.link("Documents").click()
    await expect(maja.page).to_have_url(re.compile("/docs"))
    await maja.link("Chat").click()
    await expect(maja.text(re.compile("^You follow Anna"))).to_have_count(0)
    await anna.link("Forum").click()
    await expect(anna.page).to_have_url(re.compile("/forum"))
    await expect(maja.page).to_have_url(re.compile("/chat"))


async def test_a_room_one_may_not_see_is_the_same_as_none(
    open_as: OpenAs, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    maja.excuse_cut_line()
    with maja.excuse_refusals():
        await maja.go("/rooms/aaaaaaaaaaaaaaaaaaaa")
        await expect(maja.text("This is not open to you")).to_be_visible()
    nobody = await open_as(None, name="nobody")
    nobody.excuse_cut_line()
    with nobody.excuse_refusals():
        await nobody.go(f"/rooms/{room.room_id}")
        await expect(nobody.text("You are signed out")).to_be_visible()
        await nobody.link("Sign in").click()
        await expect(nobody.field("E-mail")).to_be_visible()
        assert f"next=%2Frooms%2F{room.room_id}" in nobody.page.url


async def test_back_button_and_title_follow_the_address(open_as: OpenAs, room: SeededRoom) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)
    await maja.link("Documents").click()
    await expect(maja.page).to_have_title(re.compile("^Documents"))
    await maja.link(re.compile("^Page 1")).click()
    await expect(maja.page).to_have_title(re.compile("^Page 1"))
    await maja.page.go_back()
    await expect(maja.page).to_have_title(re.compile("^Documents"))
    await expect(maja.link(re.compile("^Page 1"))).to_be_visible()
    await maja.page.go_forward()
    await expect(paper(maja)).to_be_editable()


async def test_a_visitor_finds_only_what_they_may_see(open_as: OpenAs, room: SeededRoom) -> None:
    vera = await open_as(room.people["vera"], name="vera")
    await vera.enter(room)
    await expect(vera.text("You are a visitor here")).to_be_visible()
    tools = vera.page.get_by_role("navigation", name="Tools").get_by_role("list").first
    await expect(tools.get_by_role("link")).to_have_text(["Home", "People"])
    await expect(vera.button(re.compile("^Who is here"))).to_have_count(0)
    await vera.link("People").click()
    await expect(vera.page.get_by_role("tab")).to_have_text(["Members"])
    await vera.enter(room, f"docs/{room.documents[0]}")
    await expect(vera.text("There is no page here")).to_be_visible()
    await expect(vera.page.get_by_role("complementary")).to_have_count(0)
    with vera.excuse_refusals():
        await vera.go("/new")
        await expect(vera.text("This is not open to you")).to_be_visible()


async def test_on_paper_there_is_the_work_alone_and_all_of_it(
    open_as: OpenAs, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja", color_scheme="dark")
    # The tools that come later have looks of their own for paper: join cards.
    await maja.enter(room, "people")
    await expect(maja.button("Choose my picture")).to_be_visible()
    await maja.link("Documents").click()
    await maja.link(re.compile("^Page 1")).click()
    await expect(paper(maja)).to_be_editable()
    await write_at_end(maja, "\n".join(f"Line {number}" for number in range(99)))
    await says_saved(maja)
    await maja.page.emulate_media(media="print", color_scheme="dark")
    await expect(paper(maja)).to_be_visible()
    for around in ("navigation", "complementary", "toolbar"):
        await expect(maja.page.get_by_role(around)).to_have_count(0)
    ink = await paper(maja).evaluate("one => getComputedStyle(one).color")
    assert all(int(part) < 99 for part in re.findall(r"\d+", ink)), f"{ink} on white"
    pages = (await maja.page.pdf(prefer_css_page_size=True)).count(b"/Type /Page\n")
    assert pages >= 3
