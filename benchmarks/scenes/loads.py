"""The same loads on every server, one after the other: what a delivered letter costs, and takes."""

from contextlib import ExitStack
from dataclasses import replace

from benchmarks.bench import Bench
from benchmarks.contenders import (
    BARE,
    HOCUSPOCUS,
    OURS,
    PEERS,
    POSTGRESQL,
    SQLITE,
    Y_WEBSOCKET,
    Contender,
    contender,
)
from benchmarks.figures import Figures
from benchmarks.load import GROUPS, SATURATION, WORKLOADS, Workload, run_load
from benchmarks.report import Chart, Section, Table, against, amount, ratio

ORDER = (SQLITE, HOCUSPOCUS, POSTGRESQL, Y_WEBSOCKET)
"""Ours and a peer by turns, so that a slow minute of the machine meets both."""

LOADED = (*ORDER, BARE)
"""The bare server takes part here alone: it keeps no documents that could be opened."""

WARM_UP = (replace(SATURATION, updates=1000), replace(GROUPS, updates=25))
"""Before anything is measured: V8 compiles what runs often, and would pay for it later; and the log
of SQLite grows at first, after which it is written over for as long as the server runs."""


def run(bench: Bench) -> None:
    """Start all servers, and let each have its turn at each load in each round."""
    with ExitStack() as stack:
        contenders: dict[str, Contender] = {}
        for number, name in enumerate(LOADED):
            bench.say(f"starting and warming up {name}")
            server = contender(name, bench.folder / f"loads-{number}", bench.cores)
            contenders[name] = stack.enter_context(server)
            for place, workload in enumerate(WARM_UP):
                load = _small(workload) if bench.quick else workload
                run_load(contenders[name], load, bench.cores, f"warm-{place}-")
        for workload in WORKLOADS:
            for number in range(1, bench.rounds(workload.rounds) + 1):
                for name in LOADED:
                    told = f"{workload.name}, round {number}, {name}"
                    with bench.attempt(told):
                        document = f"{workload.name.replace(' ', '-')}-{number}-"
                        load = _small(workload) if bench.quick else workload
                        values = run_load(contenders[name], load, bench.cores, document)
                        bench.figures.add(workload.name, name, **values)
                        bench.say(f"{told}: {values['cpu_us']:.1f} µs a delivery")


def _small(workload: Workload) -> Workload:
    return replace(
        workload,
        documents=min(workload.documents, 5),
        clients=min(workload.clients, 50),
        updates=200 if workload.window else 5,
    )


def tell(figures: Figures) -> list[Section]:
    """Write what a delivery costs beside the peers', how long it takes, and who spends it."""
    cpu, latency = (
        Chart.of(
            figures,
            file=file,
            title=title,
            rows={workload.name: workload.name for workload in workloads},
            whos=LOADED,
            what=what,
        )
        for file, title, workloads, what in (
            ("cpu", "Server processor time per delivered letter, µs", WORKLOADS[:-1], "cpu_us"),
            ("latency", "From key to other screens, p99, ms (ours stored)", WORKLOADS, "p99_ms"),
        )
    )
    return [
        Section(
            "Processor time of a delivery",
            "Microseconds of the server's core per delivered letter, all its processes together,"
            " from the first letter to the last delivery. Ours have it on the disk before anyone"
            " receives it; the peers keep it in memory alone. The bare one stores it as ours on"
            " SQLite does, forwards it as it is and knows nothing else: what it takes remains for"
            " any server in Python that stores.",
            _costs(figures),
            [cpu],
        ),
        Section(
            "Latency",
            "From sending a letter to its arrival at each other person. `frames` are WebSocket"
            " frames per delivered letter: below 1, letters travel together.",
            _latencies(figures),
            [latency],
        ),
        Section(
            "Where that time goes",
            "Microseconds per delivery, and for each letter typed, whoever it goes to: what the"
            " peers send back to its writer counts among their deliveries. The engine's and the"
            " databases' columns include the joining of the people before; the databases run on the"
            " generator's core where"
            " there are only two.",
            _parts(figures),
            [],
        ),
    ]


def _costs(figures: Figures) -> Table:
    shares = [f"{name.removeprefix('TwinSpace RT, ')} / better peer" for name in OURS]
    shares.append(f"{BARE} / better peer")
    table = Table(["load", *LOADED, *shares])
    for workload in WORKLOADS:
        scene = workload.name
        table.add(
            f"**{scene}**: {workload.what}",
            *(amount(figures.spread(scene, who, "cpu_us"), 1) for who in LOADED),
            *(ratio(figures.ratio(scene, who, PEERS, "cpu_us"), workload.target) for who in OURS),
            ratio(figures.ratio(scene, BARE, PEERS, "cpu_us"), None),
        )
    return table


def _latencies(figures: Figures) -> Table:
    table = Table(["load", "server", "p50 ms", "p99 ms", "deliveries/s", "frames"])
    for workload in WORKLOADS:
        scene = workload.name
        for who in LOADED:
            targets = (workload.p50_max_ms, workload.p99_max_ms) if who in OURS else (None, None)
            table.add(
                scene,
                who,
                against(figures.spread(scene, who, "p50_ms"), targets[0]),
                against(figures.spread(scene, who, "p99_ms"), targets[1]),
                amount(figures.spread(scene, who, "per_s"), 0),
                amount(figures.spread(scene, who, "frames_per_delivery"), 2),
            )
    return table


def _parts(figures: Figures) -> Table:
    whats = {
        "cpu_us": ("whole server µs", 1),
        "typed_us": ("µs a letter typed", 0),
        "engine_us": ("of it engine µs", 2),
        "database_us": ("database beside it µs", 1),
        "server_percent": ("server's core %", 0),
        "generator_percent": ("generator's core %", 0),
    }
    table = Table(["load", "server", *(heading for heading, _ in whats.values())])
    for workload in WORKLOADS:
        for who in LOADED:
            table.add(
                workload.name,
                who,
                *(
                    amount(figures.spread(workload.name, who, what), digits)
                    for what, (_, digits) in whats.items()
                ),
            )
    return table
