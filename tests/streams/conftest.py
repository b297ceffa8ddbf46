"""The log on either database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.streams.nodes import Shared, shared_postgresql, shared_sqlite


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def shared(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shared]:
    """A database that nodes share."""
    if request.param == "sqlite":
        async with shared_sqlite(tmp_path) as store:
            yield store
    else:
        async with shared_postgresql(request.getfixturevalue("postgresql_url")) as store:
            yield store
