"""Everything once more with the keyboard alone: the focus is always somewhere, and in sight."""

import re

from playwright.async_api import expect

from tests.browser.conftest import OpenAs
from tests.browser.keys import Keyboard
from tests.browser.talk import message, open_chat
from tests.browser.test_forum import make_board, post, start_thread
from tests.browser.window import Window
from tests.browser.writing import paper, says_saved, stored
from tests.live import Live, SeededRoom
from twinspace_rt.accounts.cards import put_card
from twinspace_rt.accounts.passwords import hash_secret
from twinspace_rt.protocol import now_ms


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


async def goes_to(window: Window, keys: Keyboard, tool: str) -> None:
    """Go to a tool by the rail; the focus goes along to the work."""
    await window.page.keyboard.press("Control+Home")
    await keys.go_back_to("^Go to the work")
    await keys.tab_to(f"^{tool}")
    await keys.press("Enter")
    await expect(window.main).to_be_focused()


async def test_a_pupil_does_everything_with_the_keyboard(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await open_chat(live, room)
    anna = await open_as(room.people["anna"], name="anna")
    await anna.enter(room, "forum")
    await make_board(anna, "Our coast")
    thread = await start_thread(anna, "Our coast", "Salt", "Why is one sea saltier?")
    await anna.enter(room, "chat/everyone")
    await anna.field("Write in Everyone").fill("Who saw the seal?")
    await anna.field("Write in Everyone").press("Enter")
    await expect(message(anna, "Who saw the seal?")).to_have_count(1)

    maja = await open_as(None, name="maja")
    keys = Keyboard(maja)
    await comes_in(maja, keys, live, room)
    await looks_around(maja, keys)
    await talks(maja, keys, anna)
    await anna.enter(room, thread)
    await discusses(maja, keys, anna)
    await writes(maja, keys, live, room)


async def looks_around(maja: Window, keys: Keyboard) -> None:
    """Skip to the work; open who is here, and close it again."""
    await maja.page.reload()
    await expect(maja.page.get_by_role("heading", name="Hello Maja")).to_be_visible()
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


async def talks(maja: Window, keys: Keyboard, anna: Window) -> None:
    """Write a message, answer one, react to it, change one's own and remove it."""
    await goes_to(maja, keys, "Chat")
    await keys.tab_to("^Write in Everyone")
    await keys.type("Hello from Lund")
    await keys.press("Enter")
    await expect(message(anna, "Hello from Lund")).to_be_visible()

    await keys.go_back_to("Who saw the seal|Hello from Lund|Maja|Anna")
    await message(maja, "Who saw the seal?").focus()
    await keys.tab_to("^React$")
    await keys.press("Enter")
    await expect(maja.page.get_by_role("dialog", name="React")).to_be_visible()
    await keys.press("Escape")
    await expect(maja.page.get_by_role("dialog")).to_have_count(0)
    assert (await keys.focus()).name == "React"
    await keys.tab_to("^Answer$")
    await keys.press("Enter")
    await expect(maja.field("Write in Everyone")).to_be_focused()
    await keys.type("I did")
    await keys.press("Enter")
    await expect(message(anna, "I did")).to_contain_text("Who saw the seal?")

    await expect(message(maja, "I did").and_(maja.page.locator("[data-message]"))).to_have_count(1)
    await keys.press("ArrowUp")
    await expect(maja.field("Change your message")).to_have_value("I did")
    await keys.press("End")
    await keys.type(", at Barsebäck")
    await keys.press("Enter")
    await expect(message(anna, "I did, at Barsebäck")).to_be_visible()


async def discusses(maja: Window, keys: Keyboard, anna: Window) -> None:
    """Find the thread, like what stands there, and reply."""
    await goes_to(maja, keys, "Forum")
    await keys.tab_to("^Our coast")
    await keys.press("Enter")
    await maja.main.get_by_role("link", name=re.compile("Salt")).wait_for()
    await keys.focus()
    await keys.tab_to("Salt")
    await keys.press("Enter")
    await post(maja, "Why is one sea saltier?").wait_for()
    await keys.focus()
    await keys.tab_to("^Like")
    await keys.press("Space")
    await expect(post(anna, "Why is one sea saltier?")).to_contain_text("Liked by 1 person")
    await keys.tab_to("^Your reply")
    await keys.type("More rain here")
    await keys.press("Control+Enter")
    await expect(post(anna, "More rain here")).to_be_visible()
    await keys.focus()


async def writes(maja: Window, keys: Keyboard, live: Live, room: SeededRoom) -> None:
    """Open the document, write, use the tools, and come out again."""
    await goes_to(maja, keys, "Documents")
    await keys.tab_to("^Page 1")
    await keys.press("Enter")
    await expect(paper(maja)).to_be_editable()
    await keys.focus()
    await keys.tab_to("^Page 1$")
    await keys.type("We saw ")
    await keys.press("Control+b")
    await keys.type("a seal")
    await keys.press("Control+b")
    await expect(paper(maja).locator("strong")).to_have_text("a seal")

    # From the paper to the tools and back: arrow keys go from tool to tool.
    await keys.go_back_to("^(Style|Insert|Undo)")
    for _ in range(20):
        if (await keys.focus()).name == "Insert":
            break
        await keys.press("ArrowRight")
    await keys.press("Enter")
    await expect(maja.page.get_by_role("menu")).to_be_visible()
    await keys.press("Escape")
    await expect(maja.page.get_by_role("menu")).to_have_count(0)
    assert (await keys.focus()).name == "Insert"
    await keys.press("Enter")
    await expect(maja.page.get_by_role("menu")).to_be_visible()
    await keys.type("Formula")
    await keys.press("Enter")
    await expect(maja.field("Formula in LaTeX")).to_be_focused()
    await keys.type("a^2")
    await keys.press("Enter")
    await expect(maja.page.get_by_role("dialog")).to_have_count(0)
    await expect(paper(maja)).to_be_focused()
    await expect(paper(maja).locator("annotation")).to_have_text("a^2")
    await says_saved(maja)
    assert "We saw a seal" in stored(live, room.documents[0])
    # The paper is no trap: Tab leaves it (WCAG 2.1.2).
    await keys.tab_to("^(Close the chat beside|Channel|Write in Everyone)")
