"""Who mentioned one since a moment, for the room's first page (PROTOCOL.md K12)."""

from collections.abc import Iterator
from itertools import count
from unittest.mock import patch

import pytest
from sqlalchemy import delete, update

from tests.chat.talk import post
from tests.classroom import Classroom, Person
from twinspace_rt.chat.messages import Mention
from twinspace_rt.chat.queries import MENTIONS_MAX
from twinspace_rt.rooms.models import team, team_member


@pytest.fixture(autouse=True)
def one_message_each_millisecond() -> Iterator[None]:
    moments = count(1_700_000_000_000)
    with patch("twinspace_rt.streams.transaction.now_ms", lambda: next(moments)):
        yield


async def mentions(person: Person, since: int = 0) -> list[Mention]:
    """Ask who mentioned somebody."""
    found = await person.read("chat.mentions", since=since)
    return [Mention(**one) for one in found["mentions"]]


async def ids(person: Person, since: int = 0) -> list[str]:
    return [one.message_id for one in await mentions(person, since)]


def at(person: Person) -> str:
    return f"<@{person.member_id}>"


async def test_it_is_told_whose_words_name_one_and_where(room: Classroom) -> None:
    maja, eleni, nils = [await room.enter(name) for name in ("maja", "eleni", "nils")]
    bees = room.teams["bees"]
    first = await post(eleni, f"Look, {at(maja)}!")
    second = await post(eleni, f"And here, {at(maja)}", bees)
    await post(eleni, f"Nothing for her, {at(nils)}")
    await post(maja, f"I name myself: {at(maja)}")
    newest, oldest = await mentions(maja)
    assert (oldest.message_id, oldest.channel_id, oldest.author_id) == (
        first,
        "everyone",
        eleni.member_id,
    )
    assert (newest.message_id, newest.channel_id) == (second, bees)
    assert await ids(maja, oldest.at) == [second]
    assert await ids(maja, newest.at) == []
    assert await ids(eleni) == []


async def test_what_is_read_is_still_told(room: Classroom) -> None:
    """News are what came since the last visit, read meanwhile or not."""
    maja, eleni = [await room.enter(name) for name in ("maja", "eleni")]
    message_id = await post(eleni, at(maja))
    await maja.do("chat.read", channel_id="everyone", message_id=message_id)
    assert await ids(maja) == [message_id]


async def test_a_mention_that_was_taken_back_is_not_told(room: Classroom) -> None:
    anna, maja, eleni = [await room.enter(name) for name in ("anna", "maja", "eleni")]
    by_author, by_teacher, edited = [await post(eleni, f"{n} {at(maja)}") for n in range(3)]
    await eleni.do("chat.delete", message_id=by_author)
    await anna.do("chat.delete", message_id=by_teacher)
    assert await ids(maja) == [edited]
    await eleni.do("chat.edit", message_id=edited, text="Nobody")
    assert await ids(maja) == []
    await eleni.do("chat.edit", message_id=edited, text=f"You, {at(maja)}")
    assert await ids(maja) == [edited]


async def test_a_channel_that_one_does_not_see_any_more_is_not_told_of(room: Classroom) -> None:
    """T12: nor for the connection that has not heard of the change yet."""
    maja, eleni, mod = [await room.enter(name) for name in ("maja", "eleni", "mod")]
    bees = room.teams["bees"]
    message_id = await post(eleni, f"{at(maja)} {at(mod)}", bees)
    assert await ids(maja) == await ids(mod) == [message_id]
    out = delete(team_member).where(team_member.c.member_id == maja.member_id)
    await room.database.write(lambda db: db.execute(out))
    assert await ids(maja) == []
    assert await ids(mod) == [message_id]
    gone = update(team).where(team.c.id == bees).values(removed=True)
    await room.database.write(lambda db: db.execute(gone))
    assert await ids(mod) == []


async def test_the_newest_are_told(room: Classroom) -> None:
    maja = await room.enter("maja")
    posted = []
    for name in ("anna", "bo", "eleni"):
        person = await room.enter(name)
        posted += [await post(person, f"{n} {at(maja)}") for n in range(20)]
    assert len(posted) > MENTIONS_MAX
    assert await ids(maja) == posted[: -MENTIONS_MAX - 1 : -1]


async def test_a_visitor_is_told_nothing(room: Classroom) -> None:
    reply = await (await room.enter("vera")).ask("chat.mentions", since=0)
    assert reply["error"]["code"] == "forbidden"
