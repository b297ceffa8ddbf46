"""The room's first page: what is new to me, what I have not read, and what today holds."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Locator, expect
from sqlalchemy import select, update

from tests.browser.conftest import OpenAs
from tests.browser.talk import have_said, message, open_chat
from tests.browser.window import Window, until
from tests.browser.writing import paper, says_saved, write_at_end
from tests.client import RoomClient
from tests.live import Live, SeededRoom
from twinspace_rt.home.models import visit
from twinspace_rt.protocol import now_ms

_LOOK_AWAY = """
() => {
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
}
"""


def lines(window: Window, title: str) -> Locator:
    """Find what a part of the page lists."""
    heading = window.page.get_by_role("heading", name=title, exact=True)
    return window.main.locator("section").filter(has=heading).get_by_role("listitem")


async def see(window: Window, title: str, texts: Sequence[str | re.Pattern[str]]) -> None:
    """Wait until a part of the page lists these, in this order, and nothing else."""
    await expect(lines(window, title)).to_have_count(len(texts))
    await expect(lines(window, title)).to_contain_text(texts)


async def seen_at(live: Live, member_id: str) -> int | None:
    """Tell when a member last said that they were here."""
    assert live.node is not None
    last = select(visit.c.seen_at).where(visit.c.member_id == member_id)
    return await live.node.database.read(lambda db: db.execute(last).scalar_one_or_none())


async def end_visit(live: Live, member_id: str) -> None:
    """End a member's visit now: the next one begins with what comes after this."""
    assert live.node is not None
    now = now_ms()
    away = update(visit).where(visit.c.member_id == member_id).values(since=now, seen_at=now)
    await live.node.database.write(lambda db: db.execute(away))


async def test_what_is_new_since_the_last_visit_is_so_on_every_device(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room, f"docs/{room.documents[0]}")
    await expect(paper(maja)).to_be_editable()
    await write_at_end(maja, "I know that I wrote this. ")
    await says_saved(maja)
    await maja.page.close()
    await end_visit(live, room.people["maja"].member_id)

    # While she is away others begin something, and go on with what was there.
    nikos = await open_as(room.people["nikos"], name="nikos")
    await nikos.enter(room, f"docs/{room.documents[0]}")
    await expect(paper(nikos)).to_be_editable()
    await write_at_end(nikos, "A teacher's word")
    await says_saved(nikos)
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as anna:
        await anna.hello()
        board = (await anna.do("forum.board_create", name="Coast"))["result"]
        await anna.do("forum.start", board_id=board, title="Salt", text="Why is it salt?")
        await anna.do("docs.create", title="Plan", kind="rich")

    news = [
        re.compile(r"^Anna \w+ started the document “Plan”"),
        re.compile(r"^Anna \w+ started “Salt”"),
        re.compile(r"^Nikos \w+ wrote in “Page 1”"),
    ]
    for width in (1280, 390):
        device = await open_as(room.people["maja"], width, name=f"maja-{width}")
        await device.enter(room)
        await see(device, "New since your last visit", news)
    await lines(device, "New since your last visit").nth(2).get_by_role("link").click()
    await expect(paper(device)).to_contain_text("A teacher's word")
    # Going about belongs to the same visit; and the next one finds nothing new.
    await device.enter(room)
    await see(device, "New since your last visit", news)
    await end_visit(live, room.people["maja"].member_id)
    await device.page.reload()
    await expect(device.text("Nothing new. You have seen everything.")).to_be_visible()


async def test_on_a_first_visit_nothing_is_said_of_a_last_one(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as anna:
        await anna.hello()
        await anna.do("docs.create", title="Plan", kind="rich")
    maja = await open_as(room.people["maja"], name="maja")
    for _ in range(2):  # looking again belongs to the same visit
        await maja.enter(room)
        await expect(lines(maja, "What has happened here").first).to_contain_text("“Plan”")
        await expect(maja.text("your last visit")).to_have_count(0)
    await end_visit(live, room.people["maja"].member_id)
    await maja.page.reload()
    await expect(maja.text("New since your last visit")).to_be_visible()


async def test_a_line_that_comes_back_while_nobody_looks_is_no_visit(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    me = room.people["maja"].member_id
    maja = await open_as(room.people["maja"], name="maja")
    await maja.enter(room)

    async def is_noted() -> bool:
        return await seen_at(live, me) is not None

    await until(is_noted, lambda: "the visit was not noted")
    before = await seen_at(live, me)
    maja.excuse_cut_line()
    await maja.context.set_offline(True)
    away = maja.text("You are offline")
    await expect(away).to_be_visible()
    # Later than what one says again.
    await maja.page.clock.set_fixed_time(datetime.now(UTC) + timedelta(minutes=5))
    await maja.page.evaluate(_LOOK_AWAY)
    await maja.context.set_offline(False)
    await expect(away).to_have_count(0)
    # Answers come in order: whatever was said before this has been heard.
    await maja.link("Chat").click()
    await expect(maja.text("Nobody has written")).to_be_visible()
    assert await seen_at(live, me) == before


async def test_unread_goes_down_as_one_reads_and_for_oneself_alone(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    await open_chat(live, room)
    maja = await open_as(room.people["maja"], name="maja")
    nikos = await open_as(room.people["nikos"], 390, name="nikos")
    for window in (maja, nikos):
        await window.enter(room)
        await expect(window.text("You have read everything.")).to_be_visible()

    mention = f"<@{room.people['maja'].member_id}>, look at this"
    await have_said(live, room, "eleni", ["A seal!", mention])
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as anna:
        await anna.hello()
        board = (await anna.do("forum.board_create", name="Coast"))["result"]
        await anna.do("forum.start", board_id=board, title="Salt", text="Why is it salt?")
    await see(maja, "Unread", [re.compile("^EveryoneYou are mentioned2"), re.compile("^Salt1")])
    both = [re.compile("^Everyone2"), re.compile("^Salt1")]
    await see(nikos, "Unread", both)

    await lines(maja, "Unread").first.get_by_role("link").click()
    await expect(message(maja, "look at this")).to_be_visible()
    await expect(maja.link("Chat")).to_be_visible()  # nothing unread is beside the name
    await maja.link("Home").click()
    await see(maja, "Unread", [re.compile("^Salt1")])
    await lines(maja, "Unread").first.get_by_role("link").click()
    await expect(maja.text("Why is it salt?")).to_be_visible()
    await expect(maja.link("Forum")).to_be_visible()
    await maja.link("Home").click()
    await expect(maja.text("You have read everything.")).to_be_visible()
    at_home = await open_as(room.people["maja"], 390, name="maja-at-home")
    await at_home.enter(room)
    await expect(at_home.text("You have read everything.")).to_be_visible()
    await see(nikos, "Unread", both)


async def test_who_mentioned_me_is_told_until_it_is_taken_back(
    open_as: OpenAs, live: Live, room: SeededRoom
) -> None:
    """Live while the page is open; what was removed and where one is no more are not told of."""
    await open_chat(live, room)
    async with await RoomClient.open(live, room.room_id, room.people["maja"]) as before:
        await before.hello()
        await before.do("home.visit")
    await end_visit(live, room.people["maja"].member_id)
    maja = room.people["maja"].member_id
    async with (
        await RoomClient.open(live, room.room_id, room.people["anna"]) as anna,
        await RoomClient.open(live, room.room_id, room.people["eleni"]) as eleni,
    ):
        await anna.hello()
        await eleni.hello()
        team = {"name": "Seals", "member_ids": [maja]}
        seals = (await anna.do("people.create_team", **team))["result"]
        posts = []
        for number in range(2):
            text = f"Fact {number} is for you, <@{maja}>"
            post = await eleni.do("chat.post", channel_id="everyone", text=text)
            posts.append(post["result"])
            if number == 0:
                window = await open_as(room.people["maja"], 390, name="maja")
                await window.enter(room)
                once = re.compile(r"^Eleni \w+ mentioned you in “Everyone”")
                await see(window, "New since your last visit", [once])
        twice = re.compile(r"^Eleni \w+ mentioned you 2 times in “Everyone”")
        await see(window, "New since your last visit", [twice])
        await anna.do("chat.post", channel_id=seals, text=f"<@{maja}>, look")
        in_team = re.compile(r"^Anna \w+ mentioned you in “Seals”")
        await see(window, "New since your last visit", [in_team, twice])

        await lines(window, "New since your last visit").nth(1).get_by_role("link").click()
        await expect(message(window, "Fact 1 is for you")).to_be_visible()
        assert window.page.url.endswith(f"/chat/everyone/{posts[1]}")
        await window.link("Home").click()
        await eleni.do("chat.edit", message_id=posts[0], text="Fact 0 is for nobody")
        await see(window, "New since your last visit", [in_team, once])
        await anna.do("chat.delete", message_id=posts[1])
        await see(window, "New since your last visit", [in_team])
        await anna.do("people.assign_team", team_id=seals, member_ids=[])
        await expect(window.text("Nothing new. You have seen everything.")).to_be_visible()


MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
MONDAY_EVENING = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
LESSONS = [
    {"weekday": 0, "start": 9 * 60, "end": 10 * 60 + 30},
    {"weekday": 0, "start": 13 * 60, "end": 14 * 60},
    {"weekday": 1, "start": 8 * 60, "end": 9 * 60},
]


async def test_timetable_of_today_is_in_my_time_and_the_schools(
    open_as: OpenAs, live: Live, room: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(MONDAY.timestamp() * 1000)
    for module in ("chat.queries", "rooms.room"):
        monkeypatch.setattr(f"twinspace_rt.{module}.now_ms", lambda: now)
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as anna:
        await anna.hello()
        await anna.do("chat.set_timetable", time_zone="Europe/Stockholm", slots=LESSONS)
    lund = ("09:00-10:30 (Lund)", "13:00-14:00 (Lund)")
    there = ("10:00-11:30 (Thessaloniki)", "14:00-15:00 (Thessaloniki)")
    london = ("08:00-09:30 (your time)", "12:00-13:00 (your time)")
    seen = {
        ("maja", "Europe/Stockholm"): (lund, there),
        ("eleni", "Europe/Athens"): (there, lund),
        ("nikos", "Europe/London"): (london, there, lund),
    }
    for (name, zone), clocks in seen.items():
        window = await open_as(room.people[name], name=name, timezone_id=zone)
        await window.page.clock.set_fixed_time(MONDAY)
        await window.enter(room)
        wanted = [" / ".join(times).replace("-", "\u2013") for times in zip(*clocks, strict=True)]
        await see(window, "Chat today", wanted)
    now = int(MONDAY_EVENING.timestamp() * 1000)
    late = await open_as(room.people["maja"], name="maja-late", timezone_id="Europe/Stockholm")
    await late.page.clock.set_fixed_time(MONDAY_EVENING)
    await late.enter(room)
    await expect(late.text("The chat is closed for the rest of today.")).to_be_visible()
