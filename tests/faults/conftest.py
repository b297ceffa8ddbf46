"""What the tests of faults share: how crowded the machine is, and servers that may be killed."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults.nodes import Nodes, running
from tests.live import Live, SeededRoom, free_port, seed_before_start, start_process, stop_process

CROWDING_MAX = 4.0
REFUSED_MAX_S = 0.1
EXIT_MAX_S = 20.0
"""So long after it is told to end a server is gone, whatever it waits for."""


@dataclass
class Mortal:
    """A server in a process of its own, and a room in it."""

    live: Live
    seeded: SeededRoom

    @property
    def pid(self) -> int:
        return self.live.pid

    @property
    def log(self) -> str:
        return self.live.logged


@asynccontextmanager
async def mortal_server(folder: Path, **room: object) -> AsyncIterator[Mortal]:
    """Run a server in a process of its own; it is killed in the end, if it has not ended."""
    seeded = seed_before_start(folder, **room)
    live = await asyncio.to_thread(start_process, folder, free_port())
    try:
        yield Mortal(live, seeded)
    finally:
        await asyncio.to_thread(stop_process, live, kill=True)


@pytest_asyncio.fixture
async def mortal(tmp_path: Path) -> AsyncIterator[Mortal]:
    """A server in a process of its own, with the usual room."""
    async with mortal_server(tmp_path) as server:
        yield server


def crowding() -> float:
    """Tell how many times as long things may take beside the tests that run at the same time.

    Each of them keeps three processors busy: itself, a server and a database. Nothing is added for
    a test that runs alone, and never more than ``CROWDING_MAX``.
    """
    at_once = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    wanted = 3 * at_once / (os.cpu_count() or 1) if at_once > 1 else 1.0
    return min(max(1.0, wanted), CROWDING_MAX)


async def until(holds: Callable[[], bool], *, seconds: float = 120) -> None:
    """Wait until something holds, however crowded the machine is.

    Raises:
        TimeoutError: It does not in all that time.
    """
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what it looks at has no event
            await asyncio.sleep(0.01)


def refused_at(live: Live) -> float:
    """Connect until that is refused, and a hundred times more; returns when it was first."""
    first, refusals = 0.0, 0
    while refusals < 100:
        try:
            socket.create_connection(("127.0.0.1", live.port)).close()
        except (ConnectionRefusedError, ConnectionResetError):
            first = first or time.monotonic()
            refusals += 1
        else:
            assert not first, "let in after somebody else was refused"
        time.sleep(0.002)
    return first


TRACED = 4000
"""So many characters of a traceback are shown."""


@pytest_asyncio.fixture(scope="module")
async def nodes(
    tmp_path_factory: pytest.TempPathFactory, postgresql_url: str
) -> AsyncIterator[Nodes]:
    """Three servers on one PostgreSQL and one Redis; each test leaves them as they were."""
    async with running(tmp_path_factory.mktemp("nodes"), postgresql_url) as nodes:
        yield nodes
        # What was tried is told in single lines; a traceback is a case nobody thought of.
        traced = [live.logged.partition("Traceback")[2][:TRACED] for live in nodes.all]
        assert [text for text in traced if text] == []
