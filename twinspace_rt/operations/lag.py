"""How promptly the event loop comes round, and where it was when it did not.

Everybody on a node waits while one callback runs, so a long one is a fault even if its result is
right. A timer that fires late shows it; a thread that looks on meanwhile can tell which line of
the program was running: a place in the source, never a value.
"""

import asyncio
import logging
import os
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from twinspace_rt import meters

log = logging.getLogger(__name__)
TICK_S = 0.1
BLOCKED_S = 0.1
LOOK_EVERY_S = 0.1
"""An idle server ought to sleep: each time it wakes it finds the processor's caches cold."""
PACKAGE = Path(__file__).resolve().parents[1]
RUNNING_THE_LOOP = frozenset({"__main__.py", "cli.py", "server.py", "workers.py"})


class RunQueue:
    """How long this thread was ready and waited for a processor; zero where no system tells it."""

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        except OSError:  # none but Linux has it
            self._file = -1

    @property
    def tells(self) -> bool:
        """Whether the system tells it."""
        return self._file >= 0

    def waited_s(self) -> float:
        """Return the seconds so far; may be asked from any thread."""
        if self.tells:
            try:
                return int(os.pread(self._file, 64, 0).split()[1]) / 1e9
            except (OSError, IndexError, ValueError):  # it tells a log more, and nothing needs it
                self.close()
        return 0.0

    def close(self) -> None:
        """Look no more; a second call does nothing."""
        if self.tells:
            file, self._file = self._file, -1
            os.close(file)


class LagWatch:
    """Measures the event loop's lag, ten times a second, and logs what blocks it.

    One that holds it up for more than a quarter of a second is always noticed and logged, one of
    less than ``BLOCKED_S`` never. Lag is also what a crowded machine does to a process that
    does nothing wrong. That is measured and not logged: the thread did not run, and was nowhere.
    Where the two meet the log tells them apart: ``running_ms`` is what it computed, ``queued_ms``
    how long others had the processor, and what is left it waited, for a disk, say.
    """

    def __init__(self) -> None:
        self._worst_s = 0.0
        self._due = 0.0
        self._ran_s = 0.0
        self._queue: RunQueue | None = None
        self._queued_s = 0.0
        self._where = ""
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False
        self._thread_id = 0

    def start(self) -> None:
        """Begin, in the running loop's thread."""
        loop = asyncio.get_running_loop()
        self._thread_id = threading.get_ident()
        self._ran_s = time.thread_time()
        self._queue = RunQueue()
        self._queued_s = self._queue.waited_s()
        self._set(loop)
        threading.Thread(target=self._look_on, name="lag-watch", daemon=True).start()

    def stop(self) -> None:
        """Measure no more."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        if self._queue is not None:
            self._queue.close()

    def take_worst(self) -> float:
        """Return the worst lag since this was last asked, in seconds."""
        worst, self._worst_s = self._worst_s, 0.0
        return worst

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self._queue is not None
        ran_s, queued_s = time.thread_time(), self._queue.waited_s()
        lag = max(0.0, time.monotonic() - self._due)
        meters.loop_lag_seconds.observe(lag)
        self._worst_s = max(self._worst_s, lag)
        ran = ran_s - self._ran_s
        if lag > BLOCKED_S and (self._where or ran > BLOCKED_S / 2):
            log.warning(
                "loop blocked ms=%d running_ms=%d queued_ms=%d place=%s",
                lag * 1000,
                ran * 1000,
                max(0.0, queued_s - self._queued_s) * 1000,
                self._where or "unknown",
            )
        self._ran_s, self._queued_s, self._where = ran_s, queued_s, ""
        self._set(loop)

    def _set(self, loop: asyncio.AbstractEventLoop) -> None:
        # uvloop's own time stands still while a callback runs.
        self._due = time.monotonic() + TICK_S
        self._timer = loop.call_later(TICK_S, self._tick, loop)

    def _look_on(self) -> None:
        while not self._ended:
            time.sleep(LOOK_EVERY_S)
            if time.monotonic() - self._due > BLOCKED_S / 2 and not self._where:
                self._where = place_of(sys._current_frames().get(self._thread_id))


def place_of(frame: FrameType | None) -> str:
    """Name the innermost line of this program that a thread is at, such as ``docs/draft.py:80``.

    Empty if it is at none, or merely runs the event loop.
    """
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE):
            inside = path.relative_to(PACKAGE)
            return "" if str(inside) in RUNNING_THE_LOOP else f"{inside}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
