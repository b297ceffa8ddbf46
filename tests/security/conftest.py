"""Two projects on one server, and everybody who tries to look into the first."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.live import Live, serve_here
from tests.security.projects import Project, Stranger, found_project, rows_of, strangers


@dataclass
class Country:
    """The server, the project that is tried, another project, and those who try."""

    live: Live
    here: Project
    elsewhere: Project
    strangers: list[Stranger]

    async def rows(self) -> dict[str, list[str]]:
        """Read all that is stored of the project that is tried."""
        assert self.live.node is not None
        return await self.live.node.database.read(lambda db: rows_of(db, self.here))


@pytest_asyncio.fixture(scope="module")
async def country(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Country]:
    """Two projects of two countries."""
    async with serve_here(tmp_path_factory.mktemp("data")) as live:
        here = await found_project(live, "Kanari", "SE")
        elsewhere = await found_project(live, "Mockingbird", "GR")
        yield Country(live, here, elsewhere, await strangers(live, here, elsewhere))
