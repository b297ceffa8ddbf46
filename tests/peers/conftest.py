"""Documents of both ages."""

import pytest
import pytest_asyncio

from tests.live import Live, SeededRoom
from tests.peers.aged import AGES, age


@pytest_asyncio.fixture(params=AGES)
async def page(live: Live, seeded: SeededRoom, request: pytest.FixtureRequest) -> str:
    """The room's plain document, just made and then written in for long."""
    if request.param == "long-lived":
        await age(live, seeded, seeded.documents[1], client=1)
    return seeded.documents[1]
