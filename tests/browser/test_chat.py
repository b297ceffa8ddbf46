"""A class talks: closed and open hours, what is pending, what is unread, and what one can do."""

import json
import re

from playwright.async_api import WebSocketRoute, expect

from tests.browser.conftest import OpenAs
from tests.browser.talk import (
    EVERYONE,
    choose,
    composer,
    have_said,
    message,
    open_chat,
    say,
    stored,
)
from tests.client import RoomClient
from tests.live import Live, SeededRoom


async def test_closed_chat_says_when_it_opens(open_as: OpenAs, room: SeededRoom) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room, f"chat/{EVERYONE}")
    await expect(maja.text("This chat is closed. A teacher opens it.")).to_be_visible()
    await expect(maja.text("Nobody has written here yet")).to_be_visible()
    await expect(maja.text("Say hello!")).to_have_count(0)
    await expect(composer(maja)).to_have_count(0)

    anna = await open_as(room.people["anna"], name="anna")
    await anna.enter(room, f"chat/{EVERYONE}")
    await anna.button("Closed for pupils").click()
    await anna.button("Timetable of the chat").click()
    await anna.button("Add a time").click()
    await anna.button("Cancel").click()
    await expect(anna.page.get_by_role("dialog")).to_have_count(0)
    # What was cancelled is not saved by whoever comes next.
    await anna.button("Closed for pupils").click()
    await anna.button("Timetable of the chat").click()
    await anna.button("Save").click()
    await expect(anna.page.get_by_role("dialog")).to_have_count(0)
    await anna.button("Closed for pupils").click()
    await anna.button("Timetable of the chat").click()
    await expect(anna.page.get_by_label("From")).to_have_count(0)
    for _ in range(7):
        await anna.button("Add a time").click()
    # A minute of every day: the chat is closed now, unless this runs in that very minute.
    for start in await anna.page.get_by_label("From").all():
        await start.fill("03:00")
    for end in await anna.page.get_by_label("To", exact=True).all():
        await end.fill("03:01")
    await anna.button("Save").click()
    await expect(anna.page.get_by_role("dialog")).to_have_count(0)
    both = re.compile(r"This chat opens .*03:00 \(Lund\) / 04:00 \(Thessaloniki\)")
    await expect(maja.text(both).first).to_be_visible()
    await expect(composer(maja)).to_have_count(0)

    await anna.button("Closed for pupils").click()
    await anna.button("Open for pupils", exact=True).click()
    await expect(maja.text("Say hello!")).to_be_visible()
    await say(maja, "Now I may")
    await expect(message(anna, "Now I may")).to_be_visible()
    await anna.button("Open for pupils").click()
    await anna.button("Close for pupils").click()
    await expect(composer(maja)).to_have_count(0)
    await expect(message(maja, "Now I may")).to_be_visible()


async def test_server_refuses_what_was_on_its_way_when_the_chat_closed(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await open_chat(live, room)
    maja = await open_as(room.people["maja"], name="maja")
    held: list[tuple[WebSocketRoute, str]] = []

    def hold_posts(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            if isinstance(frame, str) and json.loads(frame)["type"] == "chat.post":
                held.append((server, frame))
            else:
                server.send(frame)

        route.on_message(pass_on)

    await maja.page.route_web_socket(re.compile("/ws/rooms/"), hold_posts)
    await maja.enter(room, f"chat/{EVERYONE}")
    await composer(maja).fill("Too late")
    await composer(maja).press("Enter")
    await expect(maja.page.locator("[data-pending=sending]")).to_contain_text("Too late")
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as anna:
        await anna.hello()
        await anna.do("chat.close", until=None)
    await expect(composer(maja)).to_have_count(0)
    (server, post) = held.pop()
    server.send(post)
    failed = maja.page.locator("[data-pending=failed]")
    await expect(failed).to_contain_text("The chat is closed now.")
    await expect(failed).to_contain_text("Too late")
    assert stored(live, room) == []
    await maja.button("Throw away").click()
    await expect(failed).to_have_count(0)


async def test_pending_message_becomes_the_same_message_once(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    """The line is cut after the server has stored the message and before the sender hears it."""
    await open_chat(live, room)
    maja = await open_as(room.people["maja"], name="maja")
    maja.excuse_cut_line()
    lines: list[WebSocketRoute] = []
    is_lossy = True

    def lose_the_answer(route: WebSocketRoute) -> None:
        lines.append(route)
        server = route.connect_to_server()
        is_lost = False

        def pass_on(frame: str | bytes) -> None:
            nonlocal is_lost
            is_lost = is_lost or (is_lossy and isinstance(frame, str) and "cut here" in frame)
            if not is_lost:  # else its push, its answer and all after them are lost
                route.send(frame)

        server.on_message(pass_on)

    await maja.page.route_web_socket(re.compile("/ws/rooms/"), lose_the_answer)
    eleni = await open_as(room.people["eleni"], name="eleni")
    await eleni.enter(room, f"chat/{EVERYONE}")
    await maja.enter(room, f"chat/{EVERYONE}")
    await composer(maja).fill("Said once, cut here")
    await composer(maja).press("Enter")
    await expect(maja.page.locator("[data-pending=sending]")).to_contain_text("Said once")
    await expect(message(eleni, "Said once")).to_have_count(1)
    is_lossy = False
    await lines[-1].close(code=3001)
    said = message(maja, "Said once")
    await expect(said.and_(maja.page.locator("[data-message]"))).to_have_count(1)
    await expect(said).to_have_count(1)
    await expect(message(eleni, "Said once")).to_have_count(1)
    assert stored(live, room) == ["Said once, cut here"]


async def test_reply_edit_react_mention_and_delete(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await open_chat(live, room)
    maja = await open_as(room.people["maja"], name="maja")
    eleni = await open_as(room.people["eleni"], name="eleni", timezone_id="Europe/Athens")
    await maja.enter(room, f"chat/{EVERYONE}")
    await eleni.enter(room, f"chat/{EVERYONE}")
    await say(maja, "Which river is the longest?")

    await message(eleni, "Which river").hover()
    await message(eleni, "Which river").get_by_role("button", name="Answer").click()
    await say(eleni, "The Volga")
    await expect(message(maja, "The Volga")).to_contain_text("Which river is the longest?")

    await message(maja, "The Volga").hover()
    await message(maja, "The Volga").get_by_role("button", name="React").click()
    await maja.button("👍").click()
    reaction = message(eleni, "The Volga").get_by_role("button", name=re.compile("👍 1: Maja"))
    await expect(reaction).to_be_visible()
    await reaction.click()
    await expect(
        message(maja, "The Volga").get_by_role("button", name=re.compile("👍 2: "))
    ).to_be_visible()

    await choose(maja, "Which river is the longest?", "Change")
    field = maja.field("Change your message")
    await expect(field).to_have_value("Which river is the longest?")
    await field.fill("Which river is the longest in Europe?")
    await field.press("Enter")
    await expect(message(eleni, "longest in Europe?").first).to_contain_text("(changed)")

    await composer(eleni).press_sequentially("Well done @Maj")
    await expect(eleni.page.get_by_role("option", name="Maja")).to_be_visible()
    await composer(eleni).press("Enter")
    await composer(eleni).press("Enter")
    await expect(message(maja, "Well done @Maja")).to_be_visible()

    await choose(eleni, "Well done", "Remove")
    await eleni.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(message(maja, "Removed by its author")).to_have_count(1)
    await expect(maja.text("Well done")).to_have_count(0)
    assert "Well done" not in "".join(stored(live, room))


async def test_unread_mark_comes_and_goes_with_reading(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await open_chat(live, room)
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)
    eleni = await open_as(room.people["eleni"], name="eleni")
    await eleni.enter(room, f"chat/{EVERYONE}")
    await say(eleni, "Hello Lund")
    tools = maja.page.get_by_role("navigation", name="Tools")
    chat = tools.get_by_role("link", name=re.compile("Chat"))
    await expect(chat).to_contain_text("1")
    await maja.main.get_by_role("link", name=re.compile("Everyone")).click()
    await expect(message(maja, "Hello Lund")).to_be_visible()
    await expect(chat).not_to_contain_text("1")
    await maja.page.reload()
    await expect(message(maja, "Hello Lund")).to_be_visible()
    await expect(chat).not_to_contain_text("1")


async def test_history_by_scrolling_back_and_search(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    count = 130
    facts = [f"Fact {number:03}" for number in range(count)]
    facts[7] += " about the sturgeon"
    await have_said(live, room, "anna", facts)
    anna = await open_as(room.people["anna"], 390, name="anna")
    await anna.enter(room, f"chat/{EVERYONE}")
    await expect(message(anna, f"Fact {count - 1:03}")).to_be_visible()
    await expect(message(anna, "Fact 000")).to_have_count(0)
    while not await message(anna, "Fact 000").count():
        first = anna.page.locator("[data-message]").first
        known = await first.get_attribute("data-message")
        await first.scroll_into_view_if_needed()
        await expect(anna.page.locator("[data-message]").first).not_to_have_attribute(
            "data-message", known or ""
        )
    await message(anna, "Fact 000").scroll_into_view_if_needed()
    await expect(message(anna, "Fact 000")).to_be_visible()

    await anna.link("Back to Chat").click()
    await anna.link("Search").click()
    await anna.page.get_by_role("searchbox", name="Search in the chat").fill("sturgeon")
    await anna.page.keyboard.press("Enter")
    await anna.main.get_by_role("link", name=re.compile("Fact 007")).click()
    await expect(message(anna, "Fact 007")).to_be_in_viewport()
    await expect(message(anna, "Fact 008")).to_be_visible()


async def test_message_of_a_closed_page_is_posted_once(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    """The banner promises that what is written offline is kept on the device, and sent."""
    await open_chat(live, room)
    maja = await open_as(room.people["maja"], name="maja")
    maja.excuse_cut_line()
    await maja.enter(room, f"chat/{EVERYONE}")
    await say(maja, "Going on the bus")
    await maja.context.set_offline(True)
    await expect(maja.text("You are offline.").first).to_be_visible()
    await composer(maja).fill("Said on the bus")
    await composer(maja).press("Enter")
    await expect(maja.page.locator("[data-pending=sending]")).to_contain_text("Said on the bus")
    assert stored(live, room) == ["Going on the bus"]
    await maja.page.close()

    await maja.context.set_offline(False)
    maja.page = await maja.context.new_page()
    await maja.enter(room)
    await maja.enter(room, f"chat/{EVERYONE}")
    await expect(
        message(maja, "Said on the bus").and_(maja.page.locator("[data-message]"))
    ).to_have_count(1)
    await expect(message(maja, "Said on the bus")).to_have_count(1)
    assert stored(live, room) == ["Going on the bus", "Said on the bus"]


async def test_what_is_too_long_for_a_message_is_not_cut_in_silence(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await open_chat(live, room)
    maja = await open_as(room.people["maja"], 390, name="maja")
    await maja.enter(room, f"chat/{EVERYONE}")
    full = maja.text("Only 4,000 characters fit here.")
    await composer(maja).focus()
    await maja.page.keyboard.insert_text("x" * 3_999)
    await expect(full).to_have_count(0)
    await maja.page.keyboard.insert_text("yz")
    await expect(composer(maja)).to_have_value("x" * 3_999 + "y")
    await expect(full).to_be_visible()
    await maja.button("Send").click()
    await expect(message(maja, "xy")).to_be_visible()
    await expect(full).to_have_count(0)


async def test_a_timetable_stays_open_when_the_tablet_is_turned(
    open_as: OpenAs, room: SeededRoom
) -> None:
    anna = await open_as(room.people["anna"], 768, name="anna")
    await anna.enter(room, "chat/everyone")
    await anna.button(re.compile("^Closed")).click()
    await anna.button("Timetable of the chat").click()
    dialog = anna.page.get_by_role("dialog", name="Timetable of the chat")
    await anna.button("Add a time").click()
    await expect(dialog.get_by_label("From")).to_have_count(1)
    channels = anna.page.get_by_role("navigation", name="Channels", include_hidden=True)
    for width, beside in ((700, 0), (800, 1)):
        await anna.page.set_viewport_size({"width": width, "height": 1024})
        await expect(channels).to_have_count(beside)
        await expect(dialog.get_by_label("From")).to_have_count(1)
