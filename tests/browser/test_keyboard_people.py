"""People, teams, and who looks after them, with the keyboard alone."""

from playwright.async_api import expect

from tests.browser.conftest import OpenAs
from tests.browser.dialogs import dialog, follows, is_back, picks, sends
from tests.browser.keys import Keyboard, sits_down
from tests.live import Live, SeededRoom, seed_administrator
from twinspace_rt.accounts import sessions
from twinspace_rt.protocol import now_ms


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
        await follows(ada, "A link to hand on")
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
