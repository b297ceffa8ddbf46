"""The whole room with the keyboard alone: the focus is always somewhere, and in sight."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenAs
from tests.browser.keys import Keyboard, sits_down, takes_the_paper
from tests.browser.talk import composer, message
from tests.browser.test_forum import post
from tests.browser.window import Window
from tests.browser.writing import all_alike, paper, saved_sign, says_saved, stored
from tests.live import Live, SeededRoom
from twinspace_rt.accounts.cards import put_card
from twinspace_rt.accounts.passwords import hash_secret
from twinspace_rt.protocol import now_ms

CLOSED = "This chat is closed. A teacher opens it."


async def comes_in(window: Window, keys: Keyboard, live: Live, room: SeededRoom) -> None:
    """Sign in with a join card."""
    assert live.node is not None
    words_hash = await hash_secret("seal-wave-stone")
    maja = room.people["maja"].member_id
    code = await live.node.database.write(
        lambda db: put_card(db, maja, room.room_id, words_hash, now_ms())
    )
    with window.excuse_refusals():
        await window.go("/join")
        await window.field("The code on your card").wait_for()
        await keys.tab_to("^The code on your card")
        await keys.type(code)
        await keys.tab_to("^Word 1")
        await keys.type("seal wave stone")
        await keys.press("Enter")
        await window.page.wait_for_url(f"**/rooms/{room.room_id}**")
    await expect(window.page.get_by_role("heading", name="Hello Maja")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_pupil_comes_in_with_a_card_and_looks_around(
    open_as: OpenAs, live: Live, room: SeededRoom, width: int
) -> None:
    maja = await open_as(None, width, name="maja")
    keys = Keyboard(maja)
    await comes_in(maja, keys, live, room)
    await maja.page.reload()
    await expect(maja.page.get_by_role("heading", name="Hello Maja")).to_be_visible()
    # Skip to the work; open who is here, and close it again.
    assert (await keys.tab_to("^Go to the work")).role == "a"
    await keys.press("Enter")
    await expect(maja.main).to_be_focused()
    await keys.go_back_to("^Who is here")
    await keys.press("Enter")
    await expect(maja.page.get_by_role("dialog", name="Who is here")).to_be_visible()
    await keys.focus()
    await keys.press("Escape")
    await expect(maja.page.get_by_role("dialog")).to_have_count(0)
    assert (await keys.focus()).name.startswith("Who is here")


async def test_two_schools_and_their_teacher_work_with_the_keyboard(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    names = ("maja", "eleni", "anna")
    maja, eleni, anna = await asyncio.gather(*(sits_down(open_as, room, name) for name in names))
    await they_talk(maja, eleni, anna)
    await they_discuss(maja, eleni, anna)
    await they_write(maja, eleni, anna, live, room)
    await a_reload_keeps_everything(maja)
    await the_chat_closes(maja, eleni, anna)


async def they_talk(maja: Keyboard, eleni: Keyboard, anna: Keyboard) -> None:
    """A closed chat says so; the teacher opens it, and everyone writes."""
    await asyncio.gather(*(one.goes_to("Chat") for one in (maja, eleni, anna)))
    await expect(maja.window.page.get_by_role("status").filter(has_text=CLOSED)).to_be_visible()
    await expect(composer(maja.window)).to_have_count(0)
    await turns_the_chat(anna, "Closed for pupils", "Open for pupils")
    said = {"Hello from Lund": maja, "Hello from Thessaloniki": eleni, "Welcome to you all": anna}
    for words, one in said.items():
        await one.tab_to("^Write in Everyone")
        await one.type(words)
        await one.press("Enter")
    for words in said:
        for one in (maja, eleni, anna):
            await expect(message(one.window, words)).to_be_visible()
            await expect(composer(one.window)).to_be_focused()


async def turns_the_chat(anna: Keyboard, state: str, action: str) -> None:
    """Open or close the chat for pupils, as a teacher in the chat."""
    await anna.go_back_to(f"^{state}")
    await anna.press("Enter")
    panel = anna.window.page.get_by_role("dialog", name="When pupils may write")
    await expect(panel).to_be_visible()
    await anna.tab_to(f"^{action}$", inside=panel)
    await anna.press("Enter")
    await expect(panel).to_have_count(0)
    await expect(anna.window.button(re.compile("for pupils$"))).to_be_focused()
    await anna.focus()


async def they_discuss(maja: Keyboard, eleni: Keyboard, anna: Keyboard) -> None:
    """Boards, a thread, replies, a quote, a like, the best answer; what a teacher does with it."""
    everyone = (maja, eleni, anna)
    await asyncio.gather(*(one.goes_to("Forum") for one in everyone))
    await makes_board(anna, "Our coast")
    await makes_board(anna, "Questions", hold=True)
    await anna.tab_to("^Our coast")
    await anna.press("Enter")
    await anna.window.link("New thread").wait_for()
    await anna.focus()
    await anna.tab_to("^New thread")
    await anna.press("Enter")
    await expect(anna.window.field("Title")).to_be_focused()
    await anna.type("Salt")
    await anna.tab_to("^What do you want")
    await anna.type("Why is one sea saltier?")
    await anna.tab_to("^Publish")
    await anna.press("Enter")
    await post(anna.window, "Why is one sea saltier?").wait_for()
    await anna.focus()

    await asyncio.gather(*(finds_thread(pupil, "Our coast") for pupil in (maja, eleni)))
    await replies(maja, "More rain heer", everyone)

    mine = post(maja.window, "More rain heer")
    await maja.go_back_to("^More for this post", inside=mine)
    await maja.choose("Change")
    await expect(maja.window.field("Text of the post")).to_be_focused()
    await maja.move("End", "Backspace", "Backspace", "Backspace", "Backspace")
    await maja.type("here")
    await maja.tab_to("^Save")
    await maja.press("Enter")
    await expect(post(eleni.window, "More rain here")).to_contain_text("changed")
    await expect(post(maja.window, "More rain here")).to_be_focused()
    await maja.focus()

    theirs = post(eleni.window, "More rain here")
    await eleni.tab_to("^Like", inside=theirs)
    await eleni.press("Space")
    await expect(post(maja.window, "More rain here")).to_contain_text("Liked by 1 person: Eleni")
    await eleni.tab_to("^Quote", inside=theirs)
    await eleni.press("Enter")
    await expect(eleni.window.field("Your reply")).to_be_focused()
    await replies(eleni, "And more sun here", everyone)
    quote = post(maja.window, "And more sun here").get_by_role("blockquote")
    await expect(quote).to_contain_text("More rain here")

    answer = post(anna.window, "And more sun here")
    await anna.tab_to("^More for this post", inside=answer)
    await anna.choose("Mark as best answer")
    await expect(post(eleni.window, "And more sun here")).to_contain_text("Best answer")
    await anna.go_back_to("^More for this thread")
    await anna.choose("Pin to the top")
    assert (await anna.focus()).name == "More for this thread"
    await anna.choose("Move to", "Questions")
    await expect(maja.window.link("Back to Questions")).to_be_visible()

    # On the other board a teacher reads first.
    await maja.tab_to("^Your reply")
    await maja.type("Do seals bite?")
    await maja.tab_to("^Hand in")
    await maja.press("Enter")
    await expect(post(maja.window, "Do seals bite?")).to_contain_text("Waiting for a teacher")
    await maja.focus()
    await anna.tab_to("^Approve", inside=post(anna.window, "Do seals bite?"))
    await anna.press("Enter")
    await expect(post(eleni.window, "Do seals bite?")).to_be_visible()
    await anna.focus()
    await anna.go_back_to("^More for this thread")
    await anna.choose("Lock")
    await expect(maja.window.text("A teacher has locked this thread.")).to_be_visible()
    await expect(maja.window.field("Your reply")).to_have_count(0)
    await maja.focus()


async def finds_thread(one: Keyboard, board: str) -> None:
    """Go from the boards to the thread."""
    await one.tab_to(f"^{board}")
    await one.press("Enter")
    await one.window.main.get_by_role("link", name=re.compile("Salt")).wait_for()
    await one.focus()
    await one.tab_to("Salt")
    await one.press("Enter")
    await post(one.window, "Why is one sea saltier?").wait_for()
    await one.focus()


async def makes_board(anna: Keyboard, name: str, *, hold: bool = False) -> None:
    """Make a board, as a teacher on the forum's first page."""
    await anna.tab_to("^New board")
    await anna.press("Enter")
    await expect(anna.window.field("Name")).to_be_focused()
    await anna.type(name)
    if hold:
        await anna.tab_to("^Pupils. new posts wait")
        await anna.press("Space")
    await anna.tab_to("^Make the board")
    await anna.press("Enter")
    await expect(anna.window.page.get_by_role("dialog")).to_have_count(0)
    await expect(anna.window.link(re.compile(f"^{name}"))).to_be_visible()
    await anna.focus()


async def replies(one: Keyboard, words: str, readers: tuple[Keyboard, ...]) -> None:
    """Reply in the open thread, with the button; the next reply can be written at once."""
    if not await one.window.field("Your reply").and_(one.window.page.locator(":focus")).count():
        await one.tab_to("^Your reply")
    await one.type(words)
    await one.tab_to("^Reply$")
    await one.press("Enter")
    for reader in readers:
        await expect(post(reader.window, words)).to_be_visible()
    await expect(one.window.field("Your reply")).to_be_focused()
    await one.focus()


async def they_write(
    maja: Keyboard, eleni: Keyboard, anna: Keyboard, live: Live, room: SeededRoom
) -> None:
    """Write one document from three places; one goes offline, writes, says something, returns."""
    everyone = (maja, eleni, anna)
    windows = [one.window for one in everyone]
    await asyncio.gather(*(takes_the_paper(one) for one in everyone))
    await maja.type("Lund: \nThessaloniki: \nTeacher: ")
    await all_alike(windows, "Lund:", "Thessaloniki:", "Teacher:")
    # Another's cursor at the beginning of a line holds up no key.
    await eleni.move("Control+Home")
    theirs = paper(maja.window).locator("p").first.locator(".caret")
    await expect(theirs.filter(has_text="Eleni")).to_be_attached()
    await maja.move("Control+Home", "End")
    await eleni.move("ArrowDown", "End")
    await anna.move("Control+End")
    await asyncio.gather(
        maja.type("we saw a seal"),
        eleni.type("we heard two dolphins"),
        anna.type("write what you saw"),
    )
    assert await all_alike(windows, "a seal", "dolphins", "what you saw") == [
        "Lund: we saw a seal",
        "Thessaloniki: we heard two dolphins",
        "Teacher: write what you saw",
    ]

    maja.window.excuse_cut_line()
    await maja.window.context.set_offline(True)
    await expect(saved_sign(maja.window)).to_have_attribute("data-state", "offline")
    await expect(paper(maja.window)).to_be_focused()
    await maja.type(" from the bus")
    await eleni.type(" from the beach")
    await maja.tab_to("^Write in Everyone")
    await maja.type("We are on the bus")
    await maja.tab_to("^Send$")
    await maja.press("Enter")
    await expect(maja.window.page.locator("[data-pending=sending]")).to_contain_text("on the bus")
    await maja.focus()
    await maja.window.context.set_offline(False)
    for one in everyone:
        await expect(message(one.window, "We are on the bus")).to_have_count(1)
    await all_alike(windows, "a seal from the bus", "two dolphins from the beach", "what you saw")
    for one in everyone:
        await says_saved(one.window)
        await one.focus()
    kept = stored(live, room.documents[0])
    assert "Lund: we saw a seal from the bus" in kept
    assert "dolphins from the beach" in kept


async def a_reload_keeps_everything(maja: Keyboard) -> None:
    """The document, the chat and the forum are as they were."""
    await maja.window.page.reload()
    await expect(paper(maja.window)).to_contain_text("a seal from the bus")
    await expect(message(maja.window, "We are on the bus")).to_have_count(1)
    await maja.tab_to("^Forum")
    await maja.press("Enter")
    await expect(maja.window.main).to_be_focused()
    await finds_thread(maja, "Questions")
    await expect(post(maja.window, "Do seals bite?")).to_be_visible()
    await expect(post(maja.window, "And more sun here")).to_contain_text("Best answer")
    await maja.focus()


async def the_chat_closes(maja: Keyboard, eleni: Keyboard, anna: Keyboard) -> None:
    """Who is writing when the chat closes is told why, keeps the words, and may go on later."""
    await anna.press("Escape")
    await asyncio.gather(*(one.goes_to("Chat") for one in (maja, anna)))
    await maja.tab_to("^Write in Everyone")
    await maja.type("Half a senten")
    await eleni.tab_to("^Write in Everyone")
    await turns_the_chat(anna, "Open for pupils", "Close for pupils")
    for pupil in (maja, eleni):
        told = pupil.window.page.get_by_role("status").filter(has_text=CLOSED)
        await expect(told).to_contain_text("You can read everything.")
        await expect(composer(pupil.window)).to_have_count(0)
        # The focus stays beside the sentence: in the chat, not at the beginning of the page.
        assert CLOSED in (await pupil.focus()).name
        await pupil.type("nobody hears this")
        await pupil.press("Enter")
    await turns_the_chat(anna, "Closed for pupils", "Open for pupils")
    await expect(composer(maja.window)).to_have_value("Half a senten")
    await maja.tab_to("^Write in Everyone")
    await maja.press("End")
    await maja.type("ce")
    await maja.press("Enter")
    await expect(message(eleni.window, "Half a sentence")).to_be_visible()
    await expect(message(eleni.window, "nobody hears")).to_have_count(0)
