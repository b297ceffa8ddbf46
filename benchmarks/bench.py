"""One run of the benchmarks: what all scenes share."""

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import Figures
from benchmarks.machine import Cores


@dataclass
class Bench:
    """A run under way.

    Attributes:
        folder: For data and logs; gone after the run.
        quick: Whether it only shows that everything works: small loads, one round, no figures
            to go by.
    """

    folder: Path
    cores: Cores
    quick: bool
    figures: Figures = field(default_factory=Figures)
    started: float = field(default_factory=time.monotonic)

    def rounds(self, full: int = 3) -> int:
        """Tell how often each contender has its turn."""
        return 1 if self.quick else full

    def size(self, full: int, quick: int) -> int:
        """Choose between the size of a full run and of a quick one."""
        return quick if self.quick else full

    def say(self, sentence: str) -> None:
        """Show who waits what is being done, and since when."""
        minutes, seconds = divmod(round(time.monotonic() - self.started), 60)
        print(f"{minutes:3}:{seconds:02}  {sentence}", flush=True)

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """Note a measurement that fails, and go on with the next."""
        try:
            yield
        except Exception as error:
            traceback.print_exception(error)
            words = str(error).strip().splitlines() or [""]
            sentence = f"{what} failed: {type(error).__name__}: {words[-1]}".rstrip(": ")
            self.figures.failures.append(sentence.replace(str(self.folder), "…"))
            self.say(sentence)
