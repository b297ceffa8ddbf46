"""In which documents others have written since a moment (PROTOCOL.md N2)."""

import pytest_asyncio

from tests.client import Json, RoomClient
from tests.faults.test_poison import enter, good_snapshot
from tests.live import Live, SeededRoom, seed_room
from tests.peers import raw
from tests.peers.raw import Peer, Pen


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
        assert await at_one.expect("status") == 1
        await write(at_one, Pen(1), "we saw ")
        await good_snapshot(live, first)
    (one,) = await written(live, seeded, "anna")
    assert (one["document_id"], one["member_ids"]) == (first, [maja])
    assert await written(live, seeded, "anna", one["at"]) == []
    async with await enter(live, seeded, "eleni", 0) as at_one:
        await at_one.expect("status")
        await write(at_one, Pen(2), "dolphins")
    async with await enter(live, seeded, "maja", 1) as at_two:
        assert await at_two.expect("status") == 1
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


async def test_archived_documents_are_no_news(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "maja", 0) as peer:
        assert await peer.expect("status") == 1
        await write(peer, Pen(1), "old")
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        await anna.hello()
        assert len(await written(live, seeded, "eleni")) == 1
        await anna.do("docs.change", document_id=seeded.documents[0], archived=True)
    assert await written(live, seeded, "eleni") == []
