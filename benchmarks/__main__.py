"""Run the benchmarks: ``python -m benchmarks [--quick] [SCENE…]``."""

import argparse
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from benchmarks import versions
from benchmarks.bench import Bench
from benchmarks.figures import Figures
from benchmarks.load import LOADGEN
from benchmarks.machine import Cores, describe
from benchmarks.plots import draw
from benchmarks.report import Section, page
from benchmarks.scenes import browser, chat, crowds, loads, memory, opening, reopening

HERE = Path(__file__).parent
PLOTS = "plots"
RUN_MAX_S = 40 * 60
"""Whatever hangs ends then; each wait has a shorter limit of its own."""


@dataclass(frozen=True)
class Scene:
    """One thing that is measured, and its part of the results."""

    run: Callable[[Bench], None]
    tell: Callable[[Figures], list[Section]]


SCENES = {
    "loads": Scene(loads.run, loads.tell),
    "saved": Scene(crowds.run_saved, crowds.tell_saved),
    "nodes": Scene(crowds.run_nodes, crowds.tell_nodes),
    "opening": Scene(opening.run, opening.tell),
    "chat": Scene(chat.run, chat.tell),
    "memory": Scene(memory.run, memory.tell),
    "reopening": Scene(reopening.run, reopening.tell),
    "browser": Scene(browser.run, browser.tell),
}

INTRODUCTION = (
    "Written by `make bench`; [README.md](README.md) tells how to read it. Every figure is a"
    " median, with the least and the greatest of its rounds in brackets. Compare figures of one"
    " run with each other, never with another machine's: what counts are the ratios."
)
QUICK = (
    "**This was a quick run: it shows that everything works. Its loads are small and had one"
    " round, so its figures say nothing.**"
)


def main(arguments: Sequence[str]) -> int:
    """Run the scenes and write the results; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small loads, one round, a minute")
    parser.add_argument("--output", type=Path, default=HERE / "results.md", metavar="FILE")
    parser.add_argument("scenes", nargs="*", choices=[[], *SCENES], metavar="SCENE")
    chosen = parser.parse_args(arguments)
    if not LOADGEN.is_file():
        parser.error(
            "the load generator is missing: shared/bench/loadgen.py beside this repository"
        )
    for reason in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(reason, _end)
    signal.alarm(RUN_MAX_S)
    _allow_many_sockets()
    facts = [*describe(Path(tempfile.gettempdir())), *versions.describe()]
    cores = Cores.of_this_machine()
    # What is started from here on runs there, too, unless it is a server.
    os.sched_setaffinity(0, {cores.generator})
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder), cores, quick=chosen.quick)
        sections: list[Section] = []
        for name in chosen.scenes or SCENES:
            with bench.attempt(f"the scene {name}"):
                SCENES[name].run(bench)
            sections += SCENES[name].tell(bench.figures)
            with bench.attempt(f"writing the results of {name}"):
                _write(chosen.output, sections, facts, bench)
        bench.say(f"written: {chosen.output.name}, {len(bench.figures.failures)} failures")
        return 1 if bench.figures.failures else 0


def _write(
    path: Path, sections: Sequence[Section], facts: Sequence[tuple[str, str]], bench: Bench
) -> None:
    """Write all there is so far: a run that is stopped leaves what it has."""
    plots = path.parent / PLOTS
    plots.mkdir(parents=True, exist_ok=True)
    introduction = QUICK if bench.quick else INTRODUCTION
    path.write_text(page(sections, facts, bench.figures.failures, introduction, plots=PLOTS))
    for section in sections:
        for chart in section.charts:
            draw(chart, plots)


def _end(*_: object) -> NoReturn:
    """Leave through all that has to be ended: the servers are our children."""
    raise SystemExit("stopped")


def _allow_many_sockets() -> None:
    """Raise the limit of open files as far as it goes, for servers that are started, too."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
