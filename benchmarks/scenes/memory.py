"""What 5,000 quiet people and hundreds of open rooms hold in memory."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack

import uvloop

from benchmarks.bench import Bench
from benchmarks.contenders import PEERS, SQLITE, Contender, LoadTarget, Ours, contender
from benchmarks.figures import Figures
from benchmarks.machine import memory_kib
from benchmarks.people import Door, enter_all
from benchmarks.report import Chart, Section, Table, against, amount

ROOMS, PEOPLE_PER_ROOM, MEMBERS = 100, 50, 10
"""5,000 sockets; each member has five windows."""

OPEN_ROOMS = 300
IN_ROOM, AT_DOCUMENT, ALONE = "in a room", "at a document", "open room"
IDLE_MAX_KIB = 30e3 / 1024


def run(bench: Bench) -> None:
    """Fill a fresh server each time; nobody says anything."""
    rooms, people = bench.size(ROOMS, 5), bench.size(PEOPLE_PER_ROOM, 20)
    for name in (SQLITE, *PEERS):
        with bench.attempt(f"memory at documents, {name}"), ExitStack() as stack:
            server = _start(bench, stack, name, "documents")
            targets = _targets(server, rooms, MEMBERS)
            kib = uvloop.run(_fill(server, _doors(server, targets, people), warm=people))
            bench.figures.add("memory", name, **{AT_DOCUMENT: kib})
            bench.say(f"{name}: {kib:.1f} KiB for each of {rooms * people} at a document")
    with bench.attempt(f"memory in rooms, {SQLITE}"), ExitStack() as stack:
        server = _start(bench, stack, SQLITE, "rooms")
        assert isinstance(server, Ours)
        targets = _targets(server, rooms, MEMBERS)
        doors = [server.door(t, None, n) for t in targets for n in range(people)]
        in_room = uvloop.run(_fill(server, doors, warm=people))
        bench.figures.add("memory", SQLITE, **{IN_ROOM: in_room})
        bench.say(f"{SQLITE}: {in_room:.1f} KiB for each of {rooms * people} in a room")
    with bench.attempt(f"memory of open rooms, {SQLITE}"), ExitStack() as stack:
        server = _start(bench, stack, SQLITE, "alone")
        assert isinstance(server, Ours)
        targets = _targets(server, bench.size(OPEN_ROOMS, 20), 1)
        kib = uvloop.run(_fill(server, [server.door(t, 0, 0) for t in targets], warm=10))
        bench.figures.add("memory", SQLITE, **{ALONE: kib})
        bench.say(f"{SQLITE}: {kib:.1f} KiB for each of {len(targets)} rooms with one person")


def _start(bench: Bench, stack: ExitStack, name: str, folder: str) -> Contender:
    return stack.enter_context(contender(name, bench.folder / f"memory-{folder}", bench.cores))


def _targets(server: Contender, rooms: int, members: int) -> list[LoadTarget]:
    return [server.make_target(f"room{n}-", documents=1, members=members) for n in range(rooms)]


def _doors(server: Contender, targets: Sequence[LoadTarget], people: int) -> list[Door]:
    return [server.door(target, 0, number) for target in targets for number in range(people)]


async def _fill(server: Contender, doors: Sequence[Door], *, warm: int) -> float:
    """Let everyone in and return by how many KiB each has made the server grow.

    The first few are not counted: what they bring is loaded once for all.
    """
    people = await enter_all(doors[:warm])
    before = memory_kib(server.processes)
    people += await enter_all(doors[warm:])
    # Buffers of the joining are given back within a moment.
    await asyncio.sleep(2)
    grown = memory_kib(server.processes) - before
    lost = sum(person.lost for person in people)
    for person in people:
        person.leave()
    if lost:
        raise ConnectionError(f"{lost} of {len(doors)} people were cut off")
    return grown / (len(doors) - warm)


def tell(figures: Figures) -> list[Section]:
    """Write what is held for each connection and each room."""
    table = Table(["server", "KiB a person in a room", "at a document", "a room with one person"])
    for who in (SQLITE, *PEERS):
        in_room = figures.spread("memory", who, IN_ROOM)
        rest = (figures.spread("memory", who, what) for what in (AT_DOCUMENT, ALONE))
        table.add(who, against(in_room, IDLE_MAX_KIB), *(amount(spread, 1) for spread in rest))
    chart = Chart(
        "memory",
        "Memory of one quiet person at a document, KiB",
        [AT_DOCUMENT],
        {who: [figures.spread("memory", who, AT_DOCUMENT)] for who in (SQLITE, *PEERS)},
    )
    return [
        Section(
            "Memory",
            f"{ROOMS * PEOPLE_PER_ROOM:,} sockets in {ROOMS} rooms, nobody types: what each adds"
            f" to the server's memory (target: 30 kB). At a document, ours are in their room as"
            " well. The last column opens"
            f" {OPEN_ROOMS} rooms with a document each for one person each.",
            table,
            [chart],
        )
    ]
