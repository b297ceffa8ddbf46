"""What is on its way from somebody who is removed has no effect (PROTOCOL.md T11)."""

import pytest
from sqlalchemy import func, select

from tests.client import RoomClient
from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.raw import Pen, enter
from twinspace_rt.streams.models import entry


async def _entries(live: Live, document_id: str) -> int:
    assert live.node is not None
    return await live.node.database.read(
        lambda db: db.execute(
            select(func.count()).select_from(entry).where(entry.c.stream_id == document_id)
        ).scalar_one()
    )


@pytest.mark.parametrize(("removed", "stored"), [(True, 0), (False, 1)])
async def test_an_edit_in_the_queue_is_dropped_with_its_author(
    live: Live, seeded: SeededRoom, removed: bool, stored: int
) -> None:
    assert live.node is not None
    page = seeded.documents[1]
    async with (
        await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna,
        await enter(live, seeded) as maja,
    ):
        await anna.hello()
        document = await live.node.library.open(page)
        assert document is not None
        async with document.committed():
            await maja.send(raw.update(Pen(1).write("last words")))
            await maja.settled()
            if removed:
                await anna.do("people.remove", member_id=seeded.people["maja"].member_id)
                assert await maja.closed() == 4410
            else:
                # Who merely leaves is stored to the last key.
                await maja.socket.close()
        async with document.committed():
            pass
        assert await _entries(live, page) == stored
