"""What this process counts while it works, for whoever watches over it.

The figures are the process's own and go up only; what can be looked up when somebody asks is not
counted here (:mod:`twinspace_rt.operations.figures`). Labels are codes that stand in this program,
never a name, an identifier or anything a person wrote, so there is a bounded number of them.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, disable_created_metrics
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from twinspace_rt.errors import CloseCode

disable_created_metrics()  # type: ignore[no-untyped-call]
COUNTED = CollectorRegistry()


class Histogram(Collector):
    """How often values were at most so large, for the event loop alone.

    The library's own is for threads as well: three locks and fifteen calls for each value, where a
    whole commit is a few hundred.

    Args:
        name: The metric's, with its unit.
        documentation: What is measured, as Prometheus shows it.
        buckets: The bounds, the least first.
    """

    def __init__(self, name: str, documentation: str, buckets: Sequence[float]) -> None:
        self._name, self._documentation = name, documentation
        self._bounds = buckets
        self._counts = [0] * (len(buckets) + 1)
        self._sum = 0.0
        COUNTED.register(self)

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Tell how many values there were up to each bound, for the registry."""
        bounds = [*map(floatToGoString, self._bounds), "+Inf"]
        counts = accumulate(self._counts)
        yield HistogramMetricFamily(
            self._name,
            self._documentation,
            buckets=list(zip(bounds, counts, strict=True)),
            sum_value=self._sum,
        )


commit_seconds = Histogram(
    "twinspace_commit_seconds",
    "Time that one group commit took in the database, until it was on the disk.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
commit_jobs = Histogram(
    "twinspace_commit_jobs",
    "How many appends and actions one group commit stored.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)
commit_failures = Counter(
    "twinspace_commit_failures",
    "Group commits that stored nothing, by code; what was in them is tried again.",
    ["code"],
    registry=COUNTED,
)
refusals = Counter(
    "twinspace_refusals",
    "What was refused, by what it was (command, request, edit, upgrade) and by code.",
    ["what", "code"],
    registry=COUNTED,
)
closes = Counter(
    "twinspace_connections_closed",
    "Connections that the server closed, by close code and reason.",
    ["code", "reason"],
    registry=COUNTED,
)
# An alert waits for many of these at once, and what begins with many does not rise.
closes.labels(int(CloseCode.SLOW), "slow")
bus_connects = Counter(
    "twinspace_bus_connects",
    "How often a line of the bus was made: each one after the first two is a reconnect.",
    ["line"],
    registry=COUNTED,
)
bus_dropped = Counter(
    "twinspace_bus_dropped",
    "Messages for other nodes that were dropped: the bus was away, or too much was on its way.",
    registry=COUNTED,
)
loop_lag_seconds = Histogram(
    "twinspace_loop_lag_seconds",
    "How much later than it was due the event loop ran a timer.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
