"""One server for all tests of a file; each test has a room of its own in it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.live import Live, SeededRoom, serve_here
from tests.peers.aged import AGES, age


@pytest_asyncio.fixture(scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server on the embedded database, listening on a port of the loopback."""
    async with serve_here(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest_asyncio.fixture(params=AGES)
async def page(live: Live, seeded: SeededRoom, request: pytest.FixtureRequest) -> str:
    """The room's plain document, just made and then written in for long."""
    if request.param == "long-lived":
        await age(live, seeded, seeded.documents[1], client=1)
    return seeded.documents[1]
