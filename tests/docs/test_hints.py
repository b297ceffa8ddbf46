"""Other nodes are told of a document's edits while they have it open, and not otherwise."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from tests.bus.conftest import running
from tests.live import Live, seed_room, serve_here
from tests.peers import raw
from tests.peers.raw import Pen, enter, eventually
from twinspace_rt.bus.base import BEACON_S, Bus
from twinspace_rt.bus.neighbours import Neighbours
from twinspace_rt.bus.redis import RedisBus
from twinspace_rt.rooms.hub import GROWN
from twinspace_rt.streams.log import NewEntry


@pytest_asyncio.fixture
async def here(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Live]:
    """A server on a bus, which looks for news as often as where others write, too."""
    monkeypatch.setattr("twinspace_rt.bus.base.BEACON_SOLE_S", BEACON_S)
    async with serve_here(tmp_path / "data", bus_url=redis_url) as live:
        yield live


@pytest_asyncio.fixture
async def elsewhere(redis_url: str) -> AsyncIterator[Bus]:
    """The bus, as another node has it."""
    async with running(RedisBus(redis_url)) as bus:
        yield bus


async def test_who_has_a_document_open_is_told_of_each_commit(here: Live, elsewhere: Bus) -> None:
    assert here.node is not None
    seeded = await here.node.database.write(seed_room)
    page, pen = seeded.documents[1], Pen(1)
    hints: list[bytes] = []
    await elsewhere.subscribe(page, hints.append).ready()
    async with await enter(here, seeded) as maja:

        async def write(times: int) -> None:
            for _ in range(times):
                await maja.send(raw.update(pen.write("x")))
                assert await maja.expect("status") == 1

        await write(5)
        other = Neighbours(elsewhere).share(f"{page}.cursors", whole=dict, told=lambda *_: None)
        # Whatever it read of the document before it was known here, it is to look again.
        await eventually(lambda: hints == [GROWN])
        await write(3)
        await eventually(lambda: hints == [GROWN] * 4)
        other.close()
        document = here.node.tending.get(page)
        assert document is not None
        await eventually(lambda: not document.cursors.are_shared())
        await write(5)
        await elsewhere.subscribe(page, hints.append).ready()  # what came before it has come
        assert hints == [GROWN] * 4


async def test_who_finds_what_nobody_told_it_of_says_that_it_is_there(
    here: Live, elsewhere: Bus
) -> None:
    assert here.node is not None
    seeded = await here.node.database.write(seed_room)
    page, eleni = seeded.documents[1], seeded.people["eleni"].member_id
    said: list[bytes] = []
    await elsewhere.subscribe(f"{page}.cursors", said.append).ready()
    async with await enter(here, seeded) as maja:
        await eventually(lambda: len(said) == 1)  # as it opened the document
        # As another node would that does not know of this one.
        await here.node.hub.log.append(page, 1, 0, [NewEntry(eleni, Pen(5).write("e"), [5])])
        assert await maja.expect("update")
        await eventually(lambda: len(said) == 2)
        assert [msgspec.msgpack.decode(message)[-1] for message in said] == [True, True]
