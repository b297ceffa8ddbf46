"""A snapshot made by a node that lacks another node's last edit: it says no more than it has."""

from pathlib import Path

from sqlalchemy import select

from tests.faults.storage import bodies
from tests.live import seed_room, serve_two
from tests.peers import raw
from tests.peers.raw import Pen, enter, words_of
from twinspace_rt.streams.models import stream

TURNS = 4


async def test_a_snapshot_covers_no_gap(tmp_path: Path, postgresql_url: str) -> None:
    """No bus is between these nodes, so each learns of the other's edits a moment later."""
    async with serve_two(tmp_path, database_url=postgresql_url) as (one, two):
        assert one.node is not None
        assert two.node is not None
        seeded = await one.node.database.write(seed_room)
        page, pen, gaps, words = seeded.documents[1], Pen(1), 0, ""
        where = select(stream.c.snapshot_seq, stream.c.head_seq).where(stream.c.id == page)
        async with (
            await enter(one, seeded) as maja,
            await enter(two, seeded, "eleni") as eleni,
        ):
            reader = Pen(2)
            behind = await two.node.library.open(page)
            assert behind is not None
            for turn in range(TURNS):
                before = behind.head_seq
                words += f"word{turn} "
                await maja.send(raw.update(pen.write(f"word{turn} ")))
                assert await maja.expect("status") == 1
                await two.node.tending.compact(behind)
                stored = await two.node.database.read(lambda db: db.execute(where).one())
                assert stored.snapshot_seq <= stored.head_seq == turn + 1
                gaps += 0 < stored.snapshot_seq == before < stored.head_seq
                replay = await two.node.database.read(lambda db: bodies(db, page))
                assert words_of(replay) == words
                reader.apply(await eleni.expect("update"))
                assert str(reader) == words
        assert gaps > 0
