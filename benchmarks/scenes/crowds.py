"""Crowds that come as browsers do: when "saved" is said, and the same load on several nodes."""

import random
from contextlib import ExitStack
from dataclasses import dataclass

import uvloop

from benchmarks.bench import Bench
from benchmarks.contenders import OURS, POSTGRESQL, SQLITE, LoadTarget, Ours, ours
from benchmarks.figures import Figures, percentile
from benchmarks.machine import cpu_s
from benchmarks.people import Person, enter_all
from benchmarks.report import Chart, Section, Table, against, amount
from benchmarks.typists import Typed, type_together

NODE_COUNTS = (1, 2, 4)
COSTS = ("p50_ms", "p99_ms", "cpu_us", "database_us")


@dataclass(frozen=True)
class Crowd:
    """People who all type.

    Attributes:
        apart: Whether the people of one document are spread over the nodes; otherwise each
            document's are together on one.
    """

    name: str
    documents: int
    people: int
    rate: float
    updates: int
    apart: bool = True


CLASS = Crowd("class", 1, 30, rate=5, updates=25)
BUSY = Crowd("200 letters a second", 1, 40, rate=5, updates=20)
GROUPS = Crowd("forty groups", 40, 5, rate=4, updates=16, apart=False)

SAVED_TARGETS_MS = {
    (CLASS.name, POSTGRESQL): (None, 50),
    (BUSY.name, SQLITE): (30, 120),
    (BUSY.name, POSTGRESQL): (30, 120),
}
"""For half of the letters, and for all but a hundredth."""


def run_saved(bench: Bench) -> None:
    """Measure on both databases how long a letter takes to be called saved."""
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(ours(name, bench.folder / f"saved-{number}", bench.cores))
            for number, name in enumerate(OURS)
        }
        for crowd in (CLASS, BUSY):
            for number in range(1, bench.rounds() + 1):
                for name, server in servers.items():
                    told = f'"saved" of {crowd.name}, round {number}, {name}'
                    _measure(bench, server, crowd, f"saved {crowd.name}", name, told)


def run_nodes(bench: Bench) -> None:
    """Measure the same loads on one, two and four nodes with a database of their own."""
    with ExitStack() as stack:
        servers = {
            count: stack.enter_context(
                ours(POSTGRESQL, bench.folder / f"nodes-{count}", bench.cores, nodes=count)
            )
            for count in NODE_COUNTS[: bench.size(len(NODE_COUNTS), 2)]
        }
        for crowd in (CLASS, GROUPS):
            for number in range(1, bench.rounds() + 1):
                for count, server in servers.items():
                    told = f"{crowd.name} on {_nodes(count)}, round {number}"
                    _measure(bench, server, crowd, f"nodes {crowd.name}", _nodes(count), told)


def _measure(bench: Bench, server: Ours, crowd: Crowd, scene: str, who: str, told: str) -> None:
    with bench.attempt(told):
        updates = bench.size(crowd.updates, 5)
        documents = min(crowd.documents, bench.size(crowd.documents, 4))
        target = server.make_target(scene, documents=documents, members=crowd.people)
        values = uvloop.run(_let_type(server, target, crowd, updates))
        bench.figures.add(scene, who, **values)
        bench.say(
            f"{told}: {values['cpu_us']:.1f} µs a delivery,"
            f" saved after {values['saved_p50_ms']:.1f} ms, p99 {values['saved_p99_ms']:.1f} ms"
        )


async def _let_type(
    server: Ours, target: LoadTarget, crowd: Crowd, updates: int
) -> dict[str, float]:
    groups: list[list[Person]] = []
    for document in range(len(target.documents)):
        doors = []
        for member in range(crowd.people):
            node = (member if crowd.apart else document) % len(server.nodes)
            doors.append(server.door(target, document, member, node=node))
        groups.append(await enter_all(doors))
    servers, databases, engines = server.processes, server.databases, server.engines
    before = cpu_s(servers), cpu_s(databases), cpu_s(engines)
    dice = random.Random()
    typed: Typed = await type_together(groups, rate=crowd.rate, updates=updates, dice=dice)
    spent = [
        (cpu_s(processes) - earlier) * 1e6 / typed.delivered
        for processes, earlier in zip((servers, databases, engines), before, strict=True)
    ]
    for group in groups:
        for person in group:
            person.leave()
    return {
        "cpu_us": spent[0],
        "database_us": spent[1],
        "engine_us": spent[2],
        "p50_ms": percentile(typed.latencies, 0.5) * 1e3,
        "p99_ms": percentile(typed.latencies, 0.99) * 1e3,
        "saved_p50_ms": percentile(typed.saved, 0.5) * 1e3,
        "saved_p99_ms": percentile(typed.saved, 0.99) * 1e3,
    }


def tell_saved(figures: Figures) -> list[Section]:
    """Write how long "saved" takes."""
    table = Table(
        [
            *("load", "server", "saved p50 ms", "saved p99 ms", "other screens p50 ms", "p99 ms"),
            *("server µs a delivery", "database µs"),
        ]
    )
    for crowd in (CLASS, BUSY):
        for who in OURS:
            targets = SAVED_TARGETS_MS.get((crowd.name, who), (None, None))
            spreads = [
                figures.spread(f"saved {crowd.name}", who, what)
                for what in ("saved_p50_ms", "saved_p99_ms", *COSTS)
            ]
            table.add(
                crowd.name,
                who,
                against(spreads[0], targets[0]),
                against(spreads[1], targets[1]),
                *(amount(spread, 1) for spread in spreads[2:]),
            )
    chart = Chart.of(
        figures,
        file="saved",
        title='From key to the server\'s "saved", p99, ms',
        rows={f"saved {crowd.name}": crowd.name for crowd in (CLASS, BUSY)},
        whos=OURS,
        what="saved_p99_ms",
    )
    return [
        Section(
            'How long until "saved"',
            "From sending a letter to the acknowledgement at its author, which is said only when"
            " the letter is on the disk. People come as browsers do, over the room's own socket,"
            " so that the processor time includes the acknowledgements.",
            table,
            [chart],
        )
    ]


def tell_nodes(figures: Figures) -> list[Section]:
    """Write what more nodes cost."""
    table = Table(
        [
            "load",
            "nodes",
            "all servers µs a delivery",
            "database and bus µs",
            "other screens p50 ms",
            "p99 ms",
            "saved p50 ms",
            "p99 ms",
        ]
    )
    whats = ("cpu_us", "database_us", "p50_ms", "p99_ms", "saved_p50_ms", "saved_p99_ms")
    for crowd in (CLASS, GROUPS):
        for count in NODE_COUNTS:
            scene, who = f"nodes {crowd.name}", _nodes(count)
            cells = [amount(figures.spread(scene, who, what), 1) for what in whats]
            how = ", its people apart" if crowd.apart else ", each on one node"
            table.add(crowd.name + (how if count > 1 else ""), str(count), *cells)
    chart = Chart.of(
        figures,
        file="nodes",
        title="Processor time of all nodes per delivered letter, µs",
        rows={f"nodes {crowd.name}": crowd.name for crowd in (CLASS, GROUPS)},
        whos=[_nodes(count) for count in NODE_COUNTS],
        what="cpu_us",
    )
    return [
        Section(
            "The same load on 1, 2 and 4 nodes",
            "All nodes share the servers' one core here, so this shows what spreading costs, not"
            " what it gains. The class is the worst case: one document, its people on all nodes.",
            table,
            [chart],
        )
    ]


def _nodes(count: int) -> str:
    return f"{count} node{'s' if count > 1 else ''}"
