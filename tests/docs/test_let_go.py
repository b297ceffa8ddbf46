"""What a document that is let go of leaves behind: nothing."""

import gc
import weakref

import pytest

from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.raw import Pen, enter, eventually
from twinspace_rt.docs import tending


async def test_it_does_not_wait_for_the_collector(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands would: they are old by then, and the old are seldom looked through."""
    assert live.node is not None
    tended = live.node.tending
    gc.disable()
    try:
        async with await enter(live, seeded) as peer:
            await peer.send(raw.awareness((5, 1, "{}")))
            await peer.send(raw.update(Pen(5).write("word")))
            assert await peer.expect("status") == 1
            [opened] = tended.documents
            document = weakref.ref(opened)
            del opened
        monkeypatch.setattr(tending, "IDLE_S", 0.0)
        await eventually(lambda: not tended.documents)
        await eventually(lambda: document() is None)
    finally:
        gc.enable()
