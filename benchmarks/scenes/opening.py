"""Opening a document of 260,000 edits: warm, cold, and with three hundred people in ten seconds."""

import asyncio
import gzip
import json
import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

import uvloop
from picows import WSInvalidStatusError
from pycrdt import Doc, Text

from benchmarks.bench import Bench
from benchmarks.contenders import (
    POSTGRESQL,
    SQLITE,
    Contender,
    LoadTarget,
    Ours,
    contender,
)
from benchmarks.figures import Figures, percentile
from benchmarks.machine import cpu_s
from benchmarks.people import WAIT_S, Door, Person
from benchmarks.report import Chart, Section, Table, amount
from benchmarks.scenes.loads import ORDER
from tests.live import SHARED_DATA
from tests.peers.raw import Pen
from twinspace_rt.docs import wire
from twinspace_rt.docs.wire import SyncType

PAPER = SHARED_DATA / "automerge-paper.json.gz"
EDITS_PER_UPDATE = 20
"""What a browser sends together when its author types fast and the line is slow."""
JOINERS, JOIN_S = 300, 10.0
COLD_ROUNDS, WARM_ROUNDS = 3, 5
COMES_BACK_S, COMES_BACK_MAX = 1.0, 20


@dataclass(frozen=True)
class Paper:
    """The updates of somebody who writes the paper, and what it says in the end."""

    updates: Sequence[bytes]
    edits: int
    text: str


@cache
def paper(edits_max: int | None) -> Paper:
    """Write the recorded paper again, all of it or its first edits; ASCII alone."""
    recorded: dict[str, Any] = json.loads(gzip.decompress(PAPER.read_bytes()))
    patches = [patch for txn in recorded["txns"] for patch in txn["patches"]][:edits_max]
    doc: Doc[Text] = Doc(client_id=random.randrange(1, 2**32))
    text = doc.get("t", type=Text)
    updates: list[bytes] = []
    watch = doc.observe(lambda event: updates.append(bytes(event.update)))
    for start in range(0, len(patches), EDITS_PER_UPDATE):
        with doc.transaction():
            for position, deleted, inserted in patches[start : start + EDITS_PER_UPDATE]:
                if deleted:
                    del text[position : position + deleted]
                if inserted:
                    text.insert(position, inserted)
    doc.unobserve(watch)
    if edits_max is None:
        assert str(text) == recorded["endContent"]
    return Paper(updates, len(patches), str(text))


def run(bench: Bench) -> None:
    """Give each server the paper, and open it again and again."""
    written = paper(4000 if bench.quick else None)
    for number, name in enumerate(ORDER):
        with bench.attempt(f"the paper on {name}"), ExitStack() as stack:
            folder = bench.folder / f"opening-{number}"
            server = stack.enter_context(contender(name, folder, bench.cores))
            target = server.make_target("paper", documents=1, members=JOINERS)
            uvloop.run(_while_open(bench, server, target, written))
            if isinstance(server, Ours):
                for _ in range(bench.rounds(COLD_ROUNDS)):
                    server.restart(bench.cores)
                    values = uvloop.run(_open(server, target, written))
                    bench.figures.add("cold", name, **values)
                    bench.say(f"{name}, opened cold after {values['ms']:.0f} ms")


async def _while_open(bench: Bench, server: Contender, target: LoadTarget, written: Paper) -> None:
    """Write the paper and let others come; the peers keep it only as long as its author stays."""
    author = await _write(server, target, written)
    bench.say(f"{server.name} has {written.edits:,} edits")
    for _ in range(bench.rounds(WARM_ROUNDS)):
        bench.figures.add("warm", server.name, **await _open(server, target, written))
    joiners = bench.size(JOINERS, 30)
    values = await _join_storm(server, target, joiners, joiners / JOINERS * JOIN_S)
    bench.figures.add("storm", server.name, **values)
    bench.say(f"{joiners} joined {server.name}: p99 {values['p99_ms']:.0f} ms")
    author.leave()


async def _write(server: Contender, target: LoadTarget, written: Paper) -> Person:
    """Send all edits and wait until somebody who joins has them; returns their author."""
    author = await Person.enter(server.door(target, 0, 0))
    if isinstance(server, Ours):
        await author.first_saved
    for update in written.updates:
        author.send(wire.sync(SyncType.UPDATE, update))
        await asyncio.sleep(0)
    async with asyncio.timeout(3 * WAIT_S):
        while isinstance(server, Ours) and author.saved <= len(written.updates):
            assert not author.lost
            await asyncio.sleep(0.02)
        while True:
            if _text(await _enter_once(server, target)) == written.text:
                return author
            await asyncio.sleep(0.2)


async def _enter_once(server: Contender, target: LoadTarget) -> list[bytes]:
    person = await Person.enter(server.door(target, 0, 1))
    person.leave()
    return person.content


async def _open(server: Contender, target: LoadTarget, written: Paper) -> dict[str, float]:
    """Open the document as one person; what came must be the paper."""
    processes = server.processes
    before, started = cpu_s(processes), time.perf_counter()
    content = await _enter_once(server, target)
    took = time.perf_counter() - started
    cpu = cpu_s(processes) - before
    assert _text(content) == written.text
    return {"ms": took * 1e3, "cpu_ms": cpu * 1e3, "kib": sum(map(len, content)) / 1024}


async def _join_storm(
    server: Contender, target: LoadTarget, joiners: int, seconds: float
) -> dict[str, float]:
    """Let people come at even distances; each waits for the whole document.

    Who is asked to come back later does, as browsers do; that waiting counts.
    """
    processes = server.processes
    times: list[float] = []
    people: list[Person] = []
    turned_away = 0

    async def enter(door: Door) -> Person:
        nonlocal turned_away
        for _ in range(COMES_BACK_MAX):
            try:
                return await Person.enter(door)
            except WSInvalidStatusError:
                turned_away += 1
                await asyncio.sleep(COMES_BACK_S)
        raise ConnectionError("somebody could not get in at all")

    async def come(number: int) -> None:
        await asyncio.sleep(number * seconds / joiners)
        started = time.perf_counter()
        door = server.door(target, 0, number)
        person = await enter(door)
        if door.speaks_text:
            await person.hello()
        times.append(time.perf_counter() - started)
        people.append(person)

    before = cpu_s(processes)
    await asyncio.gather(*(come(number) for number in range(joiners)))
    cpu = cpu_s(processes) - before
    lost = sum(person.lost for person in people)
    for person in people:
        person.leave()
    if lost:
        raise ConnectionError(f"{lost} of {joiners} people were cut off")
    return {
        "p50_ms": percentile(times, 0.5) * 1e3,
        "p99_ms": percentile(times, 0.99) * 1e3,
        "cpu_ms": cpu * 1e3 / joiners,
        "turned_away": turned_away,
    }


def _text(content: Sequence[bytes]) -> str:
    pen = Pen(1)
    for update in content:
        pen.apply(update)
    return str(pen)


def tell(figures: Figures) -> list[Section]:
    """Write how long opening takes."""
    opening = Table(["server", "how", "ms", "server's processor ms", "KiB sent"])
    for scene, how in (("cold", "cold: the server has just started"), ("warm", "open already")):
        for who in ORDER if scene == "warm" else (SQLITE, POSTGRESQL):
            opening.add(
                who,
                how,
                amount(figures.spread(scene, who, "ms"), 1),
                amount(figures.spread(scene, who, "cpu_ms"), 0),
                amount(figures.spread(scene, who, "kib"), 0),
            )
    storm = Table(
        ["server", "joined p50 ms", "p99 ms", "server's processor ms a person", "turned away"]
    )
    for who in ORDER:
        times = (figures.spread("storm", who, what) for what in ("p50_ms", "p99_ms", "cpu_ms"))
        turned_away = amount(figures.spread("storm", who, "turned_away"), 0)
        storm.add(who, *(amount(spread, 1) for spread in times), turned_away)
    chart = Chart.of(
        figures,
        file="opening",
        title="Opening a document of 260,000 edits, ms",
        rows={"cold": "cold", "warm": "open already"},
        whos=ORDER,
        what="ms",
    )
    return [
        Section(
            "Opening a document of 260,000 edits",
            "The paper of automerge-perf, written edit by edit in updates of twenty. From"
            " connecting to having all of it; what came is read and compared with the paper. The"
            " peers forget everything with their process, so they have no cold start.",
            opening,
            [chart],
        ),
        Section(
            "Three hundred people join in ten seconds",
            "The same paper, everyone at the document until the last is in. With ours they also"
            " enter the room: people, chat, forum and the list of documents come with it. Who is"
            " turned away because the server has too much to do comes again a second later, and"
            " that second counts.",
            storm,
            [],
        ),
    ]
