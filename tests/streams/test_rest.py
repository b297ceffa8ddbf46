"""Between two commits the log has whoever brings edits wait."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.peers.raw import eventually
from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.db.migrate import migrate
from twinspace_rt.streams.log import Log


class Doors:
    """An intake that notes when it is held and when it may bring something."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def hold(self) -> None:
        """Note it."""
        self.seen.append("hold")

    def take(self) -> None:
        """Note it."""
        self.seen.append("take")


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """An empty database."""
    database = SqliteDatabase(tmp_path / "rt.sqlite3")
    database.write_now(migrate)
    yield database
    await database.close()


async def test_edits_wait_outside_while_the_log_rests_and_never_at_rest(
    database: SqliteDatabase,
) -> None:
    doors = Doors()
    log = Log(database, interval_s=1, deliver=lambda _: None, intake=doors)
    writing = asyncio.create_task(log.run())
    assert doors.seen == []
    await log.act(lambda _: doors.seen.append("one"))
    await eventually(lambda: doors.seen[-1] == "hold")
    await log.act(lambda _: doors.seen.append("two"))
    assert doors.seen[:4] == ["one", "hold", "take", "two"], "two came while the log was resting"
    await eventually(lambda: doors.seen[-1] == "take")
    await asyncio.sleep(0.1)
    assert doors.seen == ["one", "hold", "take", "two", "hold", "take"], "nobody waits at rest"
    await log.act(lambda _: doors.seen.append("three"))
    log.close()
    await writing
    assert doors.seen[-1] in {"take", "three"}, "nobody is kept outside for good"


async def test_a_log_that_is_cut_off_while_it_rests_keeps_nobody_outside(
    database: SqliteDatabase,
) -> None:
    doors = Doors()
    log = Log(database, interval_s=60, deliver=lambda _: None, intake=doors)
    writing = asyncio.create_task(log.run())
    await log.act(lambda _: None)
    await eventually(lambda: doors.seen == ["hold"])
    writing.cancel()
    await asyncio.wait([writing])
    assert doors.seen == ["hold", "take"]
