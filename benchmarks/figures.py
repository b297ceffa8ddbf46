"""What was measured: every sample by scene, contender and quantity, and their medians."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Spread(NamedTuple):
    """The median of several samples, the least and the greatest."""

    median: float
    low: float
    high: float


@dataclass
class Figures:
    """All samples of one run, in the order in which they were taken."""

    samples: dict[tuple[str, str, str], list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    """Sentences about what could not be measured."""

    def add(self, scene: str, who: str, **values: float) -> None:
        """Keep one sample of each quantity."""
        for what, value in values.items():
            self.samples.setdefault((scene, who, what), []).append(value)

    def has(self, scene: str, who: str, what: str) -> bool:
        """Tell whether there is any sample of a quantity."""
        return (scene, who, what) in self.samples

    def spread(self, scene: str, who: str, what: str) -> Spread | None:
        """Return the median of a quantity with its limits; ``None`` if it was not measured."""
        samples = self.samples.get((scene, who, what))
        return Spread(statistics.median(samples), min(samples), max(samples)) if samples else None

    def ratio(self, scene: str, who: str, peers: Sequence[str], what: str) -> float | None:
        """Divide a median by the least median among peers.

        Returns:
            ``None`` if either was not measured, or the peers' is nothing.
        """
        ours = self.spread(scene, who, what)
        theirs = [spread for peer in peers if (spread := self.spread(scene, peer, what))]
        best = min((spread.median for spread in theirs), default=0.0)
        return ours.median / best if ours and best else None


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the value below which a share of the samples lies; 0 without samples."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
