"""One server for all tests of a file; each test has a room of its own in it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.live import Live, serve_here


@pytest_asyncio.fixture(scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server on the embedded database, listening on a port of the loopback."""
    async with serve_here(tmp_path_factory.mktemp("data")) as server:
        yield server
