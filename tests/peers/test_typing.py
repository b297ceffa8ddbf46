"""Typing at human speed over a slow line with outages: every "all saved" is true."""

import asyncio
import random

import pytest

from tests import figures
from tests.live import Live, seed_room
from tests.peers.drive import drive
from tests.peers.line import Line, open_line
from tests.peers.saved import false_signals, recorded
from tests.peers.test_traces import text_in_database
from twinspace_rt.docs.validator import Kind


async def outages(line: Line) -> None:
    """Have outages of half a second to one and a half, until cancelled."""
    dice = random.Random(3)
    while True:
        await asyncio.sleep(dice.uniform(1.5, 4))
        await line.outage(dice.uniform(0.5, 1.5))


@pytest.mark.parametrize(
    ("pairs", "seconds"), [(6, 12), pytest.param(12, 120, marks=pytest.mark.long)]
)
async def test_all_saved_is_true_on_a_slow_line(live: Live, pairs: int, seconds: int) -> None:
    assert live.node is not None
    seeded = await live.node.database.write(lambda db: seed_room(db, documents=["text"] * pairs))
    with recorded(live, seeded.documents) as commits:
        async with open_line(live.port, delay_s=0.15) as line, asyncio.TaskGroup() as tasks:
            breaking = tasks.create_task(outages(line))
            run = await drive(
                "typing.mjs",
                live,
                seeded,
                timeout_s=seconds + 90,
                port=line.port,
                documents=seeded.documents,
                kinds=["hocuspocus", "hocuspocus"],
                members=[0, 1],
                seconds=seconds,
                keysPerSecond=8,
                seed=5,
            )
            breaking.cancel()
    for number, document in enumerate(seeded.documents):
        ours = [c for c in run.end["copies"] if c["name"].startswith(f"{number}.")]
        texts = {copy["text"] for copy in ours}
        assert texts == {await text_in_database(live, document)}
        for copy in ours:
            assert copy["refused"] == 0
            wrong = false_signals(
                Kind.TEXT,
                commits.of[document],
                run.edits[copy["name"]],
                run.signals.get(copy["name"], []),
            )
            assert wrong == []
    keys = sum(map(len, run.edits.values()))
    assert run.signal_count > 2 * pairs
    figures.tell(f"human speed: {keys} keys, {run.signal_count} signals, 0 false")
