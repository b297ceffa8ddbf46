"""A commit is made in the event loop where the disk is quick, and holds it up nowhere else."""

import asyncio
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, text

from twinspace_rt.db import pace
from twinspace_rt.db.engine import CHECKPOINT_PAGES, SqliteDatabase
from twinspace_rt.db.migrate import migrate
from twinspace_rt.db.pace import (
    EXILE_MAX,
    EXILE_MIN,
    HERE_MAX_PAGES,
    PROOFS,
    QUICK_S,
    TURN_PAGES,
    Pace,
)
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.streams.appends import Append, NewEntry, pages_of, store_on_sqlite
from twinspace_rt.streams.transaction import create_stream

SLOW_S = 2 * QUICK_S
SMALL, LARGE = 3, HERE_MAX_PAGES + 1


def prove(disk: Pace) -> None:
    """Have enough quick ones in a row."""
    for _ in range(PROOFS):
        assert not disk.is_here(SMALL)
        disk.made(0, SMALL, here=False)
    assert disk.is_here(SMALL)


def test_a_disk_has_to_prove_itself_in_a_row() -> None:
    disk = Pace()
    for _ in range(PROOFS - 1):
        disk.made(0, SMALL, here=False)
    disk.made(SLOW_S, SMALL, here=False)
    prove(disk)


def exile(disk: Pace) -> int:
    """Count how many commits go to the thread before one is made in the event loop again."""
    count = 0
    while not disk.is_here(SMALL):
        disk.made(0, SMALL, here=False)
        count += 1
    return count


def hurry(disk: Pace, count: int) -> None:
    """Make quick ones in the event loop, with the thread's turns in between."""
    for _ in range(count):
        here = disk.is_here(SMALL)
        disk.made(0, SMALL, here=here)


def test_a_slow_one_sends_a_few_to_the_thread_and_each_one_soon_after_it_more() -> None:
    disk = Pace()
    prove(disk)
    counts = []
    for _ in range(8):
        disk.made(SLOW_S, SMALL, here=True)
        counts.append(exile(disk))
        hurry(disk, 20)
    assert counts == [16, 32, 64, 128, 256, 512, 512, 512]


def test_a_disk_that_is_slow_once_in_a_while_is_forgiven() -> None:
    disk = Pace()
    prove(disk)
    for _ in range(8):
        disk.made(SLOW_S, SMALL, here=True)
        assert exile(disk) == EXILE_MIN
        hurry(disk, EXILE_MAX + 2)


def test_a_failure_sends_many_to_the_thread() -> None:
    disk = Pace()
    prove(disk)
    disk.failed()
    assert exile(disk) == EXILE_MAX


def test_a_large_one_is_the_threads_and_says_nothing_about_the_disk() -> None:
    disk = Pace()
    prove(disk)
    assert not disk.is_here(LARGE)
    disk.made(SLOW_S, LARGE, here=False)
    assert disk.is_here(SMALL)


def test_after_many_pages_one_goes_to_the_thread_and_may_take_its_time() -> None:
    disk = Pace()
    prove(disk)
    for _ in range(3):
        for _ in range(-(-TURN_PAGES // SMALL)):
            assert disk.is_here(SMALL)
            disk.made(0, SMALL, here=True)
        assert not disk.is_here(SMALL)
        disk.made(SLOW_S, SMALL, here=False)


DOCUMENTS = 40


@pytest_asyncio.fixture
async def database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SqliteDatabase]:
    """A database on a disk that always counts as quick, with a few streams."""
    monkeypatch.setattr(pace, "QUICK_S", 60.0)
    monkeypatch.setattr(pace, "PROOFS", 0)
    made = SqliteDatabase(tmp_path / "rt.sqlite3")
    made.write_now(migrate)

    def begin(db: Connection) -> None:
        for number in range(DOCUMENTS):
            create_stream(db, f"document {number}", "room", "text")

    made.write_now(begin)
    yield made
    await made.close()


def letters(seq: int) -> list[Append]:
    """Write a letter in each document."""
    return [
        Append(f"document {number}", 1, seq, [NewEntry("m", b"x" * 40)], lambda _: None)
        for number in range(DOCUMENTS)
    ]


async def test_sqlites_log_stays_small_however_many_documents_are_written(
    database: SqliteDatabase,
) -> None:
    where: Counter[str] = Counter()
    for seq in range(400):
        appends = letters(seq)

        def store(driver: sqlite3.Connection, appends: list[Append] = appends) -> None:
            where[threading.current_thread().name] += 1
            assert store_on_sqlite(driver, appends, 1) == [None] * DOCUMENTS

        await database.write_driver(store, pages=pages_of(appends))
    assert where["MainThread"] > where["db-write"] > 0
    size = database.path.with_name(database.path.name + "-wal").stat().st_size
    assert size < 2 * CHECKPOINT_PAGES * 4096


async def test_a_commit_that_fails_in_the_event_loop_loses_and_keeps_nothing(
    database: SqliteDatabase,
) -> None:
    where: list[str] = []

    def store(driver: sqlite3.Connection) -> None:
        where.append(threading.current_thread().name)
        assert store_on_sqlite(driver, letters(0), 1) == [None] * DOCUMENTS

    def overfill(driver: sqlite3.Connection) -> None:
        store(driver)
        driver.execute("PRAGMA max_page_count=1")  # of this connection alone
        driver.execute("UPDATE entry SET body = zeroblob(99999)")

    with pytest.raises(StorageUnavailable) as refused:
        await database.write_driver(overfill, pages=SMALL)
    assert refused.value.code == "disk_full"
    await database.write_driver(store, pages=SMALL)  # the same letters: none were stored
    assert where == ["MainThread", "db-write"], "a disk that has failed is not waited for again"

    def check(db: Connection) -> tuple[object, object]:
        count = db.execute(text("SELECT count(*) FROM entry")).scalar_one()
        return count, db.execute(text("PRAGMA integrity_check")).scalar_one()

    assert await database.read(check) == (DOCUMENTS, "ok")


async def test_who_finds_the_database_held_waits_for_it_beside_the_event_loop(
    database: SqliteDatabase,
) -> None:
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    seen: list[str] = []

    def note(driver: sqlite3.Connection) -> None:
        seen.append(threading.current_thread().name)

    started = time.process_time()
    writing = asyncio.create_task(database.write_driver(note, pages=SMALL))
    for _ in range(10):
        await asyncio.sleep(0.01)
    assert not writing.done()
    assert time.process_time() - started < 1, "it waits, and does not try again and again"
    other.execute("COMMIT")
    other.close()
    await writing
    assert seen == ["db-write"]
