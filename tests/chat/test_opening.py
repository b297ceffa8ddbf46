"""Open and closed for pupils: decided by teachers, enforced by the server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chat.talk import history, outcome, post
from tests.classroom import Classroom, Person
from twinspace_rt.protocol import now_ms

HOUR_MS = 3_600_000


async def writes(person: Person, message_id: str) -> list[str | None]:
    """Try everything that closing forbids; list the code of each refusal, or None."""
    asked: list[tuple[str, dict[str, Any]]] = [
        ("chat.post", {"channel_id": "everyone", "text": "Now"}),
        ("chat.post", {"channel_id": "everyone", "text": "Now", "reply_to": message_id}),
        ("chat.edit", {"message_id": message_id, "text": f"At {now_ms()}"}),
        ("chat.react", {"message_id": message_id, "emoji": "👍", "on": True}),
    ]
    return [await outcome(person, kind, **fields) for kind, fields in asked]


async def test_a_new_room_is_closed_for_pupils_and_open_for_teachers(
    closed_room: Classroom,
) -> None:
    """K6."""
    anna, maja = [await closed_room.enter(n) for n in ("anna", "maja")]
    message_id = await post(anna, "Welcome")
    assert maja.welcome["features"]["chat"]["hours"]["open"] is False
    assert await outcome(maja, "chat.post", channel_id="everyone", text="Hej") == "chat.closed"
    assert [m["id"] for m in await history(maja)] == [message_id]


async def test_closing_stops_pupils_at_once_and_opening_lets_them_on(
    room: Classroom,
) -> None:
    """K5."""
    anna, maja = [await room.enter(n) for n in ("anna", "maja")]
    mine = await post(maja, "First")
    bees = room.teams["bees"]
    assert await writes(maja, mine) == [None] * 4
    await anna.do("chat.close")
    assert await writes(maja, mine) == ["chat.closed"] * 4
    assert await outcome(maja, "chat.post", channel_id=bees, text="Now") == "chat.closed"
    reply = await maja.ask("chat.type", channel_id="everyone")
    assert reply["error"]["code"] == "chat.closed"
    assert await outcome(anna, "chat.post", channel_id="everyone", text="Quiet now") is None
    await maja.do("chat.delete", message_id=mine)  # one's own may always be taken back
    await anna.do("chat.open")
    other = await post(maja, "Again")
    assert await writes(maja, other) == [None] * 4


async def test_a_decision_until_a_moment_names_it_to_everyone(room: Classroom) -> None:
    """K6, K7."""
    anna, maja = [await room.enter(n) for n in ("anna", "maja")]
    until = now_ms() + HOUR_MS
    await anna.do("chat.open", until=until)
    [push] = maja.pushes("chat.hours_changed")
    hours = push["hours"]
    assert (hours["open"], hours["changes_at"]) == (True, until)
    assert (hours["by_hand"], hours["by_hand_until"]) == ("open", until)
    assert (await maja.read("chat.overview"))["hours"] == hours
    assert await anna.refused("chat.close", until=now_ms() - 1) == "chat.until"
    assert (await maja.read("chat.overview"))["hours"] == hours


async def test_a_timetable_decides_in_its_own_zone(room: Classroom) -> None:
    """K6."""
    anna, maja = [await room.enter(n) for n in ("anna", "maja")]
    day = {"start": 0, "end": 1440}
    always = [{"weekday": weekday, **day} for weekday in range(7)]
    today = datetime.now(UTC)
    not_now = [{"weekday": (today + timedelta(days=3)).weekday(), **day}]
    await anna.do("chat.set_timetable", time_zone="UTC", slots=not_now)
    assert await outcome(maja, "chat.post", channel_id="everyone", text="Hej") == "chat.closed"
    hours = (await maja.read("chat.overview"))["hours"]
    opens = datetime.fromtimestamp(hours["changes_at"] / 1000, UTC)
    assert opens.weekday() == not_now[0]["weekday"]
    assert (opens.hour, opens.minute) == (0, 0)
    await anna.do("chat.set_timetable", time_zone="Europe/Athens", slots=always)
    assert await outcome(maja, "chat.post", channel_id="everyone", text="Hej") is None
    hours = (await maja.read("chat.overview"))["hours"]
    assert (hours["open"], hours["changes_at"]) == (True, None)
    assert (hours["time_zone"], hours["slots"]) == ("Europe/Athens", always)
    # By hand goes before it, and the next timetable ends that.
    await anna.do("chat.close")
    assert await outcome(maja, "chat.post", channel_id="everyone", text="Hej") == "chat.closed"
    await anna.do("chat.set_timetable", time_zone="Europe/Athens", slots=always)
    assert await outcome(maja, "chat.post", channel_id="everyone", text="Hej") is None


@pytest.mark.parametrize(
    ("time_zone", "slots", "code"),
    [
        ("Europe/Atlantis", [], "chat.time_zone"),
        ("../etc/passwd", [], "chat.time_zone"),
        ("UTC", [{"weekday": 0, "start": 600, "end": 540}], "chat.timetable"),
        ("UTC", [{"weekday": 7, "start": 0, "end": 60}], "invalid"),
        ("UTC", [{"weekday": 0, "start": 0, "end": 60}] * 51, "invalid"),
    ],
)
async def test_a_timetable_that_makes_no_sense_is_refused(
    room: Classroom, time_zone: str, slots: list[dict[str, int]], code: str
) -> None:
    anna, maja = [await room.enter(n) for n in ("anna", "maja")]
    refusal = await anna.refused("chat.set_timetable", time_zone=time_zone, slots=slots)
    assert refusal == code
    assert await outcome(maja, "chat.post", channel_id="everyone", text="Hej") is None


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("chat.open", {}),
        ("chat.close", {}),
        ("chat.set_timetable", {"time_zone": "UTC", "slots": []}),
    ],
)
async def test_teachers_alone_decide(room: Classroom, kind: str, fields: dict[str, object]) -> None:
    maja, mod, bo = [await room.enter(n) for n in ("maja", "mod", "bo")]
    for person in (maja, mod):
        assert await person.refused(kind, **fields) == "forbidden"
    await bo.do(kind, **fields)
    assert len(maja.pushes("chat.hours_changed")) == 1
