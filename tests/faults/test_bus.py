"""Redis restarted, silent, or losing messages, and nodes cut off: all copies end equal."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from tests import figures
from tests.faults.conftest import crowding, until
from tests.faults.nodes import Nodes
from tests.faults.storage import gaps
from tests.faults.writers import Writers, crowd
from tests.live import Live
from tests.pausing import redis_paused
from tests.peers import raw
from tests.peers.raw import Pen, enter
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.rooms.hub import GROWN

MIB = 1024 * 1024
DOCUMENTS = 3
QUICK = (12, 2.0)
LONG = pytest.param(50, 30.0, marks=[pytest.mark.long, pytest.mark.timeout(600)])
EVERYWHERE_MAX_S = 5.0
HEARD_MAX_S = 2.0
UNHEARD_MAX_S = 30.0
A_MOMENT_S = 0.5
DETECTED_MAX_S = 10.0
QUEUED_MAX_BYTES = 50 * MIB
LONG_FAULTS = [pytest.param(fault, 50, 30.0, marks=LONG.marks) for fault in ("half_open", "down")]
amounts = pytest.mark.parametrize(("count", "seconds"), [QUICK, LONG])


@contextlib.asynccontextmanager
async def people(
    nodes: Nodes,
    count: int,
    documents: int = DOCUMENTS,
    pause_s: tuple[float, float] = (0.1, 0.4),
    *,
    writing: int = 2,
) -> AsyncIterator[Writers]:
    """Have people write on some nodes in each document, and one read in it on the next node.

    Where somebody writes, their own edits bring others' along: each meets what was stored before.
    """
    seeded = await nodes.seed(people=crowd(count + DOCUMENTS), documents=["text"] * documents)

    def where(number: int) -> Live:
        # One document's people have numbers that are as far apart as there are documents.
        return nodes.server(number + (1 + number // documents % writing if number < count else 0))

    async with Writers(nodes.storage, seeded, where, pause_s=pause_s, reading=DOCUMENTS) as writers:
        await until(lambda: all(w.provider.synced for w in writers.all))
        yield writers


def report(
    what: str, writers: Writers, written: tuple[int, int], *more: str, allowed: float = 1
) -> None:
    """Print what was measured, in one line."""
    told = "; ".join(more)
    figures.tell(
        f"{what} under {len(writers.at_work)} writers on 3 nodes: {written[0]} words and "
        f"{written[1]} messages, 0 lost, 0 doubled; all equal {writers.converged_after:.2f} s "
        f"after the last{'; ' + told if told else ''}",
        allowed=allowed,
    )


@dataclass
class Waits:
    """How long words took to their readers; one that did not come took for ever.

    Attributes:
        here: To each reader at the author's node, the longest last; seconds.
        elsewhere: To each at another node, likewise.
    """

    here: list[float]
    elsewhere: list[float]

    @property
    def p99(self) -> float:
        """How long 99 of 100 took at most, wherever they took longer."""
        return max(_p99(self.here), _p99(self.elsewhere))

    @property
    def longest(self) -> float:
        return max(self.here[-1], self.elsewhere[-1])

    def __str__(self) -> str:
        return (
            f"words took {_p99(self.here):.2f} s within a node and {_p99(self.elsewhere):.2f} s to "
            f"others (p99), {self.longest:.2f} s at the most"
        )


def _p99(waits: list[float]) -> float:
    return waits[len(waits) * 99 // 100]


async def heard(writers: Writers, since: float, *, but: Live | None = None) -> Waits:
    """Wait until all that was written since then is everywhere, or long enough.

    Args:
        writers: Who writes; what they write from now on is not waited for.
        since: By the monotonic clock.
        but: A node that is left out.
    """

    def here(author: Live, reader: Live) -> bool:
        return author is reader is not but

    def elsewhere(author: Live, reader: Live) -> bool:
        return author is not reader and but is not author and but is not reader

    until = time.monotonic()
    while True:
        waits = Waits(*(sorted(writers.waits(since, until, which)) for which in (here, elsewhere)))
        if waits.longest < math.inf or time.monotonic() > until + UNHEARD_MAX_S:
            return waits
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("count", "documents", "seconds", "pause_s"),
    [
        (12, 1, 2.0, (0.1, 0.4)),
        pytest.param(
            300, 30, 600.0, (1.0, 3.0), marks=[pytest.mark.long, pytest.mark.timeout(1800)]
        ),
    ],
)
async def test_many_write_on_all_nodes(
    nodes: Nodes, count: int, documents: int, seconds: float, pause_s: tuple[float, float]
) -> None:
    """Whoever reads meanwhile never sees an entry before one with a lower number."""
    beside = PostgresqlDatabase(nodes.storage.url)
    looks = 0
    try:
        async with people(nodes, count, documents, pause_s, writing=3) as writers:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                assert await beside.read(gaps) == {}
                looks += 1
                await asyncio.sleep(0.02)
            written = await writers.finish()
        counted = text("select deadlocks from pg_stat_database where datname = current_database()")
        deadlocks = await beside.read(lambda db: db.execute(counted).scalar_one())
    finally:
        await beside.close()
    report("three nodes", writers, written, f"{looks} looks, 0 gaps", f"{deadlocks} deadlocks")
    assert deadlocks == 0


@amounts
async def test_messages_get_lost_doubled_and_swapped(
    nodes: Nodes, count: int, seconds: float
) -> None:
    async with people(nodes, count) as writers:
        for line in nodes.buses:
            line.lost = line.doubled = line.swapped = 0.05
        await asyncio.sleep(seconds)
        for line in nodes.buses:
            line.lost = 1  # the last of each burst as well
        written = await writers.finish()
    done = {fate: sum(line.done[fate] for line in nodes.buses) for fate in nodes.buses[0].done}
    for line in nodes.buses:
        line.lost = line.doubled = line.swapped = 0
    assert min(done.values()) > 0
    report("bus at fault", writers, written, f"messages {done}", allowed=crowding())
    assert writers.converged_after <= 3 * crowding()


async def test_one_hint_gets_lost(nodes: Nodes) -> None:
    """The edit it told of is found by itself, and before what comes after it."""
    seeded = await nodes.seed()
    page, pens = seeded.documents[1], (Pen(1), Pen(2))
    hinted, armed, lost = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def loses(channel: str, message: bytes) -> bool:
        if not (channel.endswith(page) and message.endswith(GROWN)):
            return False
        if not armed.is_set():
            hinted.set()
            return False
        is_first = not lost.is_set()
        lost.set()
        return is_first

    async with (
        await enter(nodes.all[0], seeded) as maja,
        await enter(nodes.all[1], seeded, "eleni") as eleni,
    ):
        nodes.buses[1].loses = loses
        await maja.send(raw.update(pens[0].write("not ")))
        pens[1].apply(await eleni.expect("update"))
        await hinted.wait()  # the nodes know of each other
        await asyncio.sleep(A_MOMENT_S)
        armed.set()
        began = time.monotonic()
        await maja.send(raw.update(pens[0].write("lost ")))
        pens[1].apply(await eleni.expect("update"))
        took = time.monotonic() - began
        nodes.buses[1].loses = lambda channel, message: False
        assert lost.is_set()
        assert str(pens[1]) == "not lost "
    figures.tell(f"hint lost: the edit was heard after {took:.2f} s", allowed=crowding())
    assert took <= HEARD_MAX_S * crowding()


@amounts
async def test_redis_is_restarted_and_empty(nodes: Nodes, count: int, seconds: float) -> None:
    async with people(nodes, count) as writers:
        await asyncio.sleep(seconds / 2)
        killed = time.monotonic()
        await asyncio.to_thread(nodes.restart_redis)
        await asyncio.sleep(seconds / 2)
        # What was told a moment before the end may not have come either.
        waits = await heard(writers, killed - A_MOMENT_S)
        written = await writers.finish()
        assert [w.number for w in writers.all if w.provider.connections != 1] == []
    report("Redis killed and empty", writers, written, str(waits), allowed=crowding())
    assert waits.longest <= EVERYWHERE_MAX_S * crowding()
    assert writers.converged_after <= EVERYWHERE_MAX_S * crowding()


@pytest.mark.parametrize(
    ("count", "seconds"),
    [(12, 3.0), LONG],
)
async def test_redis_falls_silent(nodes: Nodes, count: int, seconds: float) -> None:
    """Nodes look at the database each second, and four times a second when they have noticed.

    In three seconds they do not notice: the quick form sees no more than the first.
    """
    async with people(nodes, count) as writers:
        before, known = nodes.memory(), [losses(live) for live in nodes.all]
        with redis_paused(nodes.redis_url):
            began, detected = time.monotonic(), 0.0
            while time.monotonic() < began + seconds:
                await asyncio.sleep(0.1)
                now = [losses(live) for live in nodes.all]
                if not detected and all(n > k for n, k in zip(now, known, strict=True)):
                    detected = time.monotonic() - began
            waits = await heard(writers, began)
            grown = max(now - then for now, then in zip(nodes.memory(), before, strict=True))
        written = await writers.finish()
        assert [w.number for w in writers.all if w.provider.connections != 1] == []
    measured = [str(waits), f"grown by {grown / MIB:.0f} MiB"]
    if seconds > DETECTED_MAX_S:
        measured.append(f"noticed after {detected:.1f} s")
        assert 0 < detected <= DETECTED_MAX_S * crowding()
    report(f"Redis silent for {seconds:.0f} s", writers, written, *measured, allowed=crowding())
    assert waits.p99 <= HEARD_MAX_S * crowding()
    assert grown <= QUEUED_MAX_BYTES


def losses(live: Live) -> int:
    """Count how often a server has noticed that its Redis is silent, by what it logged."""
    return live.logged.count("redis lost line=subscriber cause=TimeoutError")


@pytest.mark.parametrize(("fault", "count", "seconds"), [("half_open", *QUICK), *LONG_FAULTS])
async def test_one_node_is_cut_off_from_redis(
    nodes: Nodes, fault: str, count: int, seconds: float
) -> None:
    """Its people and the others come to the same text while that lasts, and not late."""
    async with people(nodes, count) as writers:
        with getattr(nodes.buses[0], fault)():
            began = time.monotonic()
            await asyncio.sleep(seconds)
            waits = await heard(writers, began)
            await writers.rest()
        writers.go_on()
        written = await writers.finish()
        assert [w.number for w in writers.all if w.provider.connections != 1] == []
    report(
        f"Redis {fault} for one node for {seconds:.0f} s",
        writers,
        written,
        str(waits),
        allowed=crowding(),
    )
    assert waits.p99 <= HEARD_MAX_S * crowding()


@pytest.mark.parametrize(("fault", "count", "seconds"), [("down", *QUICK), *LONG_FAULTS])
async def test_one_node_is_cut_off_from_the_database(
    nodes: Nodes, fault: str, count: int, seconds: float
) -> None:
    """What its people are told is saved is so, and the others hear all of each other meanwhile."""
    async with people(nodes, count) as writers:
        with getattr(nodes.databases[0], fault)():
            began = time.monotonic()
            await asyncio.sleep(seconds)
            waits = await heard(writers, began, but=nodes.all[0])
            await asyncio.to_thread(writers.check_claims)
        written = await writers.finish()
        assert [w.number for w in writers.all if w.provider.connections != 1] == []
    report(
        f"database {fault} for one node for {seconds:.0f} s",
        writers,
        written,
        str(waits),
        allowed=crowding(),
    )
    assert waits.p99 <= HEARD_MAX_S * crowding()
