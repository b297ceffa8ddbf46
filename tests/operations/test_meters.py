"""What the event loop counts by itself reads like what Prometheus' library counts."""

import prometheus_client
from prometheus_client import CollectorRegistry, generate_latest

from twinspace_rt.meters import COUNTED, Histogram

NAME, TOLD = "twinspace_tried_seconds", "A value on each bound, between them and beyond."
BUCKETS = (0.001, 0.25, 1, 2.5, 10)
VALUES = (0.0, 0.001, 0.0011, 0.25, 0.7, 1, 1, 2.4, 10, 10.5, 1e9)


def test_a_histogram_is_told_as_the_librarys_own() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    mine = Histogram(NAME, TOLD, BUCKETS)
    COUNTED.unregister(mine)
    ours.register(mine)
    library = prometheus_client.Histogram(NAME, TOLD, buckets=BUCKETS, registry=theirs)
    assert generate_latest(ours) == generate_latest(theirs)
    for value in VALUES:
        mine.observe(value)
        library.observe(value)
        assert generate_latest(ours) == generate_latest(theirs)
