"""The same loads on every server, one after the other: what a delivered letter costs, and takes."""

from contextlib import ExitStack
from dataclasses import replace

from benchmarks.bench import Bench
from benchmarks.contenders import (
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
from benchmarks.load import AUDIENCE, GROUPS, REST, SATURATION, WORKLOADS, Workload, run_load
from benchmarks.report import Chart, Section, Table, amount, verdict

ORDER = (SQLITE, HOCUSPOCUS, POSTGRESQL, Y_WEBSOCKET)
"""Ours and a peer by turns, so that a slow minute of the machine meets both."""

WARM_UP = replace(SATURATION, updates=1000)
"""Before anything is measured: V8 compiles what runs often, and would pay for it later."""

P50_MAX_MS, P99_MAX_MS, REST_P50_MAX_MS = 15.0, 40.0, 5.0


def run(bench: Bench) -> None:
    """Start all servers, and let each have its turn at each load in each round."""
    with ExitStack() as stack:
        contenders: dict[str, Contender] = {}
        for number, name in enumerate(ORDER):
            bench.say(f"starting and warming up {name}")
            server = contender(name, bench.folder / f"loads-{number}", bench.cores)
            contenders[name] = stack.enter_context(server)
            run_load(contenders[name], WARM_UP, bench.cores, "warm")
        for workload in WORKLOADS:
            for number in range(1, bench.rounds(workload.rounds) + 1):
                for name in ORDER:
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
    """Write what the processor time of a delivery is, beside the peers', and the latencies."""
    cpu = Table(
        [
            "load",
            *ORDER,
            *(f"{name.removeprefix('TwinSpace RT, ')} / better peer" for name in OURS),
            "target",
        ]
    )
    latency = Table(["load", "server", "p50 ms", "p99 ms", "targets", "deliveries/s", "frames"])
    parts = Table(
        [
            "load",
            "server",
            "whole server µs",
            "of it engine µs",
            "database beside it µs",
            "server's core",
            "generator's core",
        ]
    )
    for workload in WORKLOADS:
        name = workload.name
        ratios = [figures.ratio(name, who, PEERS, "cpu_us") for who in OURS]
        costs = [amount(figures.spread(name, who, "cpu_us"), 1) for who in ORDER]
        cpu.add(
            f"**{name}**: {workload.what}",
            *costs,
            *(verdict(ratio, workload.target) for ratio in ratios),
            f"≤ {workload.target}" if workload.target else "",
        )
        for who in ORDER:

            def of(what: str, digits: int, name: str = name, who: str = who) -> str:
                return amount(figures.spread(name, who, what), digits)

            latency.add(
                name,
                who,
                of("p50_ms", 1),
                of("p99_ms", 1),
                _targets(workload) if who in OURS else "",
                of("per_s", 0),
                of("frames_per_delivery", 2),
            )
            parts.add(
                name,
                who,
                of("cpu_us", 1),
                of("engine_us", 2),
                of("database_us", 1),
                of("server_percent", 0) + " %",
                of("generator_percent", 0) + " %",
            )
    charts = [
        Chart.of(
            figures,
            file="cpu",
            title="Server processor time per delivered letter, µs",
            rows={w.name: w.name for w in WORKLOADS if w is not REST},
            whos=ORDER,
            what="cpu_us",
        ),
        Chart.of(
            figures,
            file="latency",
            title="From key to the other screens, p99, ms (ours with the commit)",
            rows={w.name: w.name for w in WORKLOADS},
            whos=ORDER,
            what="p99_ms",
        ),
    ]
    return [
        Section(
            "Processor time of a delivery",
            "Microseconds of the server's core per delivered letter, all its processes together,"
            " from the first letter to the last delivery. Ours have it on the disk before anyone"
            " receives it; the peers keep it in memory alone.",
            cpu,
            charts[:1],
        ),
        Section(
            "Latency",
            "From sending a letter to its arrival at each other person. `frames` are WebSocket"
            " frames per delivered letter: below 1, letters travel together.",
            latency,
            charts[1:],
        ),
        Section(
            "Where that time goes",
            "Microseconds per delivery. The engine's and the databases' columns include the"
            " joining of the people before; the databases run on the generator's core where"
            " there are only two.",
            parts,
            [],
        ),
    ]


def _targets(workload: Workload) -> str:
    if workload is REST:
        return f"p50 ≤ {REST_P50_MAX_MS:.0f}"
    if workload in (AUDIENCE, GROUPS) or workload.target == 0.6:
        return f"p50 ≤ {P50_MAX_MS:.0f}, p99 ≤ {P99_MAX_MS:.0f}"
    return ""
