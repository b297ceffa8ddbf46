"""The machine: its cores, what processes use of it as the kernel counts, and its description."""

import os
import platform
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

KIB = 1024


@dataclass(frozen=True)
class Cores:
    """Who runs where: the servers on one core, the load on another, databases on a third.

    With two cores the databases share the generator's, so that what they cost shows in the
    latencies and in their own figure but not in the server's.
    """

    server: int
    generator: int
    database: int

    @classmethod
    def of_this_machine(cls) -> "Cores":
        """Share out the cores this process may use."""
        allowed = sorted(os.sched_getaffinity(0))
        second = allowed[1] if len(allowed) > 1 else allowed[0]
        return cls(allowed[0], second, allowed[2] if len(allowed) > 2 else second)


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Pin what is started within the block, and this thread meanwhile, to one core.

    A child inherits the cores of the thread that starts it, and its children do from it.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tree(pid: int) -> list[psutil.Process]:
    """Return a process and all that it started."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_s(processes: Iterable[psutil.Process]) -> float:
    """Sum the processor time of processes, in seconds; one that has ended counts nothing."""
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def memory_kib(processes: Iterable[psutil.Process]) -> float:
    """Sum the memory of processes, in KiB, a shared page shared out among its users."""
    return sum(process.memory_full_info().pss for process in processes) / KIB


def processor() -> str:
    """Name the processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.machine()


def file_system(folder: Path) -> str:
    """Name the kind of file system a folder is on: what a commit has to wait for."""
    kinds = {part.mountpoint: part.fstype for part in psutil.disk_partitions(all=True)}
    place = folder.resolve()
    while str(place) not in kinds and place != place.parent:
        place = place.parent
    return kinds.get(str(place), "unknown")


def program_version(program: Path, *options: str) -> str:
    """Return the first line of what a program says about its version."""
    said = subprocess.run([program, *options], capture_output=True, text=True, timeout=60)
    return said.stdout.strip().splitlines()[0]


def describe(folder: Path) -> list[tuple[str, str]]:
    """Describe the machine without naming it: processor, cores, memory, kernel, disk."""
    memory = psutil.virtual_memory().total / 1024**3
    return [
        ("processor", processor()),
        ("cores", f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}"),
        ("memory", f"{memory:.0f} GiB"),
        ("kernel", f"{platform.system()} {platform.release()}"),
        ("databases on", file_system(folder)),
        ("load before the start", f"{os.getloadavg()[0]:.2f}"),
    ]
