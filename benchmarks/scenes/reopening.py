"""Thousands of rooms opened, let go of and opened again: what stays in memory."""

import asyncio

import uvloop

from benchmarks.bench import Bench
from benchmarks.contenders import SQLITE, LoadTarget, Ours, ours
from benchmarks.figures import Figures
from benchmarks.machine import memory_kib
from benchmarks.people import enter_all
from benchmarks.report import Section, Table, against, amount
from twinspace_rt.docs.tending import IDLE_S

ROOMS, AT_ONCE = 2000, 50
STATES = ("fresh", "once", "twice")
GROWTH = "growth_percent"
GROWTH_MAX_PERCENT = 5
KIB_PER_MIB = 1024


def run(bench: Bench) -> None:
    """Open each room with a document, by its one member, and all of them once more."""
    with (
        bench.attempt(f"rooms reopened, {SQLITE}"),
        ours(SQLITE, bench.folder / "reopening", bench.cores) as server,
    ):
        rooms = bench.size(ROOMS, AT_ONCE)
        targets = [server.make_target("", documents=1, members=1) for _ in range(rooms)]
        bench.say(f"{rooms} rooms made")
        memory = {"fresh": memory_kib(server.processes) / KIB_PER_MIB}
        for state in STATES[1:]:
            uvloop.run(_visit(server, targets))
            memory[state] = memory_kib(server.processes) / KIB_PER_MIB
            bench.say(f"{memory[state]:.1f} MiB with all rooms opened {state} and let go")
        memory[GROWTH] = 100 * (memory["twice"] / memory["once"] - 1)
        bench.figures.add("reopening", SQLITE, **memory)


async def _visit(server: Ours, targets: list[LoadTarget]) -> None:
    for start in range(0, len(targets), AT_ONCE):
        some = targets[start : start + AT_ONCE]
        people = await enter_all([server.door(target, 0, 0) for target in some])
        for person in people:
            person.leave()
    await asyncio.sleep(IDLE_S + 5)  # by then the server has let go of every document


def tell(figures: Figures) -> list[Section]:
    """Write what the rooms leave behind."""
    table = Table(["server", "fresh MiB", "opened once MiB", "opened twice MiB", "growth %"])
    spreads = [figures.spread("reopening", SQLITE, state) for state in STATES]
    growth = figures.spread("reopening", SQLITE, GROWTH)
    table.add(SQLITE, *(amount(s, 1) for s in spreads), against(growth, GROWTH_MAX_PERCENT))
    return [
        Section(
            "Rooms opened again",
            f"{ROOMS:,} rooms, each with a document, opened by one person each, {AT_ONCE} at a"
            " time, and let go of; then all of them once more. The server's memory each time when"
            " nobody is left. What the first pass adds to a fresh server is what the database and"
            " the language load once.",
            table,
            [],
        )
    ]
