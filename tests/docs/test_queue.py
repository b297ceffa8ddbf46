"""The one ordered queue of a document."""

import asyncio
import sys

from tests.live import Live, SeededRoom


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
