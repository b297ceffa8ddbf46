"""In which documents others have written since a moment (PROTOCOL.md N2)."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, event

from tests.client import Json, RoomClient
from tests.faults.test_poison import good_snapshot
from tests.live import Live, SeededRoom, seed_room
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter
from twinspace_rt.docs import queries
from twinspace_rt.rooms.access import Principal


@pytest_asyncio.fixture
async def seeded(live: Live) -> SeededRoom:
    """A room with two plain documents."""
    assert live.node is not None
    return await live.node.database.write(lambda db: seed_room(db, documents=["text"] * 2))


async def write(peer: Peer, pen: Pen, words: str) -> None:
    """Write something that is saved."""
    await peer.send(raw.update(pen.write(words)))
    assert await peer.expect("status") == 1


async def written(live: Live, seeded: SeededRoom, name: str, since: int = 0) -> list[Json]:
    """Ask as somebody; returns what others wrote."""
    async with await RoomClient.open(live, seeded.room_id, seeded.people[name]) as person:
        await person.hello()
        found: list[Json] = (await person.ask("docs.written", since=since))["ok"]["written"]
        return found


async def test_written_in_is_what_others_wrote_since(live: Live, seeded: SeededRoom) -> None:
    """What a snapshot covers counts like what came after it; one's own words are no news."""
    first, second = seeded.documents
    maja, eleni = (seeded.people[name].member_id for name in ("maja", "eleni"))
    assert await written(live, seeded, "anna") == []
    async with await enter(live, seeded, "maja", 0) as at_one:
        pen = Pen(1)
        await write(at_one, pen, "we ")
        await write(at_one, pen, "saw ")
        (before,) = await written(live, seeded, "anna")
        await good_snapshot(live, first)
    (one,) = await written(live, seeded, "anna")
    assert (one["document_id"], one["member_ids"]) == (first, [maja])
    assert one == before
    assert await written(live, seeded, "anna", one["at"]) == []
    async with await enter(live, seeded, "eleni", 0) as at_one:
        await write(at_one, Pen(2), "dolphins")
    async with await enter(live, seeded, "maja", 1) as at_two:
        await write(at_two, Pen(3), "a list")

    found = await written(live, seeded, "anna")
    assert [(one["document_id"], one["member_ids"]) for one in found] == [
        (second, [maja]),
        (first, [eleni, maja]),
    ]
    (others,) = await written(live, seeded, "maja")
    assert (others["document_id"], others["member_ids"]) == (first, [eleni])
    (since,) = await written(live, seeded, "anna", others["at"])
    assert since["document_id"] == second


async def listed(live: Live, seeded: SeededRoom) -> dict[str, tuple[int, str | None]]:
    """Read from the document list when each was last written in, and by whom."""
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        welcome = await anna.hello()
        documents = welcome["features"]["docs"]["documents"]
        return {one["id"]: (one["written_at"], one["written_by"]) for one in documents}


async def test_the_list_says_when_it_was_written_and_by_whom_and_not_when_it_was_compacted(
    live: Live, seeded: SeededRoom
) -> None:
    first, second = seeded.documents
    maja, eleni = (seeded.people[name].member_id for name in ("maja", "eleni"))
    assert await listed(live, seeded) == {first: (0, None), second: (0, None)}
    async with await enter(live, seeded, "maja", 0) as peer:
        await write(peer, Pen(1), "we saw ")
    before = await listed(live, seeded)
    assert before[first][1] == maja
    async with await enter(live, seeded, "eleni", 0) as peer:
        await write(peer, Pen(2), "dolphins")
    written = await listed(live, seeded)
    assert written[first][0] > before[first][0]
    assert written[first][1] == eleni
    await asyncio.sleep(0.01)
    await good_snapshot(live, first)
    assert await listed(live, seeded) == written
    async with await enter(live, seeded, "maja", 0) as peer:
        await write(peer, Pen(3), "and a seal ")
    after = await listed(live, seeded)
    assert after[first][0] > written[first][0]
    assert after[first][1] == maja


async def test_archived_documents_are_no_news(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "maja", 0) as peer:
        await write(peer, Pen(1), "old")
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        await anna.hello()
        assert len(await written(live, seeded, "eleni")) == 1
        await anna.do("docs.change", document_id=seeded.documents[0], archived=True)
    assert await written(live, seeded, "eleni") == []


async def test_the_newest_entries_of_a_document_are_looked_through(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PARTS_MAX", 3)
    for client, (name, place, words) in enumerate(
        [("maja", 0, "before"), ("eleni", 0, "abc"), ("maja", 1, "elsewhere")], 1
    ):
        async with await enter(live, seeded, name, place) as peer:
            pen = Pen(client)
            for letter in words:
                await write(peer, pen, letter)
    maja, eleni = (seeded.people[name].member_id for name in ("maja", "eleni"))
    found = await written(live, seeded, "anna")
    assert [one["member_ids"] for one in found] == [[maja], [eleni]]


async def test_documents_with_ones_own_words_alone_do_not_hide_others(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "WRITTEN_MAX", 1)
    for client, (name, place) in enumerate([("maja", 0), ("eleni", 1)], 1):
        async with await enter(live, seeded, name, place) as peer:
            await write(peer, Pen(client), "words")
    for name, place in [("eleni", 0), ("maja", 1), ("anna", 1)]:
        found = await written(live, seeded, name)
        assert [one["document_id"] for one in found] == [seeded.documents[place]]
    monkeypatch.setattr(queries, "PAGES_MAX", 1)
    assert await written(live, seeded, "eleni") == []


async def test_ones_own_last_words_do_not_put_older_news_before_newer(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "WRITTEN_MAX", 1)
    for client, (name, place) in enumerate([("eleni", 0), ("eleni", 1), ("maja", 0)], 1):
        async with await enter(live, seeded, name, place) as peer:
            await write(peer, Pen(client), "words")
    found = await written(live, seeded, "maja")
    assert [one["document_id"] for one in found] == [seeded.documents[1]]


async def test_what_is_written_in_another_room_is_no_news(live: Live, seeded: SeededRoom) -> None:
    assert live.node is not None
    other = await live.node.database.write(lambda db: seed_room(db, documents=["text"]))
    async with await enter(live, other, "maja", 0) as peer:
        await write(peer, Pen(1), "not for you")
    assert len(await written(live, other, "anna")) == 1
    assert await written(live, seeded, "anna") == []


async def test_many_documents_take_no_more_questions_than_one(live: Live) -> None:
    assert live.node is not None
    seeded = await live.node.database.write(lambda db: seed_room(db, documents=["text"] * 5))
    counts = []
    for place in range(5):
        async with await enter(live, seeded, "maja", place) as peer:
            await write(peer, Pen(place + 1), "words")
        counts.append(await live.node.database.read(lambda db: questions(db, seeded)))
    assert counts == [(documents, counts[0][1]) for documents in range(1, 6)]


def questions(db: Connection, seeded: SeededRoom) -> tuple[int, int]:
    """Read as anna what others wrote; returns how many documents it is, and how many statements."""
    asked = 0

    def count(*_: Any) -> None:
        nonlocal asked
        asked += 1

    anna = seeded.people["anna"]
    principal = Principal(
        room_id=seeded.room_id,
        member_id=anna.member_id,
        role=anna.role,
        school_id=seeded.schools[0],
        name="Anna",
        session_id=anna.session_id,
        role_version=1,
    )
    event.listen(db, "before_cursor_execute", count)
    try:
        return len(queries.written_since(db, principal, 0).written), asked
    finally:
        event.remove(db, "before_cursor_execute", count)
