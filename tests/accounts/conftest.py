"""A real database with two schools, and the clock the tests set."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from twinspace_rt.accounts import models as accounts_models
from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.db.metadata import metadata
from twinspace_rt.rooms import models as rooms_models
from twinspace_rt.streams import models as streams_models

TABLES = (accounts_models, rooms_models, streams_models)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "test.db")
    await database.write(metadata.create_all)
    yield database
    await database.close()
