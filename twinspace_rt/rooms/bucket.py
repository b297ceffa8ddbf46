"""A token bucket: how much somebody may do at once, and how fast it comes back."""

import math
import time
from collections.abc import Callable

HELD_MIN = 1000


class Bucket:
    """Allows ``burst`` at once and ``rate`` a second after that.

    Args:
        rate: Tokens that come back each second.
        burst: Tokens it holds at the most, and at first.
        clock: Seconds, monotonic.
    """

    __slots__ = ("_clock", "_level", "_then", "burst", "rate")

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._level = burst
        self._then = clock()

    @property
    def full(self) -> bool:
        """Whether all has come back, so that a new one would do as well."""
        self._refill()
        return self._level >= self.burst

    def take(self, tokens: float) -> int:
        """Take tokens, or none of them.

        Returns:
            0 if they were there, else the whole seconds until they would be.
        """
        self._refill()
        if self._level >= tokens:
            self._level -= tokens
            return 0
        return max(1, math.ceil((tokens - self._level) / self.rate))

    def owe(self, tokens: float) -> float:
        """Take tokens even if they are not there.

        Returns:
            The seconds until what was owed has come back; 0 if nothing is.
        """
        self._refill()
        self._level -= tokens
        return max(0.0, -self._level / self.rate)

    def _refill(self) -> None:
        now = self._clock()
        self._level = min(self.burst, self._level + (now - self._then) * self.rate)
        self._then = now


class Buckets:
    """A bucket for each of many, of which the full ones are forgotten now and then.

    Args:
        rate: As for each `Bucket`.
        burst: As for each `Bucket`.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._held: dict[str, Bucket] = {}
        self._enough = HELD_MIN

    def __getitem__(self, key: str) -> Bucket:
        bucket = self._held.get(key)
        if bucket is None:
            if len(self._held) >= self._enough:
                self._held = {k: b for k, b in self._held.items() if not b.full}
                self._enough = max(HELD_MIN, 2 * len(self._held))
            bucket = self._held[key] = Bucket(self._rate, self._burst)
        return bucket

    def __len__(self) -> int:
        return len(self._held)
