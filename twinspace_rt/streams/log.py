"""The log: append, group commit, and what follows a commit.

One writer per node takes all that is queued, over all streams, in one transaction. Nothing is
acknowledged or sent before it returns. The order of ``seq`` is the order of commit, without holes:
a stream's row is updated in the transaction that inserts its entries.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, Generic, TypeVar

from asyncpg import PostgresError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from twinspace_rt import meters
from twinspace_rt.db.engine import Database, SqliteDatabase, ends_transaction
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.protocol import now_ms
from twinspace_rt.streams.appends import (
    Append,
    HeadMoved,
    NewEntry,
    StreamClosed,
    are_apart,
    judge,
    pages_of,
    perhaps,
    store,
    store_on_postgresql,
    store_on_sqlite,
)
from twinspace_rt.streams.sources import Intake, Source
from twinspace_rt.streams.transaction import (
    Event,
    Head,
    Transaction,
    create_stream,
    decode_event,
    lock_heads,
)

__all__ = [
    "Append",
    "Event",
    "Head",
    "HeadMoved",
    "Intake",
    "Log",
    "NewEntry",
    "Source",
    "StreamClosed",
    "Transaction",
    "create_stream",
    "decode_event",
]

log = logging.getLogger(__name__)
T = TypeVar("T")
BATCH_ENTRIES = 8
RAPID_REST_S = 0.001
"""The shortest pause where somebody waits for one commit before sending more: long enough for all
that an answer sets off to come, and short enough to find the processor's caches warm."""
HASTE_MAX = 4000
HASTE_PER_S = 50
"""How many commits begin so soon, in a row and in the long run: nobody's program has a node commit
without end, which everybody's edits go through."""
ACTIONS_MAX = 32
"""Actions of one commit: each asks the database several times, and its rows stay locked until the
commit. A thousand that waited for a database would not end within its limit, ever again."""
LATE_S = 3.0
"""A commit that takes longer is in trouble, and those who wait are told before it ends: a database
that has fallen silent is cut off after five seconds, and who waits behind that waits as long again.
"""


@dataclass(slots=True)
class _Action(Generic[T]):
    work: Callable[[Transaction], T]
    stream_id: str | None
    done: asyncio.Future[tuple[T, Transaction]]

    def run(self, connection: Connection) -> tuple[T, Transaction]:
        transaction = Transaction(connection)
        return self.work(transaction), transaction

    def tell(self, result: tuple[T, Transaction] | Exception) -> None:
        _settle(self.done, result)


class Log:
    """Appends to all streams of this node through one writer.

    Args:
        database: Where the streams are.
        interval_s: Shortest time between the starts of two commits. At rest an edit commits at
            once; under load batches grow. Where one stream brings more than `BATCH_ENTRIES`, the
            next commit comes sooner, and soonest where somebody sends faster than a hand types.
        deliver: Called after each commit with the events of each action, in commit order, before
            the action's caller is told.
        announce: Called after each commit with the streams that have grown and that other nodes may
            have open, to tell them.
        intake: Held back during commits and between two of them, if there is one.

    Attributes:
        commits: How many there were.
        late: What is wrong, as a code of `StorageUnavailable`, while a commit takes longer than
            `LATE_S`; else empty.
    """

    def __init__(
        self,
        database: Database,
        *,
        interval_s: float,
        deliver: Callable[[Sequence[Event]], None],
        announce: Callable[[Iterable[str]], None] = lambda _: None,
        intake: Intake | None = None,
    ) -> None:
        self.database = database
        self.commits = 0
        self.late = ""
        self._on_trouble: Callable[[str], None] = lambda _: None
        self._interval_s = interval_s
        self._long_s = min(interval_s, LATE_S)
        self._deliver = deliver
        self._announce = announce
        self._intake = intake
        self._queue: list[_Job] = []
        self._sources: dict[Source, None] = {}
        self._limit: asyncio.TimerHandle
        """What is due while a commit does not end."""
        self._haste: float = HASTE_MAX
        self._hasted_at = 0.0
        self._wake = asyncio.Event()
        self._closing = False

    async def append(
        self,
        stream_id: str,
        epoch: int,
        after_seq: int,
        entries: Sequence[NewEntry],
        is_shared: Callable[[], bool] = perhaps,
    ) -> int:
        """Append validated entries to a document's stream, after ``after_seq`` and nowhere else.

        Args:
            stream_id, epoch, after_seq, entries, is_shared: See `Append`.

        Returns:
            The moment of the commit; the entries are on the disk then.

        Raises:
            HeadMoved: The stream's head is not ``after_seq``; nothing was stored.
            StreamClosed: The stream takes no entries in this epoch; nothing was stored.
            StorageUnavailable: Nothing was stored.
        """
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        tell = partial(_settle, done)
        self._put(Append(stream_id, epoch, after_seq, entries, tell, is_shared=is_shared))
        return await done

    def offer(self, source: Source) -> None:
        """Ask ``source`` for what it has when the next commit begins; at rest that is at once.

        Until then it may gather more: under load that saves a commit's wait, and one queue.
        """
        self._sources[source] = None
        self._wake.set()

    def on_trouble(self, listener: Callable[[str], None]) -> None:
        """Have ``listener`` told each time a commit has failed, or takes longer than `LATE_S`.

        What waits for a later commit is in the same trouble, and its author need not wait to learn
        of it.
        """
        self._on_trouble = listener

    def announce(self, stream_id: str) -> None:
        """Tell the other nodes that a stream may have grown since they looked."""
        self._announce([stream_id])

    async def act(self, work: Callable[[Transaction], T], room_id: str | None = None) -> T:
        """Run an action: its rows and its events are stored together or not at all.

        When this returns, its events have been handed to ``deliver``.

        Args:
            work: The action. It may be run again from its start.
            room_id: The room whose rows it goes by, which no other node changes meanwhile.

        Raises:
            CommandError: As ``work`` raised it; nothing was stored.
            StorageUnavailable: Nothing was stored.
        """
        done: asyncio.Future[tuple[T, Transaction]] = asyncio.get_running_loop().create_future()
        self._put(_Action(work, room_id, done))
        return (await done)[0]

    def _put(self, job: "_Job") -> None:
        if self._closing:
            raise StorageUnavailable("closing", "The server is stopping.")
        self._queue.append(job)
        self._wake.set()

    async def run(self) -> None:
        """Commit what is queued until :meth:`close`; then commit what is left and return."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        typed_in_pause = False
        try:
            while not (self._closing and not self._queue and not self._sources):
                if not typed_in_pause:
                    await self._wake.wait()
                typed_in_pause = await self._rest(due - loop.time())
                self._wake.clear()
                started = loop.time()
                jobs = self._take_jobs()
                if not jobs:
                    continue
                await self._commit(jobs)
                due = self._due(jobs, started)
                del jobs  # hold nobody's document until the next commit
                if self._intake is not None and not typed_in_pause:
                    # To wake when the pause is over costs as much as an edit, and most likely
                    # nobody types in this one either.
                    self._intake.hold_and_tell(self._wake.set)
        finally:
            if self._intake is not None:
                self._intake.take()

    def _due(self, jobs: "Sequence[_Job]", started: float) -> float:
        """Tell when the next commit may begin, by the loop's clock."""
        appends = [job for job in jobs if isinstance(job, Append)]
        now = asyncio.get_running_loop().time()
        self._haste = min(HASTE_MAX, self._haste + HASTE_PER_S * (now - self._hasted_at))
        self._hasted_at = now
        if self._haste >= 1 and any(append.rapid for append in appends):
            self._haste -= 1
            # At least half of the time is everybody's, however long a commit takes.
            return now + max(RAPID_REST_S, now - started)
        # A commit costs by its streams; many entries in one share that already.
        most = max([len(append.entries) for append in appends], default=0)
        return started + self._interval_s * min(1.0, BATCH_ENTRIES / max(1, most))

    async def _rest(self, pause_s: float) -> bool:
        """Let the time to the next commit pass, and have all that was typed meanwhile brought.

        Returns:
            Whether there was time left, and somebody typed in it.
        """
        is_early = pause_s > 0 and not self._closing
        if is_early:
            if self._intake is not None:
                self._intake.hold()
            await asyncio.sleep(pause_s)
        has_come = self._intake is not None and self._intake.take()
        return is_early and has_come

    def _take_jobs(self) -> "list[_Job]":
        actions = [index for index, job in enumerate(self._queue) if isinstance(job, _Action)]
        cut = actions[ACTIONS_MAX] if len(actions) > ACTIONS_MAX else len(self._queue)
        jobs, self._queue = self._queue[:cut], self._queue[cut:]
        if self._queue:
            self._wake.set()
        sources, self._sources = self._sources, {}
        for source in sources:
            append = source.take()
            if append is not None:
                jobs.append(append)
        return jobs

    def close(self) -> None:
        """Take no more; :meth:`run` returns when all that was taken is committed."""
        self._closing = True
        self._wake.set()

    async def _commit(self, jobs: "Sequence[_Job]") -> None:
        started = perf_counter()  # the loop's own clock stands still while it works
        self._limit = self._expect()
        try:
            try:
                results = await self._write(jobs)
            except (DBAPIError, sqlite3.Error, PostgresError):
                # A row of one append cannot be stored: that must not hold up the others.
                log.exception("batch failed, its appends go one by one")
                results = await self._write_apart(jobs)
        except Exception as error:
            if not isinstance(error, StorageUnavailable):
                log.exception("commit failed")
            meters.commit_failures.labels(_unavailable(error).code).inc()
            for job in jobs:
                job.tell(_unavailable(error))
            self._on_trouble(_unavailable(error).code)
            return
        finally:
            self._limit.cancel()
            self.late = ""
        self.commits += 1
        meters.commit_seconds.observe(perf_counter() - started)
        meters.commit_jobs.observe(len(jobs))
        grown: set[str] = set()
        for job, result in zip(jobs, results, strict=True):
            if not isinstance(result, Exception):
                if isinstance(job, Append):
                    if job.is_shared():
                        grown.add(job.stream_id)
                else:
                    transaction = result[1]
                    grown |= transaction.grown
                    if transaction.events:
                        self._deliver(transaction.events)
            job.tell(result)
        self._announce(grown)

    def _expect(self) -> asyncio.TimerHandle:
        """Leave what is typed during a commit for the next one, which it has to wait for anyway.

        A commit that takes longer than a pause holds up nobody: there is more than edits to bring.
        """
        if self._intake is not None:
            self._intake.hold()
        return asyncio.get_running_loop().call_later(self._long_s, self._is_long)

    def _is_long(self) -> None:
        if self._intake is not None:
            self._intake.take()
        loop = asyncio.get_running_loop()
        self._limit = loop.call_later(LATE_S - self._long_s, self._is_late)

    def _is_late(self) -> None:
        self.late = "database_away"
        self._on_trouble(self.late)

    async def _write(self, jobs: "Sequence[_Job]") -> list[Any]:
        appends = [job for job in jobs if isinstance(job, Append)]
        if len(appends) == len(jobs):
            if isinstance(self.database, SqliteDatabase):
                work = partial(_run_on_sqlite, appends)
                return await self.database.write_driver(work, pages=pages_of(appends))
            if isinstance(self.database, PostgresqlDatabase) and are_apart(appends):
                return await self.database.write_driver(partial(store_on_postgresql, appends))
        return await self.database.write(partial(_run_jobs, jobs=jobs, apart=False), locked=True)

    async def _write_apart(self, jobs: "Sequence[_Job]") -> list[Any]:
        return await self.database.write(partial(_run_jobs, jobs=jobs, apart=True), locked=True)


_Job = Append | _Action[Any]


def _settle(done: asyncio.Future[Any], result: Any) -> None:
    if done.done():
        return
    if isinstance(result, Exception):
        done.set_exception(result)
    else:
        done.set_result(result)


def _unavailable(error: Exception) -> StorageUnavailable:
    if isinstance(error, StorageUnavailable):
        return StorageUnavailable(error.code, str(error))
    return StorageUnavailable("database_error", "The server could not store this.")


def _run_on_sqlite(appends: Sequence[Append], driver: sqlite3.Connection) -> list[Any]:
    now = now_ms()
    return [now if why is None else why for why in store_on_sqlite(driver, appends, now)]


def _run_jobs(connection: Connection, *, jobs: Sequence[_Job], apart: bool) -> list[Any]:
    """Run a batch in the caller's transaction: the appends together (or apart), then the actions.

    Returns:
        For each job its value, or why it alone was refused.
    """
    now = now_ms()
    heads = lock_heads(connection, {job.stream_id for job in jobs if job.stream_id})
    results: dict[int, Any] = {}
    together: list[Append] = []
    for job in jobs:
        if not isinstance(job, Append):
            continue
        before = heads.get(job.stream_id)
        refusal: Any = judge(job, heads)
        if refusal is None and apart:
            refusal = _attempt(connection, partial(store, connection, [job], now))
            if refusal is not None and before is not None:
                heads[job.stream_id] = before
        elif refusal is None:
            together.append(job)
        results[id(job)] = now if refusal is None else refusal
    if together:
        store(connection, together, now)
    for job in jobs:
        if isinstance(job, _Action):
            results[id(job)] = _attempt(connection, partial(job.run, connection))
    return [results[id(job)] for job in jobs]


def _attempt(connection: Connection, work: Callable[[], Any]) -> Any:
    """Run ``work`` in a savepoint of its own: refused, it takes nothing of its neighbours.

    Returns:
        What ``work`` returned, or the exception it raised.
    """
    savepoint = connection.begin_nested()
    try:
        value = work()
    except StorageUnavailable:
        raise
    except Exception as failure:
        # A full disk or a lost database ends the whole transaction, not one savepoint of it.
        if isinstance(failure, DBAPIError) and ends_transaction(failure):
            raise
        savepoint.rollback()
        return failure
    savepoint.commit()
    return value
