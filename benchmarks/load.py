"""The workloads that are the same for every server, and one run of the load generator."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.contenders import Contender, Ours
from benchmarks.machine import Cores, cpu_s, on_core
from tests.live import REPOSITORY

LOADGEN = REPOSITORY.parent / "shared" / "bench" / "loadgen.py"
RUN_TIMEOUT_S = 120


@dataclass(frozen=True)
class Workload:
    """People at documents, each writer at a steady rate or with a window of unseen updates.

    Attributes:
        clients: People at each document, writers included.
        updates: How many each writer sends.
        rate: Updates a second of each writer; 0 with a window.
        window: Updates a writer sends ahead of what the next client has seen; 0 with a rate.
        rounds: How often each contender has its turn in a full run.
        target: What the server's processor time may be, as a share of the better peer's.
        p50_max_ms: The target for the latency's median, commit included.
        p99_max_ms: And for all but the slowest hundredth.
    """

    name: str
    what: str
    documents: int
    clients: int
    writers: int
    updates: int
    rate: float = 0
    window: int = 0
    rounds: int = 3
    target: float | None = None
    p50_max_ms: float = 15
    p99_max_ms: float | None = 40

    def options(self) -> list[str]:
        """Say it to the load generator."""
        pace = ["--window", str(self.window)] if self.window else ["--rate", str(self.rate)]
        return [
            *("--docs", str(self.documents), "--clients", str(self.clients)),
            *("--writers", str(self.writers), "--updates", str(self.updates), *pace),
        ]


CLASS = Workload(
    "class", "30 people in one document, each 5 keys a second", 1, 30, 30, 60, rate=5, target=0.6
)
GROUPS = Workload(
    "forty groups", "40 documents of 5 people, each 4 keys a second", 40, 5, 5, 50, 4, target=0.6
)
AUDIENCE = Workload(
    "audience", "one writes 20 keys a second, 500 read", 1, 500, 1, 200, rate=20, target=0.9
)
SATURATION = Workload(
    "saturation",
    "one writes as fast as it goes, 30 read",
    *(1, 31, 1, 3000),
    window=16,
    rounds=5,
    target=0.4,
)
REST = Workload(
    "at rest",
    "one writes 5 keys a second, one reads",
    *(1, 2, 1, 30),
    rate=5,
    p50_max_ms=5,
    p99_max_ms=None,
)
WORKLOADS = (CLASS, GROUPS, AUDIENCE, SATURATION, REST)


class LoadFailed(RuntimeError):
    """The load generator did not end well; the message is what it said."""


def run_load(contender: Contender, workload: Workload, cores: Cores, name: str) -> dict[str, float]:
    """Drive one server with one workload from the generator's core; returns its figures.

    The processor time is the server's whole tree, from the first update to the last delivery;
    ``engine_us`` and ``database_us`` are those of the engine within it and of the databases
    beside it, per delivery too, and include the joining.

    Args:
        contender: Whom to drive.
        workload: With what.
        cores: Who runs where.
        name: Of the documents, never used before on this server.

    Raises:
        LoadFailed: Not everything was delivered, or the generator failed.
    """
    with TemporaryDirectory() as folder:
        options = [*contender.load_options(), *workload.options(), "--doc", name]
        if isinstance(contender, Ours):
            room = Path(folder) / "room.json"
            target = contender.make_target(
                name, documents=workload.documents, members=workload.clients
            )
            target.write(room)
            options += ["--room", str(room)]
            before = cpu_s(contender.engines), cpu_s(contender.databases)
        pid = contender.processes[0].pid
        with on_core(cores.generator):
            done = subprocess.run(
                [sys.executable, LOADGEN, *options, "--pid", str(pid)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=RUN_TIMEOUT_S,
            )
    if done.returncode:
        raise LoadFailed((done.stdout + done.stderr).strip()[-500:])
    told: dict[str, Any] = json.loads(done.stdout)
    figures = {
        "cpu_us": told["cpu_us_per_delivered"],
        "typed_us": told["cpu_us_per_sent"],
        "p50_ms": told["p50"],
        "p99_ms": told["p99"],
        "per_s": told["per_s"],
        "server_percent": told["server_cpu_pct"],
        "generator_percent": told["client_cpu_pct"],
        "frames_per_delivery": told["frames"] / told["delivered"],
    }
    if isinstance(contender, Ours):
        engine_s = cpu_s(contender.engines) - before[0]
        database_s = cpu_s(contender.databases) - before[1]
        figures["engine_us"] = engine_s * 1e6 / told["delivered"]
        figures["database_us"] = database_s * 1e6 / told["delivered"]
    return figures
