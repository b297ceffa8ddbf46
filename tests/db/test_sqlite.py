"""The embedded database: whose it is, and what happens where it cannot be written to."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.errors import DatabaseBusy, StorageUnavailable


def test_nobody_else_on_the_machine_reads_it(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "data" / "twinspace.db")
    try:
        database.write_now(lambda db: db.execute(text("CREATE TABLE t (x)")))
        for file in (tmp_path / "data").glob("twinspace.db*"):
            if not file.name.endswith(".lock"):
                assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    finally:
        database.close_now()


def test_a_second_process_is_told_why_it_may_not(tmp_path: Path) -> None:
    path = tmp_path / "twinspace.db"
    first = SqliteDatabase(path)
    try:
        with pytest.raises(DatabaseBusy, match="already using"):
            SqliteDatabase(path)
    finally:
        first.close_now()
    SqliteDatabase(path).close_now()


def test_a_full_disk_stores_nothing_and_recovers(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "twinspace.db")

    def fill(db: Connection) -> None:
        db.execute(text("INSERT INTO t VALUES (randomblob(4000000))"))

    def limit(pages: int) -> None:
        database.write_now(lambda db: db.execute(text(f"PRAGMA max_page_count={pages}")).all())

    try:
        database.write_now(lambda db: db.execute(text("CREATE TABLE t (x)")))
        limit(50)
        with pytest.raises(StorageUnavailable) as refused:
            database.write_now(fill)
        assert refused.value.code == "disk_full"
        rows = "SELECT count(*) FROM t"
        assert database.read_now(lambda db: db.execute(text(rows)).scalar_one()) == 0
        limit(1_000_000)
        database.write_now(fill)
        assert database.read_now(lambda db: db.execute(text(rows)).scalar_one()) == 1
        assert (
            database.read_now(lambda db: db.execute(text("PRAGMA integrity_check")).scalar_one())
            == "ok"
        )
    finally:
        database.close_now()
