"""The classroom, with the chat as its only tool."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.classroom import Classroom, open_classroom
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
