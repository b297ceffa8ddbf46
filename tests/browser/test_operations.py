"""An administrator looks after the server: nodes, rooms, and a document that is brought back."""

from playwright.async_api import expect

from tests.browser.axe import barriers
from tests.browser.conftest import OpenAs
from tests.browser.keys import Keyboard
from tests.live import Live, SeededRoom, seed_administrator
from tests.peers import raw
from tests.peers.raw import Pen, enter
from twinspace_rt.docs import quarantine
from twinspace_rt.operations.figures import Figures
from twinspace_rt.operations.nodes import Identity, do_beat, do_end


async def written_and_set_aside(live: Live, room: SeededRoom) -> str:
    """Write in a document, have a good state stored, write more, and quarantine it."""
    assert live.node is not None
    page, pen = room.documents[1], Pen(1)
    async with await enter(live, room) as maja:
        await maja.send(raw.update(pen.write("good words ")))
        assert await maja.expect("status") == 1
        opened = await live.node.library.open(page)
        assert opened is not None
        assert await live.node.tending.compact(opened)
        await maja.send(raw.update(pen.write("later words")))
        assert await maja.expect("status") == 1
    await live.node.hub.log.act(lambda action: quarantine.do_quarantine(action, page))
    async with opened.committed():
        await opened.close_to_edits()
    return page


async def test_an_administrator_looks_after_the_server_by_keyboard(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    assert live.node is not None
    database = live.node.database
    ada = await open_as(await database.write(seed_administrator), name="ada")
    pupil = await open_as(room.people["maja"], name="maja")
    page = await written_and_set_aside(live, room)
    await pupil.enter(room, f"docs/{page}")
    keys = Keyboard(ada)
    await ada.go("/administration")
    await ada.page.get_by_role("tab", name="Schools").wait_for()
    await keys.tab_to("^Schools")
    await keys.press("ArrowLeft")  # round to the last one
    await expect(ada.page).to_have_url(f"{live.origin}/administration/operations")
    node = ada.page.get_by_role("listitem", name=f"process {live.node.watch.who.process}")
    await expect(node).to_contain_text("Ready")

    # Who is where is seen within some seconds, without anybody doing anything.
    rooms = ada.page.get_by_role("listitem").filter(has_text="Rivers of Europe")
    await expect(rooms.filter(has_text="1 connection").first).to_be_visible()

    # The only node has to stay open.
    await keys.tab_to("^Close to newcomers")
    await keys.press("Enter")
    dialog = ada.page.get_by_role("dialog")
    await dialog.wait_for()
    with ada.excuse_refusals():
        await keys.tab_to("^Close to newcomers")
        await keys.press("Enter")
        await expect(dialog).to_contain_text("No other node is ready for newcomers")
    await keys.press("Escape")

    # The document is proved anew, and whoever has it open may write in it again.
    await keys.tab_to("^Try again")
    await keys.press("Enter")
    await expect(ada.page.get_by_text("The document is sound.")).to_be_visible()
    await expect(ada.page.get_by_text("All documents are sound")).to_be_visible()
    paper = pupil.page.get_by_role("textbox", name="Page 2")
    await expect(paper).to_contain_text("good words later words")
    await expect(paper).to_be_editable()


async def test_what_is_wrong_is_said_in_words_and_shuts_nobody_out(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    assert live.node is not None
    database = live.node.database
    page = await written_and_set_aside(live, room)
    figures = Figures(
        connections={"app": 40}, rooms=3, oldest_unacknowledged_s=7, bus_connected=False, lag_s=0.4
    )
    who = Identity("other000000000000000", "0.0.9", "a-machine-with-a-long-name.example.org", 7)
    await database.write(lambda db: do_beat(db, who, "ready", figures))
    ada = await open_as(await database.write(seed_administrator), 390, name="ada")
    await ada.go("/administration/operations")
    node = ada.page.get_by_role("listitem", name="a-machine-with-a-long-name")
    for words in ("Changes wait to be saved.", "Redis is away.", "Slow to answer."):
        await expect(node).to_contain_text(words)
    wide, screen = await ada.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= screen
    document = ada.page.get_by_role("listitem").filter(has_text=page)
    await expect(document).to_contain_text("Quarantined")
    assert await barriers(ada.page) == []

    # With another node there, this one may be closed.
    own = ada.page.get_by_role("listitem", name=f"process {live.node.watch.who.process}")
    await own.get_by_role("button", name="Close to newcomers").click()
    await ada.page.get_by_role("dialog").get_by_role("button", name="Close to newcomers").click()
    await expect(own).to_contain_text("Closed to newcomers")
    assert live.node.hub.closed
    await own.get_by_role("button", name="Open to newcomers").click()
    await expect(own).to_contain_text("Ready")
    assert not live.node.hub.closed

    await document.get_by_role("button", name="Open the good state").click()
    dialog = ada.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 change made after that will not be in it")
    # What was read out when the last dialog's button turned stands in the page for some seconds.
    await expect(ada.page.locator("[data-live-announcer] [role=img]")).to_have_count(0)
    assert await barriers(ada.page) == []
    await dialog.get_by_role("button", name="Open the good state").click()
    await expect(document).to_have_count(0)
    pupil = await open_as(room.people["maja"], name="maja")
    await pupil.enter(room, f"docs/{page}")
    paper = pupil.page.get_by_role("textbox", name="Page 2")
    await expect(paper).to_have_text("good words")
    await expect(paper).to_be_editable()
    await database.write(lambda db: do_end(db, who.id))
