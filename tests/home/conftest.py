"""The classroom, with the first page as its only tool."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.classroom import Classroom, open_classroom
from twinspace_rt.home import feature


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[Classroom]:
    """A new room, in which nobody has been yet."""
    async with open_classroom(tmp_path, [feature]) as classroom:
        yield classroom
