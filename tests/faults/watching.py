"""What a server tells of itself: its event loop's lag, what blocked it, its memory."""

import asyncio
import re
import urllib.request

import psutil
from prometheus_client.parser import text_string_to_metric_families

from tests.live import Live, free_port

_BLOCKED = re.compile(r"loop blocked ms=(\d+) running_ms=(\d+) queued_ms=(\d+) place=(\S+)")


def metrics_setting() -> dict[str, str]:
    """Choose where a server that is to be started tells its figures."""
    return {"TWINSPACE_METRICS_PORT": str(free_port())}


class LoopLag:
    """The event loop's lag of one server, from when this is made."""

    def __init__(self, live: Live, setting: dict[str, str]) -> None:
        self._live = live
        self._url = f"http://127.0.0.1:{setting['TWINSPACE_METRICS_PORT']}/metrics"
        self._before = self._read()
        self._logged = len(live.logged)

    def _read(self) -> dict[float, float]:
        with urllib.request.urlopen(self._url, timeout=20) as answer:
            text = answer.read().decode()
        return {
            float(sample.labels["le"]): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "twinspace_loop_lag_seconds_bucket"
        }

    async def p99_and_most(self) -> tuple[float, float]:
        """Tell below which bucket's bound 99 of 100 lags lay, and all of them; seconds."""
        now = await asyncio.to_thread(self._read)
        counts = {le: count - self._before[le] for le, count in now.items()}
        total = counts[float("inf")]
        assert total > 0
        p99, most = (
            min(le for le, count in counts.items() if count >= share * total) for share in (0.99, 1)
        )
        return p99, most

    def blocked_ms(self) -> dict[str, int]:
        """Tell what held the loop up for more than a tenth of a second; the longest by place.

        Whether it computed or waited, for a disk, say. Only the time in which the loop's thread was
        ready and others had the processor is left out: nothing in the program is to blame for it.
        """
        worst: dict[str, int] = {}
        for late, ran, queued, place in _BLOCKED.findall(self._live.logged[self._logged :]):
            held = max(int(late) - int(queued), int(ran))
            worst[place] = max(worst.get(place, 0), held)
        return worst


def resident_bytes(live: Live) -> int:
    """Tell how much memory a server has."""
    return int(psutil.Process(live.pid).memory_info().rss)
