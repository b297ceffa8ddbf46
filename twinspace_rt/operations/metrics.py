"""The node's figures as Prometheus reads them (text exposition format)."""

from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from twinspace_rt import __version__, meters
from twinspace_rt.operations.figures import Figures
from twinspace_rt.operations.models import STATES

SIMPLE: tuple[tuple[str, str, Callable[[Figures], float]], ...] = (
    ("rooms", "Rooms that are open.", lambda f: f.rooms),
    ("documents", "Documents that are open.", lambda f: f.documents),
    (
        "oldest_unacknowledged_seconds",
        "Age of the oldest edit that has come in and is not committed; 0 when none waits.",
        lambda f: f.oldest_unacknowledged_s,
    ),
    ("backlog_bytes", "Edits that wait for their commit.", lambda f: f.backlog_bytes),
    (
        "outbox_bytes",
        "What clients have not taken yet, together.",
        lambda f: f.outbox_bytes,
    ),
    ("outbox_max_bytes", "The same, of the slowest client.", lambda f: f.outbox_max_bytes),
    ("bus_connected", "1 while messages go between the nodes.", lambda f: f.bus_connected),
)


class NodeCollector(Collector):
    """Reads a node's figures whenever somebody asks.

    Args:
        figures: Reads them.
        state: Tells the node's state.
        stored: Tells what the database last told: the code of why it stores nothing, if so, and how
            many documents are suspect or quarantined, in the whole installation.
    """

    def __init__(
        self,
        figures: Callable[[], Figures],
        state: Callable[[], str],
        stored: Callable[[], tuple[str, dict[str, int]]],
    ) -> None:
        self._figures = figures
        self._state = state
        self._stored = stored

    def describe(self) -> Iterable[Metric]:
        """Name no metric beforehand: nothing is read before somebody asks."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Read the figures."""
        figures = self._figures()
        for name, what, read in SIMPLE:
            yield GaugeMetricFamily(f"twinspace_{name}", what, value=read(figures))
        connections = _labelled("connections", "Open WebSockets, by kind.", "kind")
        for kind, count in figures.connections.items():
            connections.add_metric([kind], count)
        yield connections
        yield CounterMetricFamily(
            "twinspace_engine_restarts",
            "How often the document engine's process was replaced.",
            value=figures.engine_restarts,
        )
        trouble, documents = self._stored()
        database = _labelled(
            "database_up",
            "1 while the database stores this node's beats; 0 with the code of why it does not.",
            "code",
        )
        database.add_metric([trouble], not trouble)
        yield database
        troubled = _labelled(
            "troubled_documents",
            "Documents that the engine has failed on, in the whole installation.",
            "state",
        )
        for state, count in documents.items():
            troubled.add_metric([state], count)
        yield troubled
        current = self._state()
        states = _labelled("node_state", "1 for the state this node is in.", "state")
        for state in STATES:
            states.add_metric([state], state == current)
        yield states
        build = _labelled("build_info", "The version that runs.", "version")
        build.add_metric([__version__], 1)
        yield build


def _labelled(name: str, what: str, *labels: str) -> Any:
    return GaugeMetricFamily(f"twinspace_{name}", what, labels=labels)


def registry_of(collector: NodeCollector) -> CollectorRegistry:
    """Put together all that one node tells: its figures, its counters and its process."""
    registry = CollectorRegistry()
    registry.register(collector)
    registry.register(meters.COUNTED)
    ProcessCollector(registry=registry)
    return registry
