"""Before a room and among its people: cards, links, what teachers do, who is shut out."""

import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Dialog, Error, expect

from tests.browser.conftest import OpenAs
from tests.browser.window import Window, until
from tests.client import RoomClient
from tests.live import Live, SeededRoom
from twinspace_rt.admin import CreateAdministrator, MakeDemo, carry_out

PASSWORD = "lingon och mjölk"


async def links(live: Live, request: Any) -> dict[str, str]:
    """Have the server make links; returns their paths by whose they are."""
    assert live.node is not None
    made = await carry_out(live.node, request)
    return {way.who.partition(" ")[0]: re.sub(r"^http://[^/]*", "", way.link) for way in made}


async def add_pupils(teacher: Window, room: SeededRoom, *lines: str) -> None:
    """Paste a list of pupils, as a teacher."""
    await teacher.enter(room, "people")
    await teacher.button("Add pupils").click()
    await teacher.field("One pupil on each line").fill("\n".join(lines))
    await teacher.button("Make the cards").click()


async def choose(window: Window, label: str, option: str) -> None:
    """Open a list of choices and pick one, with the keyboard as people do in long ones."""
    await window.page.get_by_role("dialog").get_by_role("button", name=label).press("Enter")
    await expect(window.page.get_by_role("option", name=option)).to_be_visible()
    await window.page.keyboard.type(option[:5])
    await expect(window.page.get_by_role("option", name=option)).to_be_focused()
    await window.page.keyboard.press("Enter")


async def test_a_pasted_class_comes_in_with_cards_on_a_phone(
    open_as: OpenAs, room: SeededRoom
) -> None:
    anna = await open_as(room.people["anna"], name="anna")
    await add_pupils(anna, room, "Astrid Nilsson, Comet", "Hugo Holm", "Astrid nilsson")
    await expect(anna.text("this pupil stands twice in the list")).to_be_visible()
    assert await anna.field("One pupil on each line").input_value() == "Astrid nilsson"
    await anna.page.get_by_role("dialog").get_by_role("button", name="Close").click()
    await anna.button("Show the cards").click()
    dialog = anna.page.get_by_role("dialog")
    # By the picture's name: the other card's three words may well have a comet in them.
    picture = anna.page.get_by_role("img", name="QR code of Comet's card")
    card = dialog.locator("article").filter(has=picture)
    await expect(dialog.locator("article")).to_have_count(2)
    code, words = await card.locator("dd").all_inner_texts()

    phone = await open_as(None, 390, name="phone")
    with phone.excuse_refusals():
        await phone.go("/")
        await phone.link("I have a card").click()
        # Nothing stands in it that could be taken for a code.
        await expect(phone.field("The code on your card")).not_to_have_attribute(
            "placeholder", re.compile(".")
        )
        await phone.field("The code on your card").fill(code.lower())
        await phone.field("Word 1").fill("not these words")
        await phone.button("Come in").click()
        await expect(phone.text("do not belong together")).to_be_visible()
        await phone.field("Word 1").fill(words)
        await phone.button("Come in").click()
    await phone.page.wait_for_url(f"**/rooms/{room.room_id}/")
    await expect(phone.text("Comet").first).to_be_attached()


async def test_a_language_chosen_before_coming_in_stays_the_pupils(
    open_as: OpenAs, room: SeededRoom
) -> None:
    """The card is for an English reader; the child who holds it chose Swedish."""
    anna = await open_as(room.people["anna"], name="anna")
    await add_pupils(anna, room, "Astrid Nilsson, Comet")
    await anna.button("Show the cards").click()
    card = anna.page.get_by_role("dialog").locator("article")
    code, words = await card.locator("dd").all_inner_texts()

    phone = await open_as(None, 390, name="phone")
    with phone.excuse_refusals():
        await phone.go("/join")
        await phone.button("Language").click()
        await phone.page.get_by_role("menuitemradio", name="Svenska").click()
        await phone.field("Koden på ditt kort").fill(code)
        await phone.field("Ord 1").fill(words)
        await phone.page.locator("form button[type=submit]").click()
    await phone.page.wait_for_url(f"**/rooms/{room.room_id}/")
    await expect(phone.page.get_by_role("heading", name="Hej Comet")).to_be_visible()

    async def is_known() -> bool:
        me = await phone.context.request.get(f"{phone.origin}/api/me")
        return bool((await me.json())["language"] == "sv")

    await until(is_known, lambda: "the server does not know of the choice")

    laptop = await open_as(None, name="laptop")
    with laptop.excuse_refusals():
        await laptop.go("/join")
        await laptop.field("The code on your card").fill(code)
        await laptop.field("Word 1").fill(words)
        await laptop.button("Come in").click()
    await expect(laptop.page.get_by_role("heading", name="Hej Comet")).to_be_visible()


async def test_cards_are_laid_out_for_paper(open_as: OpenAs, live: Live, room: SeededRoom) -> None:
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as client:
        await client.hello()
        await client.do("people.edit_room", title="Rivers and seas " * 12, description="")
    anna = await open_as(room.people["anna"], name="anna")
    names = [f"Pupil Number{n}" for n in range(8)]
    await add_pupils(anna, room, *names, "Astrid Nilsson, The hedgehog from the woods by the sea")
    await anna.button("Show the cards").click()
    await anna.page.emulate_media(media="print")
    sheets = anna.page.locator("[data-print]")
    await expect(sheets).to_be_visible()
    await expect(anna.page.locator("#root")).to_be_hidden()
    boxes = [await one.bounding_box() for one in await sheets.locator("article").all()]
    assert len(boxes) == 9
    # Two beside each other, and eight cards on the first of two pages.
    assert len({box["x"] for box in boxes if box}) == 2
    for part in await sheets.locator("article").all():
        card, hint = await part.bounding_box(), await part.locator("p").last.bounding_box()
        assert card
        assert hint
        assert hint["y"] + hint["height"] <= card["y"] + card["height"], "the last words are cut"
    pdf = await anna.page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") == 2


async def test_cards_that_nobody_can_show_again_do_not_go_with_the_page_unasked(
    open_as: OpenAs, room: SeededRoom
) -> None:
    anna = await open_as(room.people["anna"], name="anna")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    anna.page.on("dialog", stay)
    await add_pupils(anna, room, "Astrid Nilsson, Comet")
    await expect(anna.button("Show the cards")).to_be_visible()
    with pytest.raises(Error, match="ERR_ABORTED"):
        await anna.go("/account")
    assert asked == ["beforeunload"]
    await anna.button("Show the cards").click()
    for _ in range(2):  # the second press is the answer
        await anna.button("I have them").click()
    await anna.go("/account")
    await expect(anna.page.get_by_role("heading", name="My account")).to_be_visible()
    assert asked == ["beforeunload"]


async def test_the_qr_code_of_a_card_leads_in_and_leaves_no_trace(
    open_as: OpenAs, room: SeededRoom
) -> None:
    anna = await open_as(room.people["anna"], name="anna")
    await add_pupils(anna, room, "Astrid Nilsson, Comet")
    await anna.button("Show the cards").click()
    code, words = await anna.page.get_by_role("dialog").locator("dd").all_inner_texts()
    secret = f"{code.replace(' ', '')}.{words.replace(' ', '-')}"

    phone = await open_as(None, 390, name="phone")
    await phone.go(f"/join#{secret}")
    await expect(phone.text("Is this your card?")).to_be_visible()
    assert phone.page.url.endswith("/join")
    await phone.button("Come in").click()
    await phone.page.wait_for_url(f"**/rooms/{room.room_id}/")
    assert not [request.url for request in phone.sent if words.replace(" ", "-") in request.url]

    # A new card in class: the old one and its windows end at once.
    await anna.page.get_by_role("dialog").get_by_role("button", name="Close").click()
    await anna.button("Actions for Comet").click()
    await anna.page.get_by_role("menuitem", name="New card").click()
    await anna.button("New card").click()
    await expect(phone.text("You are signed out")).to_be_visible()


async def test_a_teacher_renames_trusts_removes_and_brings_back(
    open_as: OpenAs, room: SeededRoom
) -> None:
    anna = await open_as(room.people["anna"], name="anna")
    eleni = await open_as(room.people["eleni"], name="eleni")
    await eleni.enter(room, "people")
    await anna.enter(room, "people")
    name = f"Maja {room.room_id[:4]}"
    await anna.button(f"Actions for {name}").click()
    await anna.page.get_by_role("menuitem", name="Change name").click()
    await anna.field("Name in the room").fill("Nova")
    await anna.field("Real name").fill("Hemlig Person")
    await anna.button("Save").click()
    await expect(eleni.main.get_by_text("Nova")).to_be_visible()
    await expect(anna.main.get_by_text("Hemlig Person")).to_be_visible()
    await expect(eleni.text("Hemlig")).to_have_count(0)
    await expect(eleni.button("Actions for Nova")).to_have_count(0)

    await anna.button("Actions for Nova").click()
    await anna.page.get_by_role("menuitem", name="Make").click()
    await expect(eleni.main.get_by_text("Pupil with more rights")).to_have_count(2)

    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)
    await anna.button("Actions for Nova").click()
    await anna.page.get_by_role("menuitem", name="Take out of the room").click()
    await anna.button("Take out of the room").click()
    await expect(maja.text("You are no longer in this room")).to_be_visible()
    await expect(eleni.main.get_by_text("Nova")).to_have_count(0)
    await anna.button("Bring back").click()
    await expect(eleni.main.get_by_text("Nova")).to_be_visible()
    await expect(anna.button("Show the cards")).to_be_visible()


async def test_teams_and_pictures(open_as: OpenAs, room: SeededRoom) -> None:
    anna = await open_as(room.people["anna"], name="anna")
    maja = await open_as(room.people["maja"], 390, name="maja")
    await maja.enter(room, "people/teams")
    await expect(maja.text("Your teachers make the teams.")).to_be_visible()
    await anna.enter(room, "people/teams")
    await anna.button("New team").click()
    await anna.field("Name of the team").fill("Bees")
    for name in ("Maja", "Eleni"):
        await anna.page.get_by_role("checkbox", name=name).check(force=True)
    await anna.button("Save").click()
    await expect(maja.main.get_by_role("heading", name="Bees")).to_be_visible()
    await expect(maja.main.get_by_text("Eleni")).to_be_visible()

    await maja.page.get_by_role("tab", name="Members").click()
    await maja.button("Choose my picture").click()
    await maja.page.get_by_role("option", name="Octopus").click()
    free = maja.page.locator('[role=option][aria-label^="Colour"]:not([aria-disabled])')
    await free.last.click()
    await maja.button("Take it").click()
    await expect(maja.page.get_by_role("dialog")).to_have_count(0)


async def test_a_room_is_renamed_and_closed(open_as: OpenAs, room: SeededRoom) -> None:
    anna = await open_as(room.people["anna"], name="anna")
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)
    await anna.enter(room, "settings")
    await anna.field("Name of the project").fill("Seas of Europe")
    await anna.button("Save").click()
    await expect(maja.text("Seas of Europe").first).to_be_visible()
    # To choose is not enough: in passing nobody stops a class from writing.
    told = maja.page.get_by_role("status").filter(has_text="closed")
    for answer, closed in (("Cancel", 0), ("Close the room", 1)):
        await anna.page.get_by_text("Closed: everyone can read").click()
        await anna.page.get_by_role("dialog").get_by_role("button", name=answer).click()
        await expect(anna.page.get_by_role("dialog")).to_have_count(0)
        await expect(anna.page.get_by_role("radio", name="Closed")).to_be_checked(
            checked=bool(closed)
        )
        await expect(told).to_have_count(closed)


async def test_the_first_administrator_builds_the_ground_and_a_teacher_comes(
    open_as: OpenAs, live: Live
) -> None:
    ada = await open_as(None, name="ada")
    with ada.excuse_refusals():
        await ada.go((await links(live, CreateAdministrator()))["Administrator"])
        await expect(ada.text("Become an administrator")).to_be_visible()
        await ada.field("Your name").fill("Ada")
        await ada.field("E-mail").fill(f"ada.{live.port}@example.org")
        await ada.field("New password").fill(PASSWORD)
        await ada.button("Make my account").click()
        await ada.link("Administration").click()
    await ada.button("Register a school").click()
    await ada.field("Name of the school").fill("Aarhus Skole")
    await ada.field("Town").fill("Aarhus")
    countries = ada.page.get_by_role("dialog").get_by_role("button", name="Country")
    await expect(countries).to_have_text("Choose")
    await choose(ada, "Country", "Denmark")
    zone = ada.page.get_by_role("dialog").get_by_role("button", name="Time zone")
    await expect(zone).to_contain_text("Europe/Copenhagen")
    await ada.button("Save").click()
    await expect(ada.main.get_by_text("Aarhus Skole")).to_be_visible()

    await ada.page.get_by_role("tab", name="Staff").click()
    await ada.button("Invite somebody").click()
    await choose(ada, "School", "Aarhus Skole")
    await ada.button("Make the link").click()
    link = await ada.page.get_by_role("dialog").locator("code").inner_text()

    bo = await open_as(None, 390, name="bo")
    with bo.excuse_refusals():
        await bo.go(link.removeprefix(bo.origin))
        await expect(bo.text("Aarhus Skole")).to_be_visible()
        await bo.field("Your name").fill("Bo")
        await bo.field("E-mail").fill(f"bo.{live.port}@example.org")
        await bo.field("New password").fill(PASSWORD)
        await bo.button("Make my account").click()
        await bo.link("New project").click()
    await bo.field("Name of the project").fill("Wind")
    await bo.button("Start the project").click()
    await expect(bo.main.get_by_text("Leads the project")).to_be_visible()


async def test_mistake_in_a_form_is_said_in_ones_language_and_costs_one_press(
    open_as: OpenAs, live: Live
) -> None:
    ada = await open_as(None, name="ada", locale="sv-SE")
    ada.excuse_cut_line()
    with ada.excuse_refusals():
        await ada.go((await links(live, CreateAdministrator()))["Administrator"])
        await ada.field("Ditt namn").fill("Ada")
        await ada.field("E-post").fill("ada")
        await ada.field("Nytt lösenord").fill("kort")
        make = ada.button("Skapa mitt konto")
        await make.click()
        await expect(ada.text("Det här är ingen e-postadress.")).to_be_visible()
        await expect(ada.text("Skriv minst 10 tecken.")).to_be_visible()
        await ada.field("E-post").fill(f"ada.{live.port}@example.com")
        await ada.field("Nytt lösenord").fill(PASSWORD)
        await expect(ada.text("Skriv minst 10 tecken.")).to_have_count(0)
        # The press itself takes the focus off the field; nothing may move under it.
        await make.click()
        await ada.page.wait_for_url(f"{ada.origin}/")


async def test_staff_sign_in_and_out_and_come_back_to_where_they_were(
    open_as: OpenAs, live: Live
) -> None:
    karin = await open_as(None, name="karin")
    await karin.go((await links(live, MakeDemo()))["Karin"])
    await karin.page.get_by_role("heading", name="Two seas").click()
    await expect(karin.link("Personer")).to_be_visible()
    path = karin.page.url.removeprefix(karin.origin)
    with karin.excuse_refusals():
        await karin.go("/account")
        await karin.button("Logga ut", exact=True).first.click()
        await expect(karin.text("Välkommen till TwinSpace")).to_be_visible()
        await karin.go(path)
        await karin.link("Logga in").click()
        await expect(karin.field("E-post")).to_be_visible()
        assert "next=" in karin.page.url


async def test_who_cannot_sign_out_now_is_told_so(open_as: OpenAs, room: SeededRoom) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    maja.excuse_cut_line()
    await maja.enter(room)

    async def sign_out() -> None:
        await maja.button(re.compile("^You: ")).click()
        await maja.page.get_by_role("menuitem", name="Sign out").click()

    await maja.context.set_offline(True)
    await sign_out()
    await expect(maja.text("There is no internet right now.")).to_be_visible()
    await maja.context.set_offline(False)
    with maja.excuse_refusals():
        await sign_out()
        await expect(maja.text("Welcome to TwinSpace")).to_be_visible()


async def test_a_moderator_enters_by_saying_so(open_as: OpenAs, live: Live) -> None:
    ways = await links(live, MakeDemo())
    karin = await open_as(None, name="karin")
    await karin.go(ways["Karin"])
    await karin.page.get_by_role("heading", name="Two seas").click()
    await expect(karin.link("Personer")).to_be_visible()
    path = karin.page.url.removeprefix(karin.origin).rstrip("/")
    await karin.go(f"{path}/people/visits")
    await expect(karin.text("Ingen moderator har varit här")).to_be_visible()

    inga = await open_as(None, name="inga")
    inga.excuse_cut_line()
    with inga.excuse_refusals():
        await inga.go(ways["Inga"])
        await expect(inga.button("Enter as moderator").first).to_be_visible()
        await inga.go(f"{path}/people")
        await inga.button("Enter as moderator").click()
        await expect(inga.main.get_by_text("Karin Lindqvist")).to_be_visible()
    assert inga.page.url.endswith("/people")
    await karin.page.reload()
    await expect(karin.main.get_by_text("Inga Holst")).to_be_visible()


async def test_no_secret_of_a_link_reaches_the_server_in_an_address(
    open_as: OpenAs, live: Live
) -> None:
    path = (await links(live, MakeDemo()))["Maja"]
    maja = await open_as(None, 390, name="maja")
    await maja.go(path)
    await maja.page.wait_for_url("**/rooms/**")
    secret = path.partition("#")[2]
    assert httpx.URL(maja.page.url).fragment == ""
    assert not [request.url for request in maja.sent if secret in request.url.partition("#")[0]]
