"""Nodes on a bus, in one process or over Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio

from twinspace_rt.bus.base import Bus
from twinspace_rt.bus.memory import MemoryBus, MemoryExchange
from twinspace_rt.bus.redis import RedisBus


@asynccontextmanager
async def running(bus: Bus) -> AsyncIterator[Bus]:
    """Run a bus, which is connected when the block begins."""
    carrying = asyncio.create_task(bus.run())
    try:
        await eventually(lambda: bus.connected or carrying.done())
        yield bus
    finally:
        bus.close()
        await carrying


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: It does not within half a minute.
    """
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - what it looks at has no event
            await asyncio.sleep(0.005)


@dataclass
class Nodes:
    """Two nodes that meet on a bus."""

    here: Bus
    there: Bus


@pytest_asyncio.fixture(params=["memory", "redis"])
async def nodes(request: pytest.FixtureRequest) -> AsyncIterator[Nodes]:
    """Two nodes on one bus."""
    if request.param == "memory":
        exchange = MemoryExchange()
        buses: list[Bus] = [MemoryBus(exchange), MemoryBus(exchange)]
    else:
        url = request.getfixturevalue("redis_url")
        buses = [RedisBus(url), RedisBus(url)]
    async with running(buses[0]) as here, running(buses[1]) as there:
        yield Nodes(here, there)
