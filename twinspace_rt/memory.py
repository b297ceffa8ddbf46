"""How the process keeps its memory."""

import ctypes
import gc
import time
from collections.abc import Callable
from typing import Final

M_ARENA_MAX: Final = -8  # glibc's malloc.h
NEVER: Final = 2**31 - 1
FEW: Final = 100
"""Connections beside which all there is takes no more than a few hundredths of a second."""
GONE_MIN: Final = 500
PAUSE_S: Final = 10.0
LONG_S: Final = 3600.0
"""Requests and failures leave circles, too, though few that grow old."""


def take_from_one_heap() -> None:
    """Have all threads take memory from one heap; to be called before there are any.

    glibc gives each thread a heap of its own, and what one has let go of is no other's. The
    interpreter lets one thread run at a time, so they hardly meet. Where 600 rooms were opened
    again and again, a twentieth of the memory was saved. Other C libraries have no such setting.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_ARENA_MAX, 1)


class Collector:
    """Has the garbage collector go through the old objects when it is worth it.

    By itself it does whenever a quarter of them are new. While 3,000 people come, that is three
    times, at a microsecond for each object: the last one stops everybody for a third of a second,
    and finds nothing, for nobody has gone. What is left behind in circles are a hundred objects of
    each connection that ended.

    Args:
        clock: Tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._ended = 0
        self._clock = clock
        self._collected_at = clock()

    def settle(self) -> None:
        """Leave alone what lives as long as the server does; to be called when it has started.

        Else it goes through the new objects at every 700th, and now and then through all that the
        libraries have made, which took as long as judging the edits did.
        """
        gc.collect()
        gc.freeze()
        gc.set_threshold(5_000, 5, NEVER)

    def tend(self, present: int, ended: int) -> None:
        """Collect if few people would notice, or if as many have gone as are here.

        Args:
            present: How many connections there are.
            ended: How many there have been before.
        """
        gone = ended - self._ended
        now = self._clock()
        since_s = now - self._collected_at
        is_quiet = present <= FEW and since_s > PAUSE_S
        if (gone and is_quiet) or gone > max(present, GONE_MIN) or since_s > LONG_S:
            gc.collect()
            self._ended, self._collected_at = ended, now
