"""Since when things are new to a person: the same on all devices (PROTOCOL.md N1)."""

import pytest

from tests.classroom import Classroom, Person

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOON = 1_760_000_000_000


class Clock:
    """What time the server takes it to be."""

    now = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("twinspace_rt.streams.transaction.now_ms", clock)
    monkeypatch.setattr("twinspace_rt.home.queries.now_ms", clock)
    return clock


def since(person: Person) -> int:
    """Since when things were new to somebody who has just come."""
    return int(person.welcome["features"]["home"]["since"])


async def visit(room: Classroom, name: str) -> int:
    """Come, say so and leave; returns since when things were new then."""
    person = await room.enter(name)
    await person.do("home.visit")
    person.leave()
    return since(person)


async def test_no_visit_ended_before_the_first(room: Classroom, clock: Clock) -> None:
    assert await visit(room, "maja") == 0
    clock.now += 29 * MINUTE
    assert await visit(room, "maja") == 0


async def test_a_break_goes_on_with_a_visit_and_a_longer_one_ends_it(
    room: Classroom, clock: Clock
) -> None:
    await visit(room, "maja")
    clock.now = NOON + DAY
    assert await visit(room, "maja") == NOON
    clock.now += 29 * MINUTE
    assert await visit(room, "maja") == NOON
    clock.now += 29 * MINUTE
    assert await visit(room, "maja") == NOON
    ended = clock.now
    clock.now += 30 * MINUTE
    assert await visit(room, "maja") == ended
    assert await visit(room, "eleni") == 0


async def test_only_looking_in_ends_no_visit(room: Classroom, clock: Clock) -> None:
    """A browser that comes back by itself while nobody is there says nothing."""
    await visit(room, "maja")
    clock.now = NOON + DAY
    (await room.enter("maja")).leave()
    clock.now = NOON + 2 * DAY
    assert await visit(room, "maja") == NOON


async def test_all_windows_of_one_person_hear_of_a_new_visit_and_nobody_else(
    room: Classroom, clock: Clock
) -> None:
    """T10: the state before and the push are the state read afresh."""
    await visit(room, "maja")
    left_open, anna = await room.enter("maja"), await room.enter("anna")
    before = since(left_open)
    clock.now = NOON + DAY
    elsewhere = await room.enter("maja")
    assert left_open.pushes() == []
    await elsewhere.do("home.visit")
    told = [push["since"] for push in left_open.pushes("home.visited")]
    assert told == [NOON] != [before]
    assert since(await room.enter("maja")) == NOON
    clock.now += MINUTE
    await left_open.do("home.visit")
    assert len(left_open.pushes()) == len(elsewhere.pushes()) == 1
    assert anna.pushes() == []


async def test_a_repeated_visit_takes_effect_once(room: Classroom, clock: Clock) -> None:
    """T4."""
    maja = await room.enter("maja")
    first = await maja.do("home.visit", nonce="the-same-visit")
    again = await maja.do("home.visit", nonce="the-same-visit")
    assert again == first | {"repeated": True}
    assert len(maja.pushes()) == 1
