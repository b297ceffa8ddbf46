"""A commit is made in the event loop where the disk is quick, and holds it up nowhere else."""

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from twinspace_rt.db import pace
from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.db.pace import PROOFS, QUICK_S, TURNS, Pace

SLOW_S = 2 * QUICK_S


def prove(disk: Pace) -> None:
    """Have enough quick ones in a row."""
    for _ in range(PROOFS):
        assert not disk.here
        disk.made(0, here=False)
    assert disk.here


def test_a_disk_has_to_prove_itself_in_a_row() -> None:
    disk = Pace()
    for _ in range(PROOFS - 1):
        disk.made(0, here=False)
    disk.made(SLOW_S, here=False)
    prove(disk)


def test_a_slow_one_sends_the_next_ones_to_the_thread() -> None:
    disk = Pace()
    prove(disk)
    disk.made(SLOW_S, here=True)
    for _ in range(TURNS):
        assert not disk.here
        disk.made(0, here=False)
    assert disk.here


def test_now_and_then_one_goes_to_the_thread_and_may_take_its_time() -> None:
    disk = Pace()
    prove(disk)
    for _ in range(3):
        for _ in range(TURNS):
            assert disk.here
            disk.made(0, here=True)
        assert not disk.here
        disk.made(SLOW_S, here=False)


async def test_commits_come_to_the_event_loop_and_the_log_of_sqlite_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "QUICK_S", 60.0)
    database = SqliteDatabase(tmp_path / "rt.sqlite3")
    here: set[str] = set()

    def note(driver: sqlite3.Connection) -> None:
        here.add(threading.current_thread().name)
        driver.execute("INSERT INTO noted VALUES (randomblob(40000))")

    await database.write_driver(lambda driver: driver.execute("CREATE TABLE noted (x)"))
    for _ in range(2 * TURNS):
        await database.write_driver(note)
    assert here == {"MainThread", "db-write"}
    # 40 MB were written: without the thread's turns all of them would still be in its log.
    assert database.path.with_name(database.path.name + "-wal").stat().st_size < 30_000_000
    await database.close()


async def test_who_finds_the_database_held_waits_for_it_beside_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "QUICK_S", 60.0)
    database = SqliteDatabase(tmp_path / "rt.sqlite3")
    await database.write_driver(lambda driver: driver.execute("CREATE TABLE noted (x)"))
    for _ in range(PROOFS):
        await database.write_driver(lambda driver: driver.execute("INSERT INTO noted VALUES (1)"))
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    seen: list[str] = []

    def note(driver: sqlite3.Connection) -> None:
        seen.append(threading.current_thread().name)
        driver.execute("INSERT INTO noted VALUES (2)")

    started = time.process_time()
    writing = asyncio.create_task(database.write_driver(note))
    for _ in range(10):
        await asyncio.sleep(0.01)
    assert not writing.done()
    assert time.process_time() - started < 1, "it waits, and does not try again and again"
    other.execute("COMMIT")
    other.close()
    await writing
    assert seen == ["db-write"]
    await database.close()
