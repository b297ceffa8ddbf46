"""Lists and what is done with what stands in them, with the keyboard alone."""

import re

from playwright.async_api import Locator, expect

from tests.browser.conftest import OpenAs
from tests.browser.keys import Focus, Keyboard, sits_down
from tests.browser.test_forum import post
from tests.browser.writing import paper
from tests.client import RoomClient
from tests.live import Live, SeededRoom, seed_administrator
from twinspace_rt.accounts import sessions
from twinspace_rt.protocol import now_ms

RENAMED = "The river in spring"


def dialog(keys: Keyboard, name: str = "") -> Locator:
    """Find the dialog that is open."""
    return keys.window.page.get_by_role("dialog", name=name)


async def is_back(keys: Keyboard) -> Focus:
    """Wait until no dialog is open, and the page behind it has the focus again."""
    await expect(dialog(keys)).to_have_count(0)
    await expect(keys.window.page.locator(":focus")).to_have_count(1)
    return await keys.focus()


async def sends(keys: Keyboard, action: str) -> None:
    """Press a dialog's main button; the focus comes back to where it was, or near it."""
    await keys.tab_to(f"^{action}$", inside=dialog(keys))
    await keys.press("Enter")
    await is_back(keys)


async def picks(keys: Keyboard, label: str, choice: str) -> None:
    """Choose from a list that opens, in a dialog."""
    await keys.tab_to(f"{label}", inside=dialog(keys).last)
    await keys.press("Enter")
    await expect(
        keys.window.page.get_by_role("option").and_(keys.window.page.locator(":focus"))
    ).to_have_count(1)
    await keys.walk_to(f"^{choice}", "ArrowDown")
    await keys.press("Enter")
    await expect(keys.window.page.get_by_role("listbox")).to_have_count(0)
    await keys.focus()


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


async def test_people_are_made_given_cards_and_taken_out(open_as: OpenAs, room: SeededRoom) -> None:
    anna = await sits_down(open_as, room, "anna", "people")
    await makes_pupils(anna)
    await prints_cards(anna)
    await gives_a_new_card(anna)
    await takes_out_and_brings_back(anna)


async def makes_pupils(anna: Keyboard) -> None:
    """A line that made nobody is put right and sent again."""
    await anna.tab_to("^Add pupils")
    await anna.press("Enter")
    await expect(anna.window.field("One pupil on each line")).to_be_focused()
    await anna.window.page.keyboard.insert_text("Astrid Nilsson, Comet\nHugo Holm, comet")
    await anna.tab_to("^Make the cards", inside=dialog(anna))
    await anna.press("Enter")
    await expect(anna.window.text("this pseudonym stands twice in the list")).to_be_visible()
    await anna.focus()
    await expect(dialog(anna).locator(":focus")).to_have_count(1)
    await anna.go_back_to("^One pupil on each line", inside=dialog(anna))
    await anna.press("Control+a")
    await anna.type("Hugo Holm, Meteor")
    await sends(anna, "Make the cards")
    assert (await anna.focus()).name == "Add pupils"


async def prints_cards(anna: Keyboard) -> None:
    """The cards are shown, printed, and forgotten."""
    await anna.window.page.evaluate("window.print = () => { document.title = 'Printed' }")
    await anna.go_back_to("^Show the cards")
    await anna.press("Enter")
    await expect(dialog(anna, "2 join cards").get_by_role("article")).to_have_count(2)
    await anna.focus()
    await anna.tab_to("^Print", inside=dialog(anna))
    await anna.press("Enter")
    await expect(anna.window.page).to_have_title("Printed")
    await anna.press("Escape")
    assert (await is_back(anna)).name == "Show the cards"
    await anna.press("Enter")
    await anna.tab_to("^I have them", inside=dialog(anna))
    await anna.press("Enter")
    await expect(anna.window.text("Forget these cards?")).to_be_visible()
    await anna.focus()
    await anna.press("Enter")
    await expect(anna.window.button("Show the cards")).to_have_count(0)
    await is_back(anna)


async def gives_a_new_card(anna: Keyboard) -> None:
    await anna.tab_to("^Actions for Comet")
    await anna.choose("New card")
    await expect(dialog(anna, "New card")).to_be_visible()
    await anna.focus()
    await sends(anna, "New card")
    assert (await anna.focus()).name == "Actions for Comet"
    await anna.go_back_to("^Show the cards")
    await anna.press("Enter")
    await expect(dialog(anna, "1 join card").get_by_role("article")).to_contain_text("Comet")
    await anna.focus()
    await anna.press("Escape")
    await expect(dialog(anna)).to_have_count(0)


async def takes_out_and_brings_back(anna: Keyboard) -> None:
    await anna.tab_to("^Find somebody")
    await anna.type("mete")
    await expect(anna.window.button("Actions for Comet")).to_have_count(0)
    await anna.tab_to("^Actions for Meteor")
    await anna.choose("Take out of the room")
    await expect(dialog(anna, "Take out of the room")).to_be_visible()
    await anna.focus()
    await sends(anna, "Take out of the room")
    await expect(anna.window.button("Actions for Meteor")).to_have_count(0)
    await anna.focus()
    await anna.tab_to("^Bring back")
    await anna.press("Enter")
    await expect(anna.window.button("Actions for Meteor")).to_be_visible()
    await anna.focus()


async def test_teams_are_made_changed_and_dissolved(open_as: OpenAs, room: SeededRoom) -> None:
    anna = await sits_down(open_as, room, "anna", "people")
    await anna.tab_to("^Members")
    await anna.press("ArrowRight")
    await expect(anna.window.text("No team yet")).to_be_visible()
    assert (await anna.focus()).name == "Teams"
    await makes_team(anna, "Bees", "Maja")
    await makes_team(anna, "Ants", "Eleni")
    bees = anna.window.main.get_by_role("listitem").filter(
        has=anna.window.page.get_by_role("heading", name="Bees")
    )
    await expect(bees).to_contain_text("Maja")
    await expect(bees).not_to_contain_text("Eleni")

    await anna.tab_to("^Change$", inside=bees)
    await anna.press("Enter")
    await expect(dialog(anna, "Bees")).to_be_visible()
    await anna.focus()
    await anna.tab_to("^Eleni", inside=dialog(anna))
    await anna.press("Space")
    await sends(anna, "Save")
    assert (await anna.focus()).name == "Change"
    await expect(bees).to_contain_text("Eleni")

    await anna.tab_to("^Dissolve$", inside=bees)
    await anna.press("Enter")
    await expect(dialog(anna, "Dissolve")).to_be_visible()
    await anna.focus()
    await sends(anna, "Dissolve")
    await expect(bees).to_have_count(0)


async def makes_team(anna: Keyboard, name: str, pupil: str) -> None:
    """Nothing of the team that was made before stands in the form."""
    await anna.tab_to("^New team")
    await anna.press("Enter")
    await expect(anna.window.field("Name of the team")).to_be_focused()
    await expect(anna.window.field("Name of the team")).to_have_value("")
    await expect(dialog(anna).get_by_role("checkbox", checked=True)).to_have_count(0)
    await anna.type(name)
    await anna.tab_to(f"^{pupil}", inside=dialog(anna))
    await anna.press("Space")
    await sends(anna, "Save")
    await expect(anna.window.page.get_by_role("heading", name=name)).to_be_visible()
    await anna.focus()


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


async def test_an_administrator_registers_invites_and_founds(open_as: OpenAs, live: Live) -> None:
    """Each form begins anew: nothing of what was sent, or given up, stands in the next one."""
    assert live.node is not None
    ada = Keyboard(await open_as(await live.node.database.write(seed_administrator), name="ada"))
    await ada.window.go("/administration/schools")
    await ada.window.page.get_by_role("tab", name="Schools").wait_for()
    name = ada.window.field("Name of the school")
    for school in ("Ribe Skole", "Given up"):
        await ada.tab_to("^Register a school")
        await ada.press("Enter")
        await expect(name).to_be_focused()
        await expect(name).to_have_value("")
        await ada.type(school)
        if school == "Given up":
            await ada.press("Escape")
            await is_back(ada)
        else:
            await picks(ada, "Country", "Denmark")
            await sends(ada, "Save")
        assert (await ada.focus()).name == "Register a school"
    item = ada.window.main.get_by_role("listitem")
    await expect(item.filter(has_text="Ribe Skole")).to_be_visible()
    await expect(item.filter(has_text="Given up")).to_have_count(0)

    await ada.go_back_to("^Schools")
    await ada.press("ArrowRight")
    email = ada.window.field("E-mail")
    for address in ("bo@example.org", "my@example.org"):
        await ada.tab_to("^Invite somebody")
        await ada.press("Enter")
        await ada.tab_to("^E-mail", inside=dialog(ada))
        await expect(email).to_have_value("")
        await ada.type(address)
        await picks(ada, "School", "Ribe Skole")
        await ada.tab_to("^Make the link", inside=dialog(ada))
        await ada.press("Enter")
        await expect(dialog(ada, "A link to hand on")).to_be_visible()
        await ada.focus()
        await ada.press("Escape")
        assert (await is_back(ada)).name == "Invite somebody"
    await ada.tab_to("^Take back", inside=item.filter(has_text="bo@example.org"))
    await ada.press("Enter")
    await expect(item.filter(has_text="bo@example.org")).to_have_count(0)
    await ada.focus()


async def test_a_teacher_signs_another_device_out(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    """The button goes with the device, and the focus stays on the page."""
    assert live.node is not None
    anna = room.people["anna"]
    await live.node.database.write(
        lambda db: sessions.open_for_member(
            db, anna.member_id, hours=1, now=now_ms(), device="Firefox, iPad"
        )
    )
    keys = Keyboard(await open_as(anna, name="anna"))
    await keys.window.go("/account")
    other = keys.window.main.get_by_role("listitem").filter(has_text="Firefox, iPad")
    await other.wait_for()
    await keys.tab_to("^Sign out$", inside=other)
    await keys.press("Enter")
    await expect(other).to_have_count(0)
    await keys.focus()
