"""Between two commits the log has whoever brings edits wait."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection

from tests.peers.raw import eventually
from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.db.migrate import migrate
from twinspace_rt.ids import new_id
from twinspace_rt.streams.log import Append, Log, NewEntry, create_stream


class Doors:
    """An intake that notes when it is held and when it may bring something.

    Attributes:
        seen: What it was told, and what else the test notes.
        waiting: What somebody has typed while it is held, and has not been brought.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.waiting = 0
        self._listener: Callable[[], None] | None = None

    def hold(self) -> None:
        """Note it."""
        self.seen.append("hold")
        self._listener = None

    def hold_and_tell(self, listener: Callable[[], None]) -> None:
        """Note it."""
        self.seen.append("hold and tell")
        self._listener = listener
        self._tell()

    def take(self) -> bool:
        """Note it, with what it brings."""
        brought, self.waiting, self._listener = self.waiting, 0, None
        self.seen.append(f"take {brought}")
        return brought > 0

    def type(self) -> None:
        """Have somebody type."""
        self.waiting += 1
        self._tell()

    def _tell(self) -> None:
        if self.waiting and self._listener is not None:
            listener, self._listener = self._listener, None
            listener()


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """An empty database."""
    database = SqliteDatabase(tmp_path / "rt.sqlite3")
    database.write_now(migrate)
    yield database
    await database.close()


async def test_nobody_is_woken_for_a_pause_in_which_nobody_types(
    database: SqliteDatabase,
) -> None:
    doors = Doors()
    log = Log(database, interval_s=1, deliver=lambda _: None, intake=doors)
    writing = asyncio.create_task(log.run())
    await log.act(lambda _: doors.seen.append("one"))
    await eventually(lambda: doors.seen[-1] == "hold and tell")
    await asyncio.sleep(1.2)
    assert doors.seen[doors.seen.index("one") :] == ["one", "hold and tell"]
    del doors.seen[:]
    doors.type()
    await eventually(lambda: doors.seen[:1] == ["take 1"])  # the pause was long over
    log.close()
    await writing


async def test_what_comes_in_a_pause_is_brought_when_it_is_over(database: SqliteDatabase) -> None:
    doors = Doors()
    log = Log(database, interval_s=1, deliver=lambda _: None, intake=doors)
    writing = asyncio.create_task(log.run())
    await log.act(lambda _: doors.seen.append("one"))
    await eventually(lambda: doors.seen[-1] == "hold and tell")
    del doors.seen[:]
    doors.type()
    doors.type()
    await log.act(lambda _: doors.seen.append("two"))
    come = ["hold", "take 2", "hold", "two"]
    assert doors.seen[:4] == come, "they waited, and came with the next commit"
    # Where people type, the next pause begins with the doors closed, and ends by itself.
    await eventually(lambda: doors.seen[4:] == ["hold"])
    doors.type()
    await eventually(lambda: doors.seen[4:6] == ["hold", "take 1"])
    await log.act(lambda _: doors.seen.append("three"))
    log.close()
    await writing
    assert doors.seen[-1] == "take 0", "nobody is kept outside for good"


@pytest.fixture
def may_end(database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Keep the commits of actions from ending until this is set."""
    write, may_end = database.write, asyncio.Event()

    async def write_slowly(*args: Any, **how: Any) -> Any:
        await may_end.wait()
        return await write(*args, **how)

    monkeypatch.setattr(database, "write", write_slowly)
    return may_end


async def test_what_comes_during_a_commit_is_left_for_the_next(
    database: SqliteDatabase, may_end: asyncio.Event
) -> None:
    doors = Doors()
    log = Log(database, interval_s=1, deliver=lambda _: None, intake=doors)
    writing = asyncio.create_task(log.run())
    acting = asyncio.create_task(log.act(lambda _: doors.seen.append("one")))
    await eventually(lambda: doors.seen == ["take 0", "hold"])
    doors.type()
    await asyncio.sleep(0.1)
    may_end.set()
    await acting
    await eventually(lambda: doors.seen[2:] == ["one", "hold and tell", "hold"])
    may_end.clear()
    acting = asyncio.create_task(log.act(lambda _: doors.seen.append("two")))
    # There is more than edits to bring: who was there before the pause, and who came in the commit.
    await eventually(lambda: doors.seen[-2:] == ["take 1", "hold"])
    doors.type()
    await eventually(lambda: doors.seen[-1] == "take 1")
    assert "two" not in doors.seen
    may_end.set()
    await acting
    log.close()
    await writing


async def test_a_commit_is_late_however_long_the_pauses_are(
    database: SqliteDatabase, may_end: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinspace_rt.streams.log.LATE_S", 0.1)
    doors = Doors()
    log = Log(database, interval_s=3600, deliver=lambda _: None, intake=doors)
    told: list[str] = []
    log.on_trouble(told.append)
    writing = asyncio.create_task(log.run())
    acting = asyncio.create_task(log.act(lambda _: None))
    await eventually(lambda: told == ["database_away"] and log.late != "")
    assert doors.seen == ["take 0", "hold", "take 0"]
    may_end.set()
    await acting
    assert not log.late
    writing.cancel()
    await asyncio.wait([writing])


async def test_a_log_that_is_cut_off_while_it_rests_keeps_nobody_outside(
    database: SqliteDatabase,
) -> None:
    doors = Doors()
    log = Log(database, interval_s=60, deliver=lambda _: None, intake=doors)
    writing = asyncio.create_task(log.run())
    await log.act(lambda _: None)
    doors.type()
    await eventually(lambda: doors.seen[-1] == "hold")
    writing.cancel()
    await asyncio.wait([writing])
    assert doors.seen[-1] == "take 1"


def a_stream(database: SqliteDatabase) -> str:
    stream_id = new_id()
    begin: Callable[[Connection], object] = partial(
        create_stream, stream_id=stream_id, room_id=new_id(), kind="text"
    )
    database.write_now(begin)
    return stream_id


class Pencil:
    """Whoever has one entry for a stream, at each commit that it is asked at."""

    def __init__(self, stream_id: str, *, rapid: bool) -> None:
        self.stored = 0
        self._stream_id = stream_id
        self._rapid = rapid

    def take(self) -> Append:
        """Give the next entry."""
        entries = [NewEntry("somebody", b"body")]
        return Append(self._stream_id, 1, self.stored, entries, self._told, self._rapid)

    def _told(self, result: int | Exception) -> None:
        assert not isinstance(result, Exception)
        self.stored += 1


def has_stored(pencil: Pencil, times: int) -> bool:
    return pencil.stored == times


async def test_who_waits_for_each_commit_does_not_wait_for_the_pause(
    database: SqliteDatabase,
) -> None:
    log = Log(database, interval_s=3600, deliver=lambda _: None)
    writing = asyncio.create_task(log.run())
    tool, hand = (Pencil(a_stream(database), rapid=rapid) for rapid in (True, False))
    for times in range(1, 6):
        log.offer(tool)
        await eventually(partial(has_stored, tool, times))
    log.offer(hand)
    await eventually(partial(has_stored, hand, 1))
    log.offer(tool)
    await asyncio.sleep(0.1)
    assert tool.stored == 5, "behind somebody who types there is a pause"
    log.close()
    writing.cancel()
    await asyncio.wait([writing])


async def test_no_program_is_in_haste_for_ever(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody's edits go through the same commits."""
    monkeypatch.setattr("twinspace_rt.streams.log.HASTE_MAX", 3)
    monkeypatch.setattr("twinspace_rt.streams.log.HASTE_PER_S", 0)
    log = Log(database, interval_s=3600, deliver=lambda _: None)
    writing = asyncio.create_task(log.run())
    tool = Pencil(a_stream(database), rapid=True)
    for times in range(1, 5):
        log.offer(tool)
        await eventually(partial(has_stored, tool, times))
    log.offer(tool)
    await asyncio.sleep(0.1)
    assert tool.stored == 4
    writing.cancel()
    await asyncio.wait([writing])
