"""Fixtures that every test may use: a real server and a seeded room."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.live import Live, SeededRoom, seed_room, serve_here


@pytest_asyncio.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    """A server on the embedded database, listening on a port of the loopback."""
    async with serve_here(tmp_path / "data") as server:
        yield server


@pytest_asyncio.fixture
async def seeded(live: Live) -> SeededRoom:
    """A room with people and two empty documents, a rich and a plain one."""
    assert live.node is not None
    return await live.node.database.write(seed_room)
