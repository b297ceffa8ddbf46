"""Redis restarted, silent, or losing messages, and nodes cut off: all copies end equal."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from tests import figures
from tests.faults.conftest import crowding, until
from tests.faults.lines import Line
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
HEARD_MAX_S = 2.0
A_MOMENT_S = 0.5
DETECTED_MAX_S = 10.0
QUEUED_MAX_BYTES = 50 * MIB
amounts = pytest.mark.parametrize(("count", "seconds"), [QUICK, LONG])


@contextlib.asynccontextmanager
async def people(
    nodes: Nodes, count: int, documents: int = DOCUMENTS, pause_s: tuple[float, float] = (0.1, 0.4)
) -> AsyncIterator[Writers]:
    """Have people write on all nodes, in documents that are open on all of them."""
    seeded = await nodes.seed(people=crowd(count), documents=["text"] * documents)

    def where(number: int) -> Live:
        # Those of one document go to different nodes.
        return nodes.server(number + number // documents)

    async with Writers(nodes.storage, seeded, where, pause_s=pause_s) as writers:
        await until(lambda: all(w.provider.synced for w in writers.all))
        yield writers


def report(what: str, writers: Writers, written: tuple[int, int], *more: str) -> None:
    """Print what was measured, in one line."""
    told = "; ".join(more)
    figures.tell(
        f"{what} under {len(writers.all)} writers on 3 nodes: {written[0]} words and "
        f"{written[1]} messages, 0 lost, 0 doubled; all equal {writers.converged_after:.2f} s "
        f"after the last{'; ' + told if told else ''}"
    )


def heard_p99(writers: Writers, since: float, until: float) -> float:
    """Tell how long 99 of 100 words took at most, of those heard in a time."""
    delays = sorted(delay for at, delay in writers.delays if since <= at <= until)
    return delays[len(delays) * 99 // 100]


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
        async with people(nodes, count, documents, pause_s) as writers:
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
    report("bus at fault", writers, written, f"messages {done}")
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
    figures.tell(f"hint lost: the edit was heard after {took:.2f} s")
    assert took <= HEARD_MAX_S * crowding()


@amounts
async def test_redis_is_restarted_and_empty(nodes: Nodes, count: int, seconds: float) -> None:
    async with people(nodes, count) as writers:
        await asyncio.sleep(seconds / 2)
        await asyncio.to_thread(nodes.restart_redis)
        await asyncio.sleep(seconds / 2)
        written = await writers.finish()
        assert [w.number for w in writers.all if w.provider.connections != 1] == []
    report("Redis killed and empty", writers, written)
    assert writers.converged_after <= 5 * crowding()


@pytest.mark.parametrize(
    ("count", "seconds"),
    [(12, 3.0), LONG],
)
async def test_redis_falls_silent(nodes: Nodes, count: int, seconds: float) -> None:
    async with people(nodes, count) as writers:
        before, told = nodes.memory(), [losses(live) for live in nodes.all]
        with redis_paused(nodes.redis_url):
            began, detected = time.monotonic(), 0.0
            while time.monotonic() < began + seconds:
                await asyncio.sleep(0.1)
                now = [losses(live) for live in nodes.all]
                if not detected and all(n > t for n, t in zip(now, told, strict=True)):
                    detected = time.monotonic() - began
            grown = max(now - then for now, then in zip(nodes.memory(), before, strict=True))
            p99 = heard_p99(writers, began + HEARD_MAX_S, time.monotonic())
        written = await writers.finish()
        assert [w.number for w in writers.all if w.provider.connections != 1] == []
    measured = [f"heard within {p99:.2f} s (p99)", f"grown by {grown / MIB:.0f} MiB"]
    if seconds > DETECTED_MAX_S:
        measured.append(f"noticed after {detected:.1f} s")
        assert 0 < detected <= DETECTED_MAX_S * crowding()
    report(f"Redis silent for {seconds:.0f} s", writers, written, *measured)
    assert p99 <= HEARD_MAX_S * crowding()
    assert grown <= QUEUED_MAX_BYTES


def losses(live: Live) -> int:
    """Count how often a server has noticed that its Redis is silent, by what it logged."""
    return live.logged.count("redis lost line=subscriber cause=TimeoutError")


@pytest.mark.parametrize(
    ("line", "fault", "count", "seconds"),
    [
        ("buses", "half_open", *QUICK),
        ("databases", "down", *QUICK),
        *(
            pytest.param(line, fault, 50, 30.0, marks=[pytest.mark.long, pytest.mark.timeout(600)])
            for line in ("buses", "databases")
            for fault in ("half_open", "down")
        ),
    ],
)
async def test_one_node_is_cut_off(
    nodes: Nodes, line: str, fault: str, count: int, seconds: float
) -> None:
    async with people(nodes, count) as writers:
        cut: Line = getattr(nodes, line)[0]
        with getattr(cut, fault)():
            await asyncio.sleep(seconds)
        written = await writers.finish()
        assert [w.number for w in writers.all if w.provider.connections != 1] == []
    report(f"{line} of one node {fault} for {seconds:.0f} s", writers, written)
