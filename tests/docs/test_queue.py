"""The one ordered queue of a document."""

import asyncio
import sys
from pathlib import Path

from tests.live import Live, SeededRoom, seed_room, serve_here
from tests.peers.raw import Peer, Pen, auth, eventually, step_2, update
from twinspace_rt.docs.delivery import EMPTY_UPDATE

A_MOMENT_S = 0.05


async def test_any_number_may_wait_for_the_committed_state(live: Live, seeded: SeededRoom) -> None:
    """Thousands of downloads of one document at once must not end it for those who write."""
    assert live.node is not None
    document = await live.node.library.open(seeded.documents[0])
    assert document is not None
    here = 0

    async def wait() -> None:
        nonlocal here
        async with asyncio.timeout(60), document.committed():
            here += 1
            assert here == 1, "two held the queue at once"
            await asyncio.sleep(0)
            here -= 1

    async with asyncio.TaskGroup() as waiting:
        for _ in range(2 * sys.getrecursionlimit()):
            waiting.create_task(wait())
    assert await live.node.library.open(seeded.documents[0]) is document


async def test_who_held_the_queue_makes_nobody_wait_for_a_second_commit(tmp_path: Path) -> None:
    """Where people type on, something always waits; the document must not go on step by step."""
    async with serve_here(tmp_path / "data", commit_interval_ms=800) as live:
        assert live.node is not None
        log = live.node.hub.log
        room = await live.node.database.write(seed_room)
        document = await live.node.library.open(room.documents[1])
        assert document is not None
        pen = Pen(7)

        async def stored() -> None:
            before = log.commits
            await eventually(lambda: log.commits > before)

        async with await Peer.open_yjs(live, room.people["maja"], room.documents[1]) as maja:
            await maja.join()
            await maja.send(step_2(EMPTY_UPDATE))
            await maja.send(update(pen.write("a")))
            await stored()
            async with document.committed():
                await maja.send(update(pen.write("b")))
                await asyncio.sleep(A_MOMENT_S)
            await asyncio.sleep(A_MOMENT_S)  # "b" is on its way to the next commit
            await maja.send(update(pen.write("c")))
            await stored()
            # Both of these belong to the commit after that one.
            await maja.send(update(pen.write("d")))
            await asyncio.sleep(A_MOMENT_S)
            await maja.send(update(pen.write("e")))
            await stored()
            assert document.head_seq == 3, "what was typed in a row is one entry"


async def test_who_comes_meanwhile_is_told_why_nothing_can_be_stored(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    page, maja = seeded.documents[1], seeded.people["maja"]
    document = await live.node.library.open(page)
    assert document is not None
    async with document.committed():
        document.hear_of_trouble("disk_full")
        async with await Peer.open(live, seeded.room_id, maja, page) as peer:
            await peer.send(auth())
            told = {"type": "storage", "available": False, "code": "disk_full"}
            assert await peer.expect("stateless") == told
