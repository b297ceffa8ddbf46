"""Lists and what is done with what stands in them, with the keyboard alone."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import OpenAs
from tests.browser.dialogs import dialog, is_back, picks, sends
from tests.browser.keys import Keyboard, sits_down
from tests.browser.test_forum import post
from tests.browser.writing import paper, says_saved
from tests.client import RoomClient
from tests.live import Live, SeededRoom

RENAMED = "The river in spring"


def row(keys: Keyboard, title: str) -> Locator:
    return keys.window.main.get_by_role("link", name=re.compile(f"^{title}"))


async def test_documents_are_filed(open_as: OpenAs, live: Live, room: SeededRoom) -> None:
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as client:
        await client.hello()
        old = (await client.do("docs.create", title="Old plan", kind="text"))["result"]
        await client.do("docs.change", document_id=old, archived=True)
    anna = await sits_down(open_as, room, "anna", "docs")
    await makes_a_folder(anna)
    await renames_and_moves(anna)
    await opens_what_is_in_the_folder(anna)
    await searches(anna)
    await archives_and_brings_back(anna)


@pytest.mark.parametrize("kind", ["New document", "New note"])
async def test_who_makes_a_document_writes_in_it_at_once(
    open_as: OpenAs, room: SeededRoom, kind: str
) -> None:
    anna = await sits_down(open_as, room, "anna", "docs")
    await anna.tab_to("^New$")
    await anna.choose(kind)
    await expect(anna.window.field("Title")).to_be_focused()
    await anna.type("Tides")
    await anna.press("Enter")
    await expect(paper(anna.window, "Tides")).to_be_focused()
    await anna.type("High water at ten")
    await expect(paper(anna.window, "Tides")).to_contain_text("High water at ten")
    await says_saved(anna.window)


async def makes_a_folder(anna: Keyboard) -> None:
    await anna.tab_to("^New$")
    await anna.choose("New folder")
    await expect(anna.window.field("Name of the folder")).to_be_focused()
    await anna.type("Coast")
    await anna.press("Enter")
    await expect(row(anna, "Coast")).to_be_visible()
    assert (await is_back(anna)).name == "New"


async def renames_and_moves(anna: Keyboard) -> None:
    await anna.tab_to("^More about .Page 1")
    await anna.choose("Rename")
    await expect(anna.window.field("Title")).to_be_focused()
    await anna.press("Control+a")
    await anna.type(RENAMED)
    await anna.press("Enter")
    await expect(row(anna, RENAMED)).to_be_visible()
    assert (await is_back(anna)).name == f"More about “{RENAMED}”"
    await anna.choose("Move to a folder")
    await picks(anna, "Folder", "Coast")
    await sends(anna, "Move")
    await expect(row(anna, RENAMED)).to_have_count(0)
    await anna.focus()


async def opens_what_is_in_the_folder(anna: Keyboard) -> None:
    """Rename the folder in it, and open the document."""
    await anna.go_back_to("^Go to the work")
    await anna.tab_to("^Coast")
    await anna.press("Enter")
    await expect(row(anna, RENAMED)).to_be_visible()
    await anna.focus()
    await anna.tab_to("^More about .Coast")
    await anna.choose("Rename the folder")
    await expect(anna.window.field("Name of the folder")).to_be_focused()
    await anna.press("End")
    await anna.type("s")
    await anna.press("Enter")
    assert (await is_back(anna)).name == "More about “Coasts”"
    await anna.tab_to(f"^{RENAMED}")
    await anna.press("Enter")
    await expect(paper(anna.window, RENAMED)).to_be_editable()
    await anna.focus()


async def searches(anna: Keyboard) -> None:
    await anna.go_back_to("^Go to the work")
    await anna.tab_to("^Documents")
    await anna.press("Enter")
    await expect(row(anna, "Page 2")).to_be_visible()
    await anna.focus()
    await anna.tab_to("^Search documents")
    await anna.type("SPRING")
    await expect(row(anna, RENAMED)).to_be_visible()
    await expect(row(anna, "Page 2")).to_have_count(0)
    await anna.press("Escape")
    await expect(row(anna, "Page 2")).to_be_visible()
    await expect(row(anna, RENAMED)).to_have_count(0)
    await expect(anna.window.page.get_by_role("searchbox")).to_be_focused()


async def archives_and_brings_back(anna: Keyboard) -> None:
    await anna.tab_to("^More about .Page 2")
    await anna.choose("Archive")
    await expect(row(anna, "Page 2")).to_have_count(0)
    await anna.focus()
    await anna.go_back_to("^Show what is archived")
    await anna.press("Space")
    await expect(row(anna, "Page 2")).to_be_visible()
    await anna.tab_to("^More about .Page 2")
    await anna.choose("Bring back")
    await expect(row(anna, "Page 2")).to_have_count(0)
    await anna.focus()
    await anna.go_back_to("^Show what is archived")
    await anna.press("Space")
    await expect(row(anna, "Page 2")).to_be_visible()
    await expect(row(anna, "Old plan")).to_have_count(0)
    await anna.focus()


async def test_timetable_is_set_and_changed(open_as: OpenAs, live: Live, room: SeededRoom) -> None:
    anna = await sits_down(open_as, room, "anna", "chat/everyone")
    await opens_timetable(anna)
    for day, start, end in (("Wednesday", "0905", "1010"), ("Friday", "1300", "1345")):
        await anna.tab_to("^Add a time", inside=dialog(anna))
        await anna.press("Enter")
        last = dialog(anna).get_by_role("listitem").last
        await anna.go_back_to("^From", inside=last)
        await picks_day(anna, last, day)
        await anna.tab_to("^From", inside=last)
        await anna.type(start)
        await anna.tab_to("^To", inside=last)
        await anna.type(end)
    await sends(anna, "Save")
    assert (await anna.focus()).name.endswith("for pupils")
    assert await slots(live, room) == [(2, 545, 610), (4, 780, 825)]

    await opens_timetable(anna)
    first = dialog(anna).get_by_role("listitem").first
    await anna.tab_to("^To", inside=first)
    await anna.type("1030")
    second = dialog(anna).get_by_role("listitem").nth(1)
    await anna.tab_to("^Remove this time", inside=second)
    await anna.press("Enter")
    await expect(dialog(anna).get_by_role("listitem")).to_have_count(1)
    await anna.focus()
    await expect(dialog(anna).locator(":focus")).to_have_count(1)
    await sends(anna, "Save")
    assert await slots(live, room) == [(2, 545, 630)]
    await opens_timetable(anna)
    await anna.press("Escape")
    assert (await is_back(anna)).name.endswith("for pupils")

    # What a teacher decided by hand meanwhile ends, as the form says, also if nothing is changed.
    async with await RoomClient.open(live, room.room_id, room.people["nikos"]) as nikos:
        await nikos.hello()
        await nikos.do("chat.open")
        await expect(anna.window.button("Open for pupils")).to_be_visible()
        await opens_timetable(anna)
        await sends(anna, "Save")
        hours = (await nikos.ask("chat.overview"))["ok"]["hours"]
    assert hours["by_hand"] is None
    assert await slots(live, room) == [(2, 545, 630)]


async def opens_timetable(anna: Keyboard) -> None:
    await anna.go_back_to("for pupils$")
    await anna.press("Enter")
    panel = dialog(anna, "When pupils may write")
    await expect(panel).to_be_visible()
    await anna.tab_to("^Timetable of the chat", inside=panel)
    await anna.press("Enter")
    await expect(dialog(anna, "Timetable of the chat")).to_be_visible()
    await anna.focus()


async def picks_day(anna: Keyboard, slot: Locator, day: str) -> None:
    await anna.go_back_to("Day", inside=slot)
    await anna.press("Enter")
    await expect(anna.window.page.get_by_role("listbox")).to_be_visible()
    await anna.focus()
    await anna.type(day[:2])
    assert (await anna.focus()).name == day
    await anna.press("Enter")
    await expect(anna.window.page.get_by_role("listbox")).to_have_count(0)
    await anna.focus()


async def slots(live: Live, room: SeededRoom) -> list[tuple[int, int, int]]:
    """Read the timetable as the server has it."""
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as client:
        hours = (await client.hello())["features"]["chat"]["hours"]
    return [(one["weekday"], one["start"], one["end"]) for one in hours["slots"]]


async def test_a_teacher_returns_one_post_and_approves_another(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await two_posts_wait(live, room)
    anna = await sits_down(open_as, room, "anna", "forum")
    await anna.tab_to("^2 posts of pupils wait")
    await anna.press("Enter")
    returned = post(anna.window, "I live in Storgatan 1")
    await expect(returned).to_be_visible()
    await anna.focus()

    await anna.tab_to("^Return", inside=returned)
    await anna.press("Enter")
    await expect(anna.window.field("What should the pupil change?")).to_be_focused()
    await anna.press("Escape")
    assert (await is_back(anna)).name == "Return…"
    await anna.press("Enter")
    await expect(anna.window.field("What should the pupil change?")).to_be_focused()
    await anna.type("Leave out where you live.")
    await sends(anna, "Return to the pupil")
    await expect(returned).to_contain_text("returned it: Leave out where you live.")
    # The button is gone; the post that it was about is still there.
    await expect(returned).to_be_focused()

    await anna.tab_to("^Approve", inside=post(anna.window, "Do seals bite?"))
    await anna.press("Enter")
    await expect(anna.window.text("Do seals bite?")).to_have_count(0)
    await anna.focus()
    async with await RoomClient.open(live, room.room_id, room.people["maja"]) as maja:
        held = (await maja.hello())["features"]["forum"]["held"]
    assert [(one["state"], one["reason"]) for one in held] == [
        ("returned", "Leave out where you live.")
    ]


async def two_posts_wait(live: Live, room: SeededRoom) -> None:
    """Have two pupils write where a teacher reads first."""
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as anna:
        await anna.hello()
        board = (await anna.do("forum.board_create", name="Questions", hold=True))["result"]
        words = {"title": "Ask us", "text": "What do you want to know?"}
        thread = (await anna.do("forum.start", board_id=board, **words))["result"]["thread_id"]
    for name, text in (("maja", "I live in Storgatan 1"), ("eleni", "Do seals bite?")):
        async with await RoomClient.open(live, room.room_id, room.people[name]) as pupil:
            await pupil.hello()
            await pupil.do("forum.reply", thread_id=thread, text=text)
