"""What paper, chat and their tools can do, with the keyboard alone."""

from playwright.async_api import Locator, expect

from tests.browser.conftest import OpenAs
from tests.browser.keys import Keyboard, sits_down, takes_the_paper
from tests.browser.talk import composer, have_said, message, open_chat
from tests.browser.talk import stored as stored_talk
from tests.browser.writing import block, blocks, paper, says_saved, stored
from tests.live import Live, SeededRoom

QUESTION = "Who saw the seal?"


async def to_tool(keys: Keyboard, name: str) -> None:
    """Go from the paper to one of its tools: Escape and Shift+Tab leave the paper everywhere."""
    await keys.press("Escape", "Shift+Tab")
    tools = keys.window.page.get_by_role("toolbar", name="Writing tools")
    await expect(tools.locator(":focus")).to_have_count(1)
    # Arrow keys go from tool to tool, and stop at the ends.
    before = None
    while before != (focus := await keys.focus()):
        before = focus
        await keys.press("ArrowLeft")
    await keys.walk_to(name, "ArrowRight")


async def use(keys: Keyboard, name: str) -> None:
    """Press a tool; the writer is then at the same place of the paper again."""
    await to_tool(keys, name)
    await keys.press("Enter")
    await is_back(keys)


async def is_back(keys: Keyboard) -> None:
    """Wait until the writer is on the paper again, and all is done that brought them there."""
    await expect(paper(keys.window)).to_be_focused()
    await keys.focus()
    # The editor sets the cursor once more 20 ms after the focus has come; what is asked for later
    # and takes longer is done after that, however busy the machine is.
    await keys.window.page.evaluate("new Promise((done) => setTimeout(done, 30))")


async def test_everything_on_paper(open_as: OpenAs, live: Live, room: SeededRoom) -> None:
    maja = await sits_down(open_as, room, "maja")
    await takes_the_paper(maja)
    sheet = paper(maja.window)

    await to_tool(maja, "^Style: Text")
    await maja.choose("Heading 1")
    await is_back(maja)
    await maja.type("Seals\n")
    await use(maja, "^Bold$")
    await maja.type("Many")
    await maja.press("Control+b")
    await maja.type(" of them\n")
    await expect(sheet.locator("h1")).to_have_text("Seals")
    await expect(sheet.locator("strong")).to_have_text("Many")

    await use(maja, "^Numbered list")
    await maja.type("Look\nCount\n\n")
    await expect(sheet.locator("ol > li")).to_have_text(["Look", "Count"])
    await makes_tasks(maja, sheet)
    await makes_table(maja, sheet)
    await sets_link(maja, sheet)
    await sets_formula(maja, sheet)
    await takes_back(maja, sheet)
    await says_saved(maja.window)
    kept = stored(live, room.documents[0])
    for words in ("Many of them", "Bring a string", "Grey seal", "Behind the table"):
        assert words in kept
    await downloads(maja)


async def makes_tasks(maja: Keyboard, sheet: Locator) -> None:
    """Tick tasks off; keys on a task's box are no words, whatever is marked on the paper."""
    await use(maja, "^List to tick off")
    await maja.type("Bring a jar\nBring a string")
    tasks = sheet.locator("li[data-checked]")
    await maja.press("Escape")
    await maja.tab_to("^Done: Bring a string")
    await maja.press("Space")
    await expect(tasks.nth(1)).to_have_attribute("data-checked", "true")
    await expect(tasks.nth(0)).to_have_attribute("data-checked", "false")
    await is_back(maja)

    before = await blocks(maja.window)
    await maja.move("Control+a")
    await maja.press("Escape")
    await maja.tab_to("^Done: Bring a jar")
    await maja.press("Space")
    await expect(tasks.nth(0)).to_have_attribute("data-checked", "true")
    assert await blocks(maja.window) == before
    await is_back(maja)
    # Without Escape, Tab writes: the second task becomes part of the first.
    await maja.move("Control+End", "Tab")
    await expect(sheet.locator("li li")).to_contain_text("Bring a string")
    await maja.move("Shift+Tab")
    await expect(sheet.locator("li li")).to_have_count(0)
    await maja.type("\n\n")


async def makes_table(maja: Keyboard, sheet: Locator) -> None:
    """Tab goes from cell to cell and adds rows; the arrow keys, and Escape with Tab, lead out."""
    await to_tool(maja, "^Insert")
    await maja.choose("Table")
    await is_back(maja)
    for cell in ("Species", "Where", "How many", "Grey seal", "Lund", "3"):
        await maja.type(cell)
        await maja.move("Tab")
    await maja.move("Shift+Tab")
    await maja.type("4")
    rows = sheet.locator("tr")
    await expect(rows.nth(1).locator("td")).to_have_text(["Grey seal", "Lund", "4"])
    await to_tool(maja, "^Change the table")
    await maja.choose("Add a row")
    await expect(rows).to_have_count(4)
    await is_back(maja)

    # Out of it, and on behind it, though nothing stands there yet.
    await maja.press("Escape")
    await maja.tab_to("^(Close the chat beside|Channel|Write in Everyone)")
    await expect(rows).to_have_count(4)
    await maja.go_back_to("^Page 1$")
    for _ in range(4):
        await maja.move("ArrowDown")
    await maja.type("Behind the table")
    await expect(block(maja.window, "Behind the table")).to_be_visible()
    await expect(sheet.locator("table")).not_to_contain_text("Behind")


async def sets_link(maja: Keyboard, sheet: Locator) -> None:
    """Make a link with words of its own, and follow it."""
    address = f"{maja.window.origin}/join"
    await maja.type(" see ")
    await to_tool(maja, "^Link$")
    await maja.press("Enter")
    await expect(maja.window.field("Address")).to_be_focused()
    await maja.type(address)
    await maja.go_back_to("^Words of the link")
    await maja.type("the atlas")
    await maja.press("Enter")
    await is_back(maja)
    link = sheet.get_by_role("link", name="the atlas")
    await expect(link).to_have_attribute("href", address)
    await maja.move("ArrowLeft")
    await to_tool(maja, "^Link$")
    await maja.press("Enter")
    await expect(maja.window.field("Address")).to_have_value(address)
    await maja.tab_to("^Open the link")
    async with maja.window.context.expect_page() as opening:
        await maja.press("Enter")
    page = await opening.value
    await page.wait_for_url(address)
    await page.close()
    await maja.press("Escape")
    await expect(maja.window.page.get_by_role("dialog")).to_have_count(0)
    assert (await maja.focus()).name == "Link"
    await maja.tab_to("^Page 1$")
    await maja.move("Control+End")


async def sets_formula(maja: Keyboard, sheet: Locator) -> None:
    """Look into the menu and leave it again; set a formula, and change it."""
    await to_tool(maja, "^Insert")
    await maja.press("Enter")
    await expect(maja.window.page.get_by_role("menu")).to_be_visible()
    await maja.press("Escape")
    await expect(maja.window.page.get_by_role("menu")).to_have_count(0)
    assert (await maja.focus()).name == "Insert"
    await maja.choose("Formula")
    await expect(maja.window.field("Formula in LaTeX")).to_be_focused()
    await maja.type("a^2")
    await maja.press("Enter")
    await is_back(maja)
    await expect(sheet.locator("annotation")).to_have_text("a^2")
    await maja.move("ArrowLeft")
    await to_tool(maja, "^Change the formula")
    await maja.press("Enter")
    await expect(maja.window.field("Formula in LaTeX")).to_be_focused()
    await maja.move("End")
    await maja.type("+b^2")
    await maja.press("Enter")
    await expect(sheet.locator("annotation")).to_have_text("a^2+b^2")
    await is_back(maja)
    await maja.move("Control+End")


async def takes_back(maja: Keyboard, sheet: Locator) -> None:
    """Undo and redo, with the keys that everyone knows and with the tools."""
    await maja.type("\nMISTAKE")
    await maja.press("Control+z")
    await expect(sheet).not_to_contain_text("MISTAKE")
    await expect(sheet).to_contain_text("Behind the table")
    await maja.press("Control+Shift+z")
    await expect(sheet).to_contain_text("MISTAKE")
    await use(maja, "^Undo what you did")
    await expect(sheet).not_to_contain_text("MISTAKE")
    await use(maja, "^Redo")
    await expect(sheet).to_contain_text("MISTAKE")
    await maja.press("Control+y")
    await maja.press("Control+z")
    await expect(sheet).not_to_contain_text("MISTAKE")


async def downloads(maja: Keyboard) -> None:
    """Take the document home."""
    wanted = {
        "Download as Markdown": ("# Seals", "**Many**", "1. Look", "[x] Bring a jar", "| Species"),
        "Download as a web page": ("<h1", "<strong>Many</strong>", "<table", "/join"),
    }
    await maja.press("Escape")
    await maja.go_back_to("^More about “Page 1”")
    for item, pieces in wanted.items():
        async with maja.window.page.expect_download() as downloading:
            await maja.choose(item)
        path = await (await downloading.value).path()
        file = path.read_text("utf-8")
        assert [piece for piece in pieces if piece not in file] == []
        assert (await maja.focus()).name == "More about “Page 1”"


async def test_way_out_is_in_sight_of_who_came_by_keyboard(
    open_as: OpenAs, room: SeededRoom
) -> None:
    """It moves nothing when it comes, and never lies over the cursor."""
    maja = await sits_down(open_as, room, "maja", f"docs/{room.documents[0]}")
    sheet = paper(maja.window)
    hint = maja.window.text("Press Escape and then Tab to leave the text")
    await expect(sheet).to_be_editable()
    await sheet.click()
    await maja.type("Seals")
    await expect(hint).to_be_hidden()
    place = await sheet.bounding_box()
    await maja.press("Escape")
    await expect(hint).to_be_visible()
    await maja.press("Tab")
    await expect(hint).to_be_hidden()
    await maja.go_back_to("^Page 1$")
    await expect(hint).to_be_visible()
    assert await sheet.bounding_box() == place

    await maja.type("\n".join(f"line {number}" for number in range(60)))
    above = await hint.bounding_box()
    assert above
    assert await _cursor_bottom(maja) <= above["y"]
    # Back over the upper edge, and down again line by line.
    await maja.move(*["ArrowUp"] * 40)
    await maja.move(*["ArrowDown"] * 30)
    assert await _cursor_bottom(maja) <= above["y"]
    await sheet.locator("p").nth(31).click()
    await expect(hint).to_be_hidden()


async def _cursor_bottom(maja: Keyboard) -> float:
    """Measure where the line ends in which the cursor is, from the window's upper edge."""
    bottom: float = await maja.window.page.evaluate(
        "getSelection().getRangeAt(0).getBoundingClientRect().bottom"
    )
    return bottom


async def test_quick_note_is_no_trap(open_as: OpenAs, live: Live, room: SeededRoom) -> None:
    maja = await sits_down(open_as, room, "maja", f"docs/{room.documents[1]}")
    await expect(paper(maja.window, "Page 2")).to_be_editable()
    await maja.tab_to("^Page 2$")
    await maja.type("Bring a jar")
    await maja.tab_to("^(Close the chat beside|Channel|Write in Everyone)")
    await maja.go_back_to("^Page 2$")
    await maja.type(" and a string")
    await says_saved(maja.window)
    assert stored(live, room.documents[1]) == "Bring a jar and a string"


async def test_everything_in_the_chat(open_as: OpenAs, live: Live, room: SeededRoom) -> None:
    await open_chat(live, room)
    await have_said(live, room, "maja", [f"Fact {number:03}" for number in range(130)])
    await have_said(live, room, "anna", [QUESTION])
    maja = await sits_down(open_as, room, "maja")
    await maja.goes_to("Chat")
    await maja.tab_to("^Write in Everyone")
    newest = message(maja.window, QUESTION)
    await maja.go_back_to("^Anna", inside=maja.window.page.get_by_test_id("messages"))
    await expect(newest).to_be_focused()
    await reacts(maja, newest)
    await answers(maja, newest)
    await changes_and_removes(maja, live, room)
    await goes_back_in_time(maja)


async def reacts(maja: Keyboard, newest: Locator) -> None:
    """React, and take it back on the reaction itself: the focus is on the message then."""
    await maja.tab_to("^React$")
    await maja.press("Enter")
    panel = maja.window.page.get_by_role("dialog", name="React")
    await expect(panel).to_be_visible()
    await maja.focus()
    await maja.tab_to("👍", inside=panel)
    await maja.press("Enter")
    await expect(panel).to_have_count(0)
    assert (await maja.focus()).name == "React"
    pill = newest.get_by_role("button", name="👍 1: Maja")
    await expect(pill).to_be_visible()
    await maja.go_back_to("^👍 1: Maja")
    await maja.press("Enter")
    await expect(pill).to_have_count(0)
    await maja.focus()
    await expect(newest).to_be_focused()


async def answers(maja: Keyboard, newest: Locator) -> None:
    """Answer a message; what is answered leads back to it."""
    await maja.tab_to("^Answer$", inside=newest)
    await maja.press("Enter")
    await expect(composer(maja.window)).to_be_focused()
    await maja.type("I did not know")
    await maja.press("Enter")
    mine = message(maja.window, "I did not know")
    await expect(mine.and_(maja.window.page.locator("[data-message]"))).to_contain_text(QUESTION)


async def changes_and_removes(maja: Keyboard, live: Live, room: SeededRoom) -> None:
    """Change one's own by the arrow key and by the menu, and remove it."""
    await maja.press("ArrowUp")
    await expect(maja.window.field("Change your message")).to_have_value("I did not know")
    await maja.move("End")
    await maja.type(" that")
    await maja.press("Enter")
    mine = message(maja.window, "I did not know that")
    await expect(mine).to_have_count(1)
    # From message to message go the arrow keys.
    await maja.go_back_to("^Anna", inside=maja.window.page.get_by_test_id("messages"))
    await maja.press("ArrowDown")
    await expect(mine).to_be_focused()
    await maja.tab_to("^More$", inside=mine)
    await maja.choose("Change")
    await expect(maja.window.field("Change your message")).to_be_focused()
    await maja.press("Escape")
    await expect(composer(maja.window)).to_have_value("")
    await maja.go_back_to("^More$", inside=mine)
    await maja.choose("Remove")
    dialog = maja.window.page.get_by_role("dialog", name="Remove this message?")
    await expect(dialog).to_be_visible()
    await maja.focus()
    await maja.tab_to("^Remove$", inside=dialog)
    await maja.press("Enter")
    await expect(dialog).to_have_count(0)
    gone = maja.window.page.get_by_role("article").filter(has_text="Removed by its author")
    await expect(gone).to_have_count(1)
    await maja.focus()
    await expect(gone).to_be_focused()
    assert "I did not know" not in "".join(stored_talk(live, room))


async def goes_back_in_time(maja: Keyboard) -> None:
    """Go to the oldest message, and to the newest again."""
    first = maja.window.page.locator("[data-message]").first
    while not await message(maja.window, "Fact 000").count():
        known = await first.get_attribute("data-message") or ""
        await maja.press("Home")
        await expect(first).not_to_have_attribute("data-message", known)
        await maja.focus()
    await maja.press("Home")
    await expect(message(maja.window, "Fact 000")).to_be_focused()
    await maja.press("ArrowDown")
    await expect(message(maja.window, "Fact 001")).to_be_focused()
    await maja.focus()
    await maja.tab_to("^To the newest")
    await maja.press("Enter")
    await expect(message(maja.window, QUESTION)).to_be_in_viewport()
    await maja.focus()
    await maja.tab_to("^Maja", inside=maja.window.page.get_by_test_id("messages"))
    await maja.tab_to("^Write in Everyone")
