"""The classroom, with the chat as its only tool."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.classroom import Classroom, open_classroom
from tests.live import Live, serve_here
from twinspace_rt.chat import feature


@pytest_asyncio.fixture
async def closed_room(tmp_path: Path) -> AsyncIterator[Classroom]:
    """A new room: nobody has opened its chat for pupils."""
    async with open_classroom(tmp_path, [feature]) as classroom:
        yield classroom


@pytest_asyncio.fixture
async def room(closed_room: Classroom) -> Classroom:
    """The room after a teacher has opened its chat."""
    anna = await closed_room.enter("anna")
    await anna.do("chat.open")
    anna.leave()
    return closed_room


@pytest_asyncio.fixture(scope="session")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """One server for all tests here; every test has a room of its own."""
    async with serve_here(tmp_path_factory.mktemp("data")) as server:
        yield server
