"""Transactions, and the embedded database.

All that reads or writes is a plain function of a SQLAlchemy Core ``Connection``. What has no
``await`` in it cannot be interleaved, and costs one hop between threads instead of one for each
statement; the same function runs on PostgreSQL (:mod:`twinspace_rt.db.postgresql`).
"""

import asyncio
import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import IO, Any, Protocol, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool, StaticPool

from twinspace_rt.db.pace import Pace
from twinspace_rt.db.thread import WorkThread
from twinspace_rt.errors import DatabaseBusy, StorageUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")
READERS = 4
NOTED_S = 0.1
CHECKPOINT_PAGES = 4000
"""16 MB: the pages of busy documents are written again and again between two checkpoints."""
ENDING_CLASSES = {"08", "25", "40", "53", "55", "57", "58", "XX"}
"""Classes of SQLSTATE (PostgreSQL, appendix A) that say more than "not this statement"."""


class Database(Protocol):
    """Runs plain functions in transactions: committed if they return, undone if they raise.

    A function may be run again from its start if the database asks for that, so it changes
    nothing but the database. A caller that is cancelled does not undo what it has begun.

    Attributes:
        shared: Whether other processes may write in it meanwhile.
    """

    shared: bool

    async def write(self, work: Callable[[Connection], T], *, locked: bool = False) -> T:
        """Run ``work`` in a transaction that may write, as if one after the other.

        Returns only when what was written is on the disk.

        Args:
            work: What to run.
            locked: ``work`` locks what it goes by before it reads it, so the database need not
                watch over what is read.

        Raises:
            StorageUnavailable: Nothing of it was stored; or, where the connection was lost during
                the commit itself, perhaps all of it.
        """
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on one consistent state of the database, beside other readers."""
        ...

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction and wait for it: at the start and on the command line."""
        ...

    async def close(self) -> None:
        """Wait for what is running, and let go of the database."""
        ...

    def close_now(self) -> None:
        """Let go of a database that no event loop has used."""
        ...


class DatabaseHeld(StorageUnavailable):
    """Somebody else is writing, and nothing was written."""


class SqliteDatabase:
    """The embedded database: one file, one writing thread, a few reading ones.

    Small writes through the driver are made in the event loop where the disk is quick (`Pace`).

    Guarantees durability at commit (``synchronous=FULL``; with NORMAL, WAL can lose acknowledged
    commits in a power cut) and that no second process uses the file meanwhile.

    Raises:
        DatabaseBusy: Another process has the file.
    """

    shared = False

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self._lock = lock_database(path)
        # Children's names are in it: nobody else on the machine reads them. SQLite gives the
        # files it puts beside it the same mode.
        path.touch(mode=0o600)
        self._writer = _sqlite_engine(path, begin="BEGIN IMMEDIATE", pool_size=1, cache_kib=16_000)
        self._reader = _sqlite_engine(path, begin="BEGIN", pool_size=READERS, cache_kib=4_000)
        self._driver = _only_connection(self._writer)
        # One of its own, which waits for no other and leaves SQLite's log as it is: both take long.
        self._quick_writer = _sqlite_engine(
            path,
            begin="BEGIN IMMEDIATE",
            pool_size=1,
            cache_kib=16_000,
            wait_s=0,
            checkpoint_pages=0,
        )
        self._quick_driver = _only_connection(self._quick_writer)
        self._pace = Pace()
        self._write_thread = WorkThread("db-write")
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="db-read")

    async def write(self, work: Callable[[Connection], T], *, locked: bool = False) -> T:
        return await self._write_thread.run(lambda: self.write_now(work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._read_threads, self.read_now, work)

    async def write_driver(self, work: Callable[[sqlite3.Connection], T], *, pages: int) -> T:
        """Run ``work`` as :meth:`write` does, on a connection of the driver itself.

        For what is written many times a second: the SQL toolkit's part of such a transaction costs
        five times SQLite's, and the thread's as much as SQLite's (`Pace`).

        Args:
            work: As for :meth:`write`; it may run in the event loop.
            pages: About how many pages of the file it changes.

        Raises:
            StorageUnavailable: Nothing of it was stored.
        """
        here = self._pace.is_here(pages)
        try:
            if here:
                try:
                    value, seconds = self._timed(self._quick_driver, work)
                except DatabaseHeld:
                    here = False  # by the thread's own connection, most likely
            if not here:
                value, seconds = await self._write_thread.run(
                    lambda: self._timed(self._driver, work)
                )
        except BaseException:
            self._pace.failed()
            raise
        self._pace.made(seconds, pages, here=here)
        if here and seconds > NOTED_S:
            log.warning("a commit held up the loop ms=%d", seconds * 1000)
        return value

    def _timed(
        self, driver: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]
    ) -> tuple[T, float]:
        started = perf_counter()
        value = self.write_driver_now(driver, work)
        return value, perf_counter() - started

    def write_driver_now(
        self, driver: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]
    ) -> T:
        """Run ``work`` as :meth:`write_driver` does, in the calling thread."""
        try:
            driver.execute("BEGIN IMMEDIATE")
            try:
                value = work(driver)
                driver.execute("COMMIT")
            except BaseException:
                # A full disk has ended it already; anything else, and a refused commit, has not.
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise translate(error) from error
        return value

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` as :meth:`write` does, in the calling thread."""
        try:
            with self._writer.begin() as connection:
                return work(connection)
        except OperationalError as error:
            raise translate(error) from error

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` as :meth:`read` does, in the calling thread."""
        try:
            with self._reader.begin() as connection:
                return work(connection)
        except OperationalError as error:
            raise translate(error) from error

    async def close(self) -> None:
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """Close as :meth:`close` does, in the calling thread."""
        self._read_threads.shutdown()
        self._write_thread.shutdown()
        self._reader.dispose()
        self._writer.dispose()
        self._quick_writer.dispose()
        self._lock.close()


def translate(error: OperationalError | sqlite3.OperationalError) -> Exception:
    """Name what a refused write means for the person whose edit it was."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    if code is None:
        return error
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return StorageUnavailable("disk_full", "The disk of the server is full.")
    if primary in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}:
        return StorageUnavailable("disk_error", "The disk of the server cannot be written to.")
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return DatabaseHeld("database_busy", "The database is held by something else.")
    return error


def ends_transaction(error: DBAPIError) -> bool:
    """Tell whether a statement's error ends its whole transaction, savepoints and all.

    A full disk, a lost connection or a deadlock does; a row that is there already does not.
    """
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate is None:
        return error.connection_invalidated or isinstance(error, OperationalError)
    return error.connection_invalidated or sqlstate[:2] in ENDING_CLASSES


def lock_database(path: Path) -> IO[str]:
    """Keep all other processes from a file of the embedded database until the lock is closed.

    The file itself need not be there.

    Raises:
        DatabaseBusy: Another process has the file.
    """
    # A lock of the operating system, so that it is gone when the process is, however it died.
    lock = path.with_name(path.name + ".lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise DatabaseBusy(
            f"Another server (process {holder}) is already using {path}. "
            "Stop it first, or set TWINSPACE_DATA_DIR to another folder."
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _only_connection(engine: Engine) -> sqlite3.Connection:
    """Find the connection of an engine whose pool has one alone."""
    with engine.connect() as connection:
        return cast(sqlite3.Connection, connection.connection.driver_connection)


def _sqlite_engine(
    path: Path,
    *,
    begin: str,
    pool_size: int,
    cache_kib: int,
    wait_s: float = 10,
    checkpoint_pages: int = CHECKPOINT_PAGES,
) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool if pool_size == 1 else QueuePool,
        hide_parameters=True,  # what people wrote must not reach a log with an exception
        connect_args={"check_same_thread": False, "timeout": wait_s, "cached_statements": 512},
        **({} if pool_size == 1 else {"pool_size": pool_size, "max_overflow": 0}),
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: Any) -> None:
        # The driver would open transactions by itself, and always deferred ones.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}")
        cursor.execute(f"PRAGMA cache_size=-{cache_kib}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
