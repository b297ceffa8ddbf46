"""How often the database is looked at for what others wrote there (ARCHITECTURE.md)."""

from functools import partial
from pathlib import Path

import pytest

from tests.bus.conftest import eventually
from tests.live import serve_here
from twinspace_rt.bus.base import BEACON_S, BEACON_SOLE_S, Bus, beacon_s
from twinspace_rt.docs import tending
from twinspace_rt.rooms import hub


async def test_a_server_whose_database_is_its_own_looks_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look wakes it, and finds nothing."""
    pauses: dict[tuple[str, Bus], float] = {}

    def pause(module: str, bus: Bus, *, shared: bool) -> float:
        pauses[module, bus] = beacon_s(bus, shared=shared)
        return pauses[module, bus]

    for module in (hub, tending):
        monkeypatch.setattr(module, "beacon_s", partial(pause, module.__name__))
    async with serve_here(tmp_path) as live:
        assert live.node is not None
        both = [(module.__name__, live.node.bus) for module in (hub, tending)]
        await eventually(lambda: pauses.keys() >= set(both))
        assert [pauses[one] for one in both] == [BEACON_SOLE_S] * 2
    assert BEACON_SOLE_S > BEACON_S
