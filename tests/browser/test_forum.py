"""Two schools discuss: threads, answers, likes, and what waits for a teacher."""

import re

from playwright.async_api import Locator, expect

from tests.browser.conftest import OpenAs
from tests.browser.window import Window
from tests.live import SeededRoom


def post(window: Window, text: str) -> Locator:
    """Find the first post that shows some words; quotes of it come later."""
    return window.main.get_by_role("article").filter(has_text=text).first


async def make_board(anna: Window, name: str, *, hold: bool = False) -> None:
    """Make a board, as a teacher on the forum's first page."""
    await anna.button("New board").first.click()
    await anna.field("Name").fill(name)
    if hold:
        await anna.page.get_by_text(re.compile("^Pupils. new posts wait")).click()
    await anna.button("Make the board").click()
    await expect(anna.link(re.compile(f"^{name}"))).to_be_visible()


async def start_thread(anna: Window, board: str, title: str, text: str) -> str:
    """Start a thread on a board of the first page; returns its path below the room."""
    await anna.link(re.compile(f"^{board}")).click()
    await anna.link("New thread").click()
    await anna.field("Title").fill(title)
    await anna.field("What do you want to say or ask?").fill(text)
    await anna.button("Publish").or_(anna.button("Hand in")).click()
    await expect(post(anna, text)).to_be_visible()
    return "forum/threads/" + anna.page.url.partition("/forum/threads/")[2]


async def reply(window: Window, text: str) -> None:
    """Reply in the open thread."""
    await window.field("Your reply").fill(text)
    await window.button("Reply").click()
    await expect(post(window, text)).to_be_visible()


async def choose_for_thread(window: Window, item: str) -> None:
    """Choose from the menu of the open thread."""
    await window.button("More for this thread").click()
    await window.page.get_by_role("menuitem", name=item).click()


async def test_two_schools_discuss(open_as: OpenAs, room: SeededRoom) -> None:
    anna = await open_as(room.people["anna"], name="anna")
    await anna.enter(room, "forum")
    await make_board(anna, "Our coast")
    thread = await start_thread(anna, "Our coast", "Salt", "Why is one sea saltier?")

    maja = await open_as(room.people["maja"], name="maja")
    eleni = await open_as(room.people["eleni"], 390, name="eleni")
    for pupil in (maja, eleni):
        await pupil.enter(room, thread)
        await expect(post(pupil, "Why is one sea saltier?")).to_be_visible()
    await reply(maja, "More rain here")
    await expect(post(eleni, "More rain here")).to_be_visible()

    await post(eleni, "More rain here").get_by_role("button", name="Quote").click()
    await reply(eleni, "And more sun here")
    quote = post(maja, "And more sun here").get_by_role("blockquote")
    await expect(quote).to_contain_text("More rain here")

    await post(maja, "And more sun here").get_by_role("button", name="Like").click()
    liked = re.compile("Liked by 1 person: Maja")
    await expect(post(eleni, "And more sun here")).to_contain_text(liked)

    await post(anna, "And more sun here").get_by_role("button", name="More for this post").click()
    await anna.page.get_by_role("menuitem", name="Mark as best answer").click()
    await expect(post(eleni, "And more sun here")).to_contain_text("Best answer")

    await choose_for_thread(anna, "Pin to the top")
    await choose_for_thread(anna, "Lock")
    await expect(maja.text("A teacher has locked this thread.")).to_be_visible()
    await expect(maja.field("Your reply")).to_have_count(0)
    await expect(anna.field("Your reply")).to_be_visible()
    await maja.link("Back to Our coast").click()
    line = maja.main.get_by_role("link", name=re.compile("Salt"))
    for sign in ("Pinned", "Locked", "Answered"):
        await expect(line).to_contain_text(sign)
    await maja.page.reload()
    await expect(line).to_contain_text("Answered")


async def test_pupils_post_waits_until_a_teacher_approves(
    open_as: OpenAs, room: SeededRoom
) -> None:
    anna = await open_as(room.people["anna"], name="anna")
    await anna.enter(room, "forum")
    await make_board(anna, "Questions", hold=True)
    thread = await start_thread(anna, "Questions", "Ask us", "What do you want to know?")
    maja = await open_as(room.people["maja"], name="maja")
    eleni = await open_as(room.people["eleni"], name="eleni")
    for pupil in (maja, eleni):
        await pupil.enter(room, thread)
        await expect(post(pupil, "What do you want to know?")).to_be_visible()

    await maja.field("Your reply").fill("My adress is Storgatan 1")
    await maja.button("Hand in").click()
    await expect(post(maja, "Storgatan 1")).to_contain_text("Waiting for a teacher")
    await anna.enter(room, "forum")
    await anna.link("1 post of a pupil waits for a teacher").click()
    await post(anna, "Storgatan 1").get_by_role("button", name="Return…").click()
    await anna.field("What should the pupil change?").fill("Leave out where you live.")
    await anna.button("Return to the pupil").click()

    await expect(post(maja, "Storgatan 1")).to_contain_text("Leave out where you live.")
    await maja.button("Change and hand in again").click()
    await maja.field("Text of the post").fill("Do seals bite?")
    await maja.button("Hand in again").click()
    await expect(post(maja, "Do seals bite?")).to_contain_text("Waiting for a teacher")
    await expect(eleni.text("Do seals bite?")).to_have_count(0)

    await post(anna, "Do seals bite?").get_by_role("button", name="Approve").click()
    await expect(post(eleni, "Do seals bite?")).to_be_visible()
    await expect(post(maja, "Do seals bite?")).not_to_contain_text("Waiting")
    await expect(anna.text("Nothing is waiting")).to_be_visible()
    await expect(eleni.text("Storgatan")).to_have_count(0)


async def test_unread_and_search_lead_to_the_post(open_as: OpenAs, room: SeededRoom) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)
    anna = await open_as(room.people["anna"], name="anna")
    await anna.enter(room, "forum")
    await make_board(anna, "Our coast")
    await start_thread(anna, "Our coast", "Birds", "We counted 41 cormorants")
    tools = maja.page.get_by_role("navigation", name="Tools")
    forum = tools.get_by_role("link", name=re.compile("Forum"))
    await expect(forum).to_contain_text("1")
    await forum.click()
    await maja.page.get_by_role("searchbox", name="Search the forum").fill("cormorants")
    await maja.page.keyboard.press("Enter")
    await maja.main.get_by_role("link", name=re.compile("41 cormorants")).click()
    await expect(post(maja, "41 cormorants")).to_be_in_viewport()
    await expect(forum).not_to_contain_text("1")
