"""Who may not see a document makes the server do no work for it (PROTOCOL.md A3)."""

import asyncio

import pytest
from websockets.exceptions import InvalidStatus

from tests.live import Live, SeededRoom, seed_room
from tests.peers import raw
from tests.peers.raw import Peer


async def test_knocking_at_another_rooms_document_opens_nothing(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    tended = live.node.tending
    elsewhere = await live.node.database.write(seed_room)
    stranger = elsewhere.people["anna"]
    page = seeded.documents[1]

    async with await Peer.open(live, elsewhere.room_id, stranger, page) as peer:
        await peer.pong()
        for address in (f"{page}.1", f"{page}.2", f"{'0' * 20}.1", "x"):
            await peer.send(raw.auth(), address=address)
            assert await peer.expect("denied") == "forbidden"
        knocks = (Peer.open_yjs(live, stranger, page) for _ in range(5))
        refused = await asyncio.gather(*knocks, return_exceptions=True)
        assert all(isinstance(error, InvalidStatus) for error in refused)
        assert tended.documents == []

    async with await Peer.open(live, seeded.room_id, seeded.people["maja"], page) as own:
        await own.join()
        assert [document.id for document in tended.documents] == [page]
        with pytest.raises(InvalidStatus, match="403"):
            await Peer.open_yjs(live, stranger, page)
