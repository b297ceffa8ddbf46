"""PostgreSQL, for any number of nodes.

The plain functions of :mod:`twinspace_rt.db.engine` run through ``AsyncConnection.run_sync``.
Nothing waits for ever: connecting, waiting for a place in the pool, for a lock, for a statement
and for a whole transaction all have their limit.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar
from weakref import WeakSet

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from twinspace_rt.errors import BadSetting, StorageUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")
WRITERS = 4
READERS = 6
ATTEMPTS = 10
REPEAT_S = 0.05
AGAIN = {"40001", "40P01"}
"""SQLSTATE of transactions that PostgreSQL undid so that others could go on."""
FAILED = "twinspace_failed"
AWAY = (OSError, PostgresError, InterfaceError)


class PostgresqlDatabase:
    """A PostgreSQL database that several nodes may share.

    Writes are SERIALIZABLE, reads see one state (REPEATABLE READ, read-only), and what locks by
    itself (the log) is READ COMMITTED: after its lock it sees all that was committed before.
    What PostgreSQL undoes because of others is run again. Cancelling a caller cancels no statement.

    Args:
        url: SQLAlchemy's address, ``postgresql+asyncpg://…``.
        transaction_s: Seconds until a transaction that does not end is cut off. Statements and
            locks get less, so that they end with an error while the connection is still good.
        connect_s: Seconds to wait for a new connection, and for a free one.

    Raises:
        BadSetting: ``url`` is no such address.
    """

    shared = True

    def __init__(self, url: str, *, transaction_s: float = 5.0, connect_s: float = 3.0) -> None:
        if not _is_ours(url):
            raise BadSetting(
                "TWINSPACE_DATABASE_URL: write it as postgresql+asyncpg://user:password@host/name."
            )
        self._url = url
        self._transaction_s = transaction_s
        self._connect_s = connect_s
        self._lines: WeakSet[Any] = WeakSet()
        # Two pools: the log never waits until readers are done.
        self._writer = self._pool(WRITERS)
        self._serial = self._writer.execution_options(isolation_level="SERIALIZABLE")
        self._reader = self._pool(READERS).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        # In a pool of its own: a lost line is followed by a new one, not by another as old as it.
        self._liner = self._pool(1)
        self._line: tuple[AsyncConnection, Any] | None = None
        self._line_taken = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    async def write(self, work: Callable[[Connection], T], *, locked: bool = False) -> T:
        engine = self._writer if locked else self._serial
        return await self._shielded(self._repeat(partial(self._once, engine, work)))

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._shielded(self._repeat(partial(self._once, self._reader, work)))

    async def write_driver(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """Run one statement through the driver itself, READ COMMITTED and a transaction of its own.

        For what is written many times a second: with the SQL toolkit a transaction goes to the
        server and back for its beginning, each statement and its end, and here once.

        Args:
            work: Runs the statement on asyncpg's connection. It may be run again from its start,
                and if the line was lost, after it was stored: that has to be harmless.

        Raises:
            PostgresError: A row cannot be stored, and so nothing was.
            StorageUnavailable: Nothing was stored, or nobody knows.
        """
        return await self._shielded(self._repeat(partial(self._once_on_line, work)))

    def write_now(self, work: Callable[[Connection], T]) -> T:
        # On a loop of its own, since the caller's may be running. Migrating takes its time, so
        # there are no limits here but for connecting.
        async def run() -> T:
            engine = create_async_engine(
                self._url,
                poolclass=NullPool,
                hide_parameters=True,
                connect_args={"timeout": self._connect_s},
            )
            async with engine.begin() as connection:
                return await connection.run_sync(work)

        with ThreadPoolExecutor(1) as thread:
            try:
                return thread.submit(asyncio.run, run()).result()
            except (DBAPIError, *AWAY) as error:
                raise translate(error) from error

    async def close(self) -> None:
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=self._transaction_s)
            for transaction in late:
                transaction.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        # Taking leave waits for an answer too.
        limit = asyncio.get_running_loop().call_later(self._connect_s, self._cut)
        if self._line is not None:
            await self._line[0].close()
        await self._liner.dispose()
        await self._writer.dispose()
        await self._reader.dispose()
        limit.cancel()

    def _cut(self) -> None:
        for line in tuple(self._lines):
            line.terminate()

    def close_now(self) -> None:
        """See :class:`~twinspace_rt.db.engine.Database`: without a loop nothing is connected."""

    async def _shielded(self, transaction: Coroutine[Any, Any, T]) -> T:
        # Cancelled in the middle of a statement, a connection is good for nothing any more, and
        # ending it politely takes another one; so a transaction runs to its end.
        task = asyncio.create_task(transaction)
        self._running.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked may be gone; that is no error of its own

    async def _repeat(self, once: Callable[[], Awaitable[T]]) -> T:
        lost = False
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await once()
            except _Again as again:
                # The pool's other connections are as old as a lost one; the next one is new.
                if attempt == ATTEMPTS or (again.lost and lost):
                    raise translate(again.cause) from again.cause
                lost = lost or again.lost
            except (DBAPIError, NoConnectionFree, *AWAY) as error:
                raise translate(error) from error
            await asyncio.sleep(random.uniform(0, REPEAT_S * attempt))  # noqa: S311 - jitter
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
        connection = await engine.connect()
        connection.info.pop(FAILED, None)
        raw: Any = (await connection.get_raw_connection()).driver_connection
        # Cutting the line ends whatever waits for an answer. Cancelling would ask the server to
        # cancel, and wait for that, which a server that does not answer never does.
        limit = asyncio.get_running_loop().call_later(self._transaction_s, raw.terminate)
        committing = False
        try:
            value = await connection.run_sync(work)
            if connection.info.pop(FAILED, False):
                raise AssertionError("a failed statement was passed over")
            committing = True
            await connection.commit()
            return value
        except DBAPIError as error:
            lost = error.connection_invalidated and not committing
            if lost or sqlstate_of(error) in AGAIN:
                raise _Again(error, lost) from error
            raise
        finally:
            await connection.close()
            limit.cancel()

    async def _once_on_line(self, work: Callable[[Any], Awaitable[T]]) -> T:
        async with self._line_taken:
            # Kept: to take a connection from the pool and give it back costs as much as a commit.
            if self._line is None:
                line = await self._liner.connect()
                self._line = line, (await line.get_raw_connection()).driver_connection
            line, raw = self._line
            limit = asyncio.get_running_loop().call_later(self._transaction_s, raw.terminate)
            try:
                return await work(raw)
            except AWAY as error:
                _leave_out_detail(error)
                lost = raw.is_closed()
                if lost:
                    self._line = None
                    await line.invalidate()
                    await line.close()
                if lost or sqlstate_of(error) in AGAIN:
                    raise _Again(error, lost) from error
                raise
            finally:
                limit.cancel()

    def _pool(self, size: int) -> AsyncEngine:
        limits = {
            "statement_timeout": 0.8 * self._transaction_s,
            "lock_timeout": 0.6 * self._transaction_s,
            # A node that stands still must not hold its locks until others give up on theirs.
            "idle_in_transaction_session_timeout": 0.4 * self._transaction_s,
        }
        engine = create_async_engine(
            self._url,
            pool_size=size,
            max_overflow=0,
            pool_timeout=self._connect_s,
            hide_parameters=True,
            connect_args={
                "timeout": self._connect_s,
                "prepared_statement_cache_size": 500,
                "server_settings": {
                    "application_name": "twinspace-rt",
                    # "Saved" means on the disk, whatever this server's default is.
                    "synchronous_commit": "on",
                    "default_transaction_isolation": "read committed",
                    "jit": "off",
                    **{name: str(int(1000 * limit)) for name, limit in limits.items()},
                },
            },
        )
        event.listen(
            engine.sync_engine, "connect", lambda made, _: self._lines.add(made.driver_connection)
        )
        event.listen(engine.sync_engine, "handle_error", _note_failure)
        event.listen(engine.sync_engine, "rollback_savepoint", _note_way_back)
        return engine


class _Again(Exception):
    """Trying again may help, and harms nobody.

    PostgreSQL undid the transaction for the sake of another one, or the connection was ``lost``
    before the commit was asked for, or in a statement that may be run twice.
    """

    def __init__(self, cause: Exception, lost: bool) -> None:
        super().__init__()
        self.cause = cause
        self.lost = lost


def _is_ours(url: str) -> bool:
    try:
        return make_url(url).drivername == "postgresql+asyncpg"
    except (ArgumentError, ValueError):
        return False


def sqlstate_of(error: BaseException) -> str:
    """Return PostgreSQL's five-letter code of an error, or an empty string."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlstate", None) or ""


def translate(error: Exception) -> Exception:
    """Name what a failed transaction means for the person whose edit it was."""
    sqlstate = sqlstate_of(error)
    if sqlstate == "53100":
        return StorageUnavailable("disk_full", "The disk of the database is full.")
    if sqlstate == "25006":
        return StorageUnavailable("database_readonly", "This database may only be read.")
    if sqlstate[:2] in {"28", "3D"} or sqlstate == "42501":
        return StorageUnavailable(
            "database_refuses",
            "PostgreSQL does not let this server in: look at TWINSPACE_DATABASE_URL.",
        )
    if sqlstate[:2] in {"40", "53", "55"} or sqlstate == "57014":
        return StorageUnavailable("database_busy", "The database is held by something else.")
    if isinstance(error, NoConnectionFree):
        return StorageUnavailable("database_busy", "The database has no connection free.")
    invalidated = isinstance(error, DBAPIError) and error.connection_invalidated
    away = isinstance(error, (OSError, InterfaceError))
    if invalidated or away or sqlstate[:2] in {"08", "57"}:
        return StorageUnavailable("database_away", "The database does not answer.")
    return error


def _note_failure(context: Any) -> None:
    # PostgreSQL answers the COMMIT of a transaction with a failed statement by undoing it, and
    # calls that a success; only going back to a savepoint mends it.
    if context.connection is not None and not context.is_disconnect:
        context.connection.info[FAILED] = True
    _leave_out_detail(context.original_exception.__cause__)


def _leave_out_detail(error: BaseException | None) -> None:
    # "Key (email)=(…) already exists": it holds what people wrote, and an exception may reach a
    # log.
    if isinstance(error, PostgresError):
        error.detail = None


def _note_way_back(connection: Connection, name: str, context: Any) -> None:
    if not connection.invalidated:
        connection.info.pop(FAILED, None)
