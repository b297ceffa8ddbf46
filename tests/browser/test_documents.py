"""Two schools write one document: at the same time, with everything the paper can hold."""

import asyncio
import re

from playwright.async_api import WebSocketRoute, expect

from tests.browser.conftest import OpenAs
from tests.browser.talk import message, open_chat
from tests.browser.window import Window, until
from tests.browser.writing import (
    all_alike,
    block,
    blocks,
    paper,
    paste,
    saved_sign,
    says_saved,
    stored,
    write_at_end,
    write_behind,
)
from tests.client import RoomClient
from tests.live import Live, SeededRoom


async def at_the_table(open_as: OpenAs, room: SeededRoom) -> tuple[Window, Window, Window]:
    """Seat two pupils of two schools and a teacher before the same rich document."""
    windows = [await open_as(room.people[name], name=name) for name in ("maja", "eleni", "anna")]
    for window in windows:
        await window.enter(room, f"docs/{room.documents[0]}")
        await expect(paper(window)).to_be_editable()
    maja, eleni, anna = windows
    return maja, eleni, anna


async def test_two_pupils_and_a_teacher_write_talk_and_take_it_home(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await open_chat(live, room)
    everyone = maja, eleni, anna = await at_the_table(open_as, room)

    # Everyone types at once, in lines of one paragraph each.
    await write_at_end(maja, "Lund: \nThessaloniki: \nTeacher: ")
    await all_alike(everyone, "Lund:", "Thessaloniki:", "Teacher:")
    await asyncio.gather(
        write_behind(maja, "Lund:", "we saw a seal on the rocks"),
        write_behind(eleni, "Thessaloniki:", "we heard two dolphins"),
        write_behind(anna, "Teacher:", "write what you saw yourselves"),
    )
    shown = await all_alike(everyone, "rocks", "dolphins", "yourselves")
    assert shown == [
        "Lund: we saw a seal on the rocks",
        "Thessaloniki: we heard two dolphins",
        "Teacher: write what you saw yourselves",
    ]
    # They see each other by name, and never themselves.
    names = eleni.page.locator(".caret-name")
    await expect(names.filter(has_text="Maja")).to_be_attached()
    await expect(names.filter(has_text="Anna")).to_be_attached()
    await expect(names.filter(has_text="Eleni")).to_have_count(0)

    # Undo takes back one's own alone, though others wrote since.
    await write_at_end(maja, " MISTAKE")
    await all_alike(everyone, "MISTAKE")
    await write_behind(eleni, "Thessaloniki:", ", far out")
    await all_alike(everyone, "far out")
    await maja.button("Undo what you did").click()

    async def gone() -> bool:
        return "MISTAKE" not in "".join(await blocks(eleni))

    await until(gone, lambda: "the mistake is still there")
    await all_alike(everyone, "far out", "yourselves")

    await format_everything(eleni, anna)
    for window in everyone:
        await expect(paper(window).locator("strong")).to_have_text("we heard")
        await expect(paper(window).locator("h1")).to_contain_text("Lund:")
        await expect(paper(window).locator("ul li")).to_contain_text("Teacher:")
        await expect(paper(window).locator("table th").first).to_contain_text("Species")
        await expect(paper(window).locator(".katex annotation").first).to_have_text("a^2+b^2=c^2")
    shown = await all_alike(everyone, "Species")

    # The class talks beside the document.
    field = maja.page.get_by_role("complementary").get_by_role("textbox", name="Write in Everyone")
    await field.fill("Look at our table")
    await field.press("Enter")
    await expect(message(eleni, "Look at our table")).to_be_visible()

    for window in everyone:
        await says_saved(window)
    kept = stored(live, room.documents[0])
    for words in ("we saw a seal on the rocks", "two dolphins, far out", "Species"):
        assert words in kept
    await maja.page.reload()
    await all_alike(everyone, *shown)
    await takes_it_home(maja)


async def format_everything(eleni: Window, anna: Window) -> None:
    """Use the tools: one pupil marks words, the teacher makes a list, a table and a formula."""
    keyboard = eleni.page.keyboard
    await block(eleni, "Thessaloniki:").click()
    await keyboard.press("Home")
    for _ in "Thessaloniki: ":
        await keyboard.press("ArrowRight")
    await keyboard.down("Shift")
    for _ in "we heard":
        await keyboard.press("ArrowRight")
    await keyboard.up("Shift")
    await eleni.button("Bold").click()
    await expect(eleni.button("Bold")).to_have_attribute("aria-pressed", "true")
    await block(eleni, "Lund:").click()
    await eleni.button(re.compile("^Style"), exact=False).click()
    await eleni.page.get_by_role("menuitemradio", name="Heading 1").click()

    await expect(paper(anna).locator("h1")).to_have_count(1)
    await block(anna, "Teacher:").click()
    await anna.button("List").click()
    await write_at_end(anna, "\n\n")
    await anna.button("Insert").click()
    await anna.page.get_by_role("menuitem", name="Formula").click()
    await anna.field("Formula in LaTeX").fill("a^2+b^2=c^2")
    await anna.button("Set the formula").click()
    await write_at_end(anna, "\n")
    await anna.button("Insert").click()
    await anna.page.get_by_role("menuitem", name="Table").click()
    await anna.page.keyboard.type("Species")


async def takes_it_home(window: Window) -> None:
    """Download the document as Markdown and as a web page, and find everything in both."""
    wanted = {
        "Download as Markdown": (
            "# Lund: we saw a seal",
            "**we heard**",
            "a^2+b^2=c^2",
            "| Species",
            "- Teacher:",
        ),
        "Download as a web page": (
            "<h1",
            "<strong>we heard</strong>",
            "a^2+b^2=c^2",
            "<table",
            "Species",
            "<li",
        ),
    }
    for item, pieces in wanted.items():
        await window.button("More about “Page 1”").click()
        async with window.page.expect_download() as downloading:
            await window.page.get_by_role("menuitem", name=item).click()
        path = await (await downloading.value).path()
        file = path.read_text("utf-8")
        assert [piece for piece in pieces if piece not in file] == []


async def test_click_puts_the_cursor_there_while_others_write(
    open_as: OpenAs, room: SeededRoom
) -> None:
    """What comes between a click and the editor's notice of it must not undo the click."""
    maja = await open_as(room.people["maja"], name="maja")
    eleni = await open_as(room.people["eleni"], name="eleni")
    for window in (maja, eleni):
        await window.enter(room, f"docs/{room.documents[0]}")
        await expect(paper(window)).to_be_editable()
    await write_at_end(maja, "Maja:\nEleni:\nnobody")
    await all_alike([maja, eleni], "nobody")
    clicks = 20
    is_writing = True

    async def write_on() -> None:
        await block(maja, "Maja:").click()
        await maja.page.keyboard.press("End")
        while is_writing:
            await maja.page.keyboard.type("m", delay=20)

    writing = asyncio.create_task(write_on())
    try:
        for click in range(clicks):
            await eleni.page.evaluate("document.activeElement.blur()")
            # Side by side, or three quick ones would be a triple click, which takes the whole line.
            await block(eleni, "Eleni:").click(position={"x": 20 + 60 * (click % 4), "y": 8})
            await eleni.page.keyboard.press("End")
            await eleni.page.keyboard.type("e")
    finally:
        is_writing = False
        await writing
    shown = await all_alike([maja, eleni], "Eleni:" + "e" * clicks)
    assert set(shown[0].removeprefix("Maja:")) == {"m"}
    assert shown[1:] == ["Eleni:" + "e" * clicks, "nobody"]


async def test_text_of_another_program_keeps_its_looks(open_as: OpenAs, room: SeededRoom) -> None:
    """Their "bold" is a style attribute, which the Content-Security-Policy blocks."""
    maja = await open_as(room.people["maja"], name="maja")
    maja.excuse_blocked_paste()
    await maja.enter(room, f"docs/{room.documents[0]}")
    await paper(maja).click()
    await paste(
        maja,
        '<b style="font-weight:normal"><p><span style="font-weight:700">Salt</span> and '
        '<span style="font-style:italic">sugar</span> melt</p></b>',
        "Salt and sugar melt",
    )
    await expect(paper(maja)).to_have_text("Salt and sugar melt")
    await expect(paper(maja).locator("strong")).to_have_text("Salt")
    await expect(paper(maja).locator("em")).to_have_text("sugar")
    await says_saved(maja)


async def test_phone_has_one_line_above_a_document(open_as: OpenAs, room: SeededRoom) -> None:
    """The way back, the title, whether all is saved, who is here, and a menu for the rest."""
    maja = await open_as(room.people["maja"], 390, name="maja")
    await maja.enter(room, f"docs/{room.documents[0]}")
    await expect(paper(maja)).to_be_editable()
    header = maja.page.locator("header")
    await expect(header).to_have_count(1)
    await expect(header.get_by_role("heading", name="Page 1")).to_be_visible()
    pressed = await header.locator("a, button").all()
    assert [await one.inner_text() for one in pressed] == [
        "Back to Documents",
        "1\nWho is here: 1 is here",
        "",
    ]
    for one in pressed:
        box = await one.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44, await one.inner_text()

    await write_at_end(maja, "# Grey seals\nhave five toes on each foot")
    await says_saved(maja)
    await expect(saved_sign(maja).get_by_text("Saved").first).to_be_visible()
    await maja.button(re.compile("^Who is here")).click()
    await expect(maja.page.get_by_role("dialog", name="Who is here")).to_contain_text("Maja")
    await maja.page.keyboard.press("Escape")
    menu = maja.button("More about “Page 1”")
    await menu.click()
    await expect(maja.page.get_by_role("menuitem", name="8 words")).to_be_visible()
    await maja.page.get_by_role("menuitem", name="Contents").click()
    contents = maja.page.get_by_role("dialog", name="Contents")
    await contents.get_by_role("link", name="Grey seals").click()
    await expect(contents).to_have_count(0)
    await expect(maja.page).to_have_url(re.compile("#h-grey-seals$"))

    maja.excuse_cut_line()
    await maja.context.set_offline(True)
    await expect(saved_sign(maja).get_by_text("Offline", exact=True)).to_be_visible()
    seen = maja.page.locator("[aria-hidden=true]:visible")
    await expect(seen.filter(has_text="Your changes are kept on this device.")).to_have_count(1)
    await maja.context.set_offline(False)
    await says_saved(maja)
    await maja.link("Back to Documents").click()
    await expect(maja.main.get_by_role("heading", name="Documents")).to_be_visible()
    await expect(header).to_have_count(2)


async def test_quick_note_is_written_together(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    eleni = await open_as(room.people["eleni"], 390, name="eleni")
    for window in (maja, eleni):
        await window.enter(room, f"docs/{room.documents[1]}")
        await expect(paper(window, "Page 2")).to_be_editable()
    await paper(maja, "Page 2").click()
    await maja.page.keyboard.type("Bring a jar\n")
    await expect(paper(eleni, "Page 2")).to_contain_text("Bring a jar")
    await paper(eleni, "Page 2").click()
    await eleni.page.keyboard.press("Control+End")
    await eleni.page.keyboard.type("and a string")
    await expect(paper(maja, "Page 2")).to_contain_text("and a string")
    await says_saved(maja)
    await says_saved(eleni)
    assert stored(live, room.documents[1]) == "Bring a jar\nand a string"


async def test_documents_are_found_renamed_moved_and_archived(
    open_as: OpenAs, room: SeededRoom
) -> None:
    anna = await open_as(room.people["anna"], name="anna")
    await anna.enter(room, "docs")
    eleni = await open_as(room.people["eleni"], name="eleni")
    await eleni.enter(room, "docs")

    await anna.button("New").click()
    await anna.page.get_by_role("menuitem", name="New folder").click()
    await anna.field("Name of the folder").fill("Field trips")
    await anna.button("Create").click()
    await expect(eleni.link(re.compile("Field trips"))).to_be_visible()

    await anna.button("More about “Page 1”").click()
    await anna.page.get_by_role("menuitem", name="Rename").click()
    await anna.field("Title").fill("The river in spring")
    await anna.button("Save").click()
    await expect(eleni.link(re.compile("The river in spring"))).to_be_visible()

    await anna.button("More about “The river in spring”").click()
    await anna.page.get_by_role("menuitem", name="Move to a folder").click()
    await anna.page.get_by_role("dialog").get_by_role("button", name=re.compile("Folder")).click()
    await anna.page.get_by_role("option", name="Field trips").click()
    await anna.button("Move").click()
    await expect(eleni.link(re.compile("The river in spring"))).to_have_count(0)
    await eleni.link(re.compile("Field trips")).click()
    await expect(eleni.link(re.compile("The river in spring"))).to_be_visible()

    await anna.page.get_by_role("searchbox", name="Search documents").fill("spring")
    await expect(anna.link(re.compile("The river in spring"))).to_be_visible()
    await expect(anna.link(re.compile("Page 2"))).to_have_count(0)

    await anna.button("More about “The river in spring”").click()
    await anna.page.get_by_role("menuitem", name="Archive").click()
    await expect(eleni.link(re.compile("The river in spring"))).to_have_count(0)


async def test_the_archive_is_left_with_the_last_that_was_in_it(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    """Its page says why nobody can write, and whoever may brings it back from there as well."""
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as teacher:
        await teacher.hello()
        for document_id in room.documents:
            await teacher.do("docs.change", document_id=document_id, archived=True)
    anna = await open_as(room.people["anna"], name="anna")
    await anna.enter(room, f"docs/{room.documents[0]}")
    maja = await open_as(room.people["maja"], 390, name="maja")
    await maja.enter(room, f"docs/{room.documents[0]}")
    for window in (anna, maja):
        await expect(window.text("This is in the archive")).to_be_visible()
        await expect(paper(window)).to_have_attribute("contenteditable", "false")
    await expect(maja.button("Bring back")).to_have_count(0)
    await anna.button("Bring back").click()
    for window in (anna, maja):
        await expect(window.text("This is in the archive")).to_have_count(0)
        await expect(paper(window)).to_have_attribute("contenteditable", "true")

    await anna.enter(room, "docs")
    switch = anna.text("Show what is archived")
    await switch.click()
    await expect(anna.link(re.compile("Page 1"))).to_have_count(0)
    await anna.button("More about “Page 2”").click()
    await anna.page.get_by_role("menuitem", name="Bring back").click()
    await expect(anna.link(re.compile("Page 2"))).to_be_visible()
    await expect(anna.link(re.compile("Page 1"))).to_be_visible()
    await expect(switch).to_have_count(0)


async def test_nothing_is_said_to_be_missing_while_the_server_still_looks(
    open_as: OpenAs, room: SeededRoom
) -> None:
    held: list[str | bytes] = []
    answers: list[WebSocketRoute] = []

    def hold(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            if isinstance(frame, str) and "docs.search" in frame:
                held.append(frame)
                answers.append(server)
            else:
                server.send(frame)

        socket.on_message(pass_on)

    maja = await open_as(room.people["maja"], name="maja")
    await maja.page.route_web_socket(re.compile(rf"/ws/.*{room.room_id}"), hold)
    await maja.enter(room, "docs")
    await maja.page.get_by_role("searchbox", name="Search documents").fill("walrus")
    await expect(maja.main.get_by_role("status").filter(has_text="Loading")).to_be_attached()
    await until(lambda: asyncio.sleep(0, bool(held)), lambda: "the server was not asked")
    await expect(maja.text("Nothing was found")).to_have_count(0)
    answers[0].send(held[0])
    await expect(maja.text("Nothing was found")).to_be_visible()


async def test_whatever_a_page_held_is_saved_and_shown_to_others(
    open_as: OpenAs, room: SeededRoom
) -> None:
    """Links to years, addresses with spaces, lists and tables with odd numbers."""
    maja, eleni, _ = await at_the_table(open_as, room)
    await paper(maja).click()
    await paste(
        maja,
        '<p>Born in <a href="https://de.example.org/wiki/1879" title="1879">1879</a>, see '
        '<a href="https://school.example.org/my file.pdf">the file</a>.</p>'
        '<ol start="a"><li><p>first</p></li></ol><ol start="99999999999"><li><p>last</p></li></ol>'
        '<table><colgroup><col width="*"><col width="12"></colgroup>'
        '<tr><td rowspan="0">left</td><td colspan="0">right</td></tr></table><p>the end</p>',
        "the end",
    )
    shown = await all_alike((maja, eleni), "Born in 1879", "first", "last", "left", "right")
    await says_saved(maja)
    for link in ("https://de.example.org/wiki/1879", "https://school.example.org/my%20file.pdf"):
        await expect(paper(eleni).locator(f'a[href="{link}"]')).to_be_visible()
    await write_at_end(eleni, " and on")
    await says_saved(eleni)
    await maja.page.reload()
    await expect(paper(maja)).to_be_editable()
    assert await all_alike((maja, eleni), "and on") == [*shown[:-1], f"{shown[-1]} and on"]


async def test_each_paragraph_begins_at_the_side_of_its_script(
    open_as: OpenAs, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room, f"docs/{room.documents[0]}")
    await expect(paper(maja)).to_be_editable()
    await write_at_end(maja, "left to right\nمن اليمين إلى اليسار")
    await says_saved(maja)
    begins = """
    (paper) => [...paper.querySelectorAll("p")].map((block) => {
        const range = document.createRange();
        range.selectNodeContents(block);
        const [words, whole] = [range.getBoundingClientRect(), block.getBoundingClientRect()];
        return Math.abs(words.left - whole.left) < Math.abs(words.right - whole.right);
    })"""
    assert await paper(maja).evaluate(begins) == [True, False]
