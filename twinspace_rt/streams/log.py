"""The log: append, group commit, and what follows a commit.

One writer per node takes all that is queued, over all streams, in one transaction. Nothing is
acknowledged or sent before it returns. The order of ``seq`` is the order of commit, without holes:
a stream's row is updated in the transaction that inserts its entries.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, String, any_, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

from twinspace_rt import meters
from twinspace_rt.db.engine import Database, ends_transaction
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.protocol import Push, encode, now_ms
from twinspace_rt.streams.models import doc_client, entry, stream

log = logging.getLogger(__name__)
T = TypeVar("T")
_Result = tuple[Any, Exception | None]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream stands."""

    epoch: int
    seq: int
    state: str


@dataclass(frozen=True, slots=True)
class Event:
    """One committed event of a room: the frame as it goes out, and who may see it."""

    stream_id: str
    epoch: int
    seq: int
    audience: str
    frame: bytes


class HeadMoved(Exception):
    """The stream grew elsewhere since the verdict; read the new entries and validate again."""


class StreamClosed(Exception):
    """The stream takes no entries: read-only, quarantined, erased, or of another epoch."""

    def __init__(self, state: str, epoch: int) -> None:
        super().__init__(state)
        self.state = state
        self.epoch = epoch


class EventBody(msgspec.Struct, array_like=True):
    """How an event is stored: who may see it, then the push itself."""

    audience: str
    push: msgspec.Raw


_body_decoder = msgspec.json.Decoder(EventBody)


def decode_event(stream_id: str, epoch: int, seq: int, body: bytes) -> Event:
    """Read a stored event back as it was sent."""
    stored = _body_decoder.decode(body)
    return Event(stream_id, epoch, seq, stored.audience, bytes(stored.push))


class Transaction:
    """One action's view of the database: reads, writes and the events they cause.

    Used from plain functions that the log runs one after the other, with their room locked, so
    what is read here of that room cannot change before it is committed.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = now_ms()
        self.events: list[Event] = []

    def lock(self, room_id: str) -> None:
        """Let no other node change a room until this is committed.

        For an action that learns only here which room it is about; the others name it to
        :meth:`Log.act`.
        """
        lock_heads(self.connection, {room_id})

    def emit(
        self,
        room_id: str,
        push: Push,
        *,
        member_id: str,
        audience: str = "room",
        nonce: str | None = None,
    ) -> int:
        """Append ``push`` to the room's stream; it is sent when the transaction has committed.

        Args:
            room_id: The room; its event stream has the same identifier.
            push: Gets its ``seq`` and ``at`` here.
            member_id: Who caused it.
            audience: Who may see it; see :mod:`twinspace_rt.rooms.access`.
            nonce: The command's, so that a resent command finds this event.

        Returns:
            The event's ``seq``.
        """
        row = self.connection.execute(
            update(stream)
            .where(stream.c.id == room_id)
            .values(head_seq=stream.c.head_seq + 1)
            .returning(stream.c.head_seq, stream.c.epoch)
        ).one()
        push.seq, push.at, push.nonce = row.head_seq, self.now, nonce or msgspec.UNSET
        frame = encode(push)
        body = encode(EventBody(audience=audience, push=msgspec.Raw(frame)))
        self.connection.execute(
            insert(entry).values(
                stream_id=room_id,
                epoch=row.epoch,
                seq=push.seq,
                member_id=member_id,
                at=self.now,
                nonce=nonce,
                body=body,
            )
        )
        self.events.append(Event(room_id, row.epoch, push.seq, audience, frame))
        return push.seq

    def amend(self, room_id: str, seq: int, change: Callable[[Any], None]) -> None:
        """Change what a stored event of the current epoch says, keeping its place and audience.

        For text that is taken back: whoever resumes later must not be sent it any more. The event
        that says so is emitted as well, since others have seen the old one. Does nothing if the
        event is no longer held.

        Args:
            room_id: The room.
            seq: The event.
            change: Gets the push as plain data, and changes it in place.
        """
        held = (
            entry.c.stream_id == room_id,
            entry.c.epoch.in_(select(stream.c.epoch).where(stream.c.id == room_id)),
            entry.c.seq == seq,
        )
        body = self.connection.execute(select(entry.c.body).where(*held)).scalar_one_or_none()
        if body is None:
            return
        stored = _body_decoder.decode(body)
        push = msgspec.json.decode(stored.push)
        change(push)
        stored.push = msgspec.Raw(encode(push))
        self.connection.execute(update(entry).where(*held).values(body=encode(stored)))

    def repeated(self, room_id: str, member_id: str, nonce: str) -> Event | None:
        """Find the event that an earlier copy of a command caused."""
        row = self.connection.execute(
            select(entry.c.epoch, entry.c.seq, entry.c.body).where(
                entry.c.stream_id == room_id,
                entry.c.member_id == member_id,
                entry.c.nonce == nonce,
            )
        ).one_or_none()
        return None if row is None else decode_event(room_id, row.epoch, row.seq, row.body)


def create_stream(connection: Connection, stream_id: str, room_id: str, kind: str) -> None:
    """Open a new, empty stream in its first epoch."""
    connection.execute(
        insert(stream).values(
            id=stream_id,
            room_id=room_id,
            kind=kind,
            epoch=1,
            head_seq=0,
            snapshot_seq=0,
            state="open",
        )
    )


@dataclass(slots=True)
class NewEntry:
    """A validated update on its way into a document's stream."""

    member_id: str
    body: bytes
    new_clients: Sequence[int] = ()


_HEADS = select(stream.c.id, stream.c.epoch, stream.c.head_seq, stream.c.state)
# One statement for any number of streams, where PostgreSQL would prepare an IN for each number;
# in one order on every node, so that two of them never wait for each other.
_LOCK_HEADS = (
    _HEADS.where(stream.c.id == any_(bindparam("ids", type_=ARRAY(String))))
    .order_by(stream.c.id)
    .with_for_update()
)


def lock_heads(connection: Connection, stream_ids: Collection[str]) -> dict[str, Head]:
    """Read where streams stand, and let nobody move them until this transaction ends."""
    if connection.dialect.name == "postgresql":
        rows = connection.execute(_LOCK_HEADS, {"ids": sorted(stream_ids)})
    else:  # a transaction that writes has SQLite to itself
        rows = connection.execute(_HEADS.where(stream.c.id.in_(stream_ids)))
    return {row.id: Head(row.epoch, row.head_seq, row.state) for row in rows}


@dataclass(slots=True)
class _Append:
    stream_id: str
    epoch: int
    after_seq: int
    entries: Sequence[NewEntry]
    done: asyncio.Future[int]

    def judge(self, heads: dict[str, Head]) -> HeadMoved | StreamClosed | None:
        """Say what keeps it from being stored; if nothing, move the stream's head."""
        head = heads.get(self.stream_id)
        if head is None or head.state not in {"open", "suspect"} or head.epoch != self.epoch:
            return StreamClosed(head.state if head else "erased", head.epoch if head else 0)
        if head.seq != self.after_seq:
            return HeadMoved()
        heads[self.stream_id] = replace(head, seq=self.after_seq + len(self.entries))
        return None


def _store(connection: Connection, appends: Sequence[_Append], now: int) -> None:
    """Store appends that were judged: three statements, however many there are."""
    entries, clients = [], []
    for append in appends:
        place = {"stream_id": append.stream_id, "epoch": append.epoch}
        for seq, new in enumerate(append.entries, append.after_seq + 1):
            who = {**place, "member_id": new.member_id}
            entries.append({**who, "seq": seq, "at": now, "nonce": None, "body": new.body})
            clients += [{**who, "client_id": client} for client in new.new_clients]
    heads = {a.stream_id: a.after_seq + len(a.entries) for a in appends}
    connection.execute(_MOVE_HEAD, [{"b_id": id_, "b_to": seq} for id_, seq in heads.items()])
    connection.execute(_INSERT_ENTRIES, entries)
    if clients:
        connection.execute(_INSERT_CLIENTS, clients)


_MOVE_HEAD = (
    update(stream).where(stream.c.id == bindparam("b_id")).values(head_seq=bindparam("b_to"))
)
_INSERT_ENTRIES = insert(entry)
_INSERT_CLIENTS = insert(doc_client)


@dataclass(slots=True)
class _Action(Generic[T]):
    work: Callable[[Transaction], T]
    stream_id: str | None
    done: asyncio.Future[tuple[T, list[Event]]]

    def run(self, connection: Connection) -> tuple[T, list[Event]]:
        transaction = Transaction(connection)
        return self.work(transaction), transaction.events


class Log:
    """Appends to all streams of this node through one writer.

    Args:
        database: Where the streams are.
        interval_s: Shortest time between the starts of two commits. At rest an edit commits at
            once; under load batches grow.
        deliver: Called after each commit with the events of each action, in commit order, before
            the action's caller is told.
        announce: Called after each commit with the streams that have grown, to tell other nodes.
    """

    def __init__(
        self,
        database: Database,
        *,
        interval_s: float,
        deliver: Callable[[Sequence[Event]], None],
        announce: Callable[[Iterable[str]], None] = lambda _: None,
    ) -> None:
        self.database = database
        self.commits = 0
        self._interval_s = interval_s
        self._deliver = deliver
        self._announce = announce
        self._queue: list[_Append | _Action[Any]] = []
        self._wake = asyncio.Event()
        self._closing = False

    async def append(
        self, stream_id: str, epoch: int, after_seq: int, entries: Sequence[NewEntry]
    ) -> int:
        """Append validated entries to a document's stream, after ``after_seq`` and nowhere else.

        Returns:
            The moment of the commit; the entries are on the disk then.

        Raises:
            HeadMoved: The stream's head is not ``after_seq``; nothing was stored.
            StreamClosed: The stream takes no entries in this epoch; nothing was stored.
            StorageUnavailable: Nothing was stored.
        """
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._put(_Append(stream_id, epoch, after_seq, entries, done))
        return await done

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
        done: asyncio.Future[tuple[T, list[Event]]] = asyncio.get_running_loop().create_future()
        self._put(_Action(work, room_id, done))
        return (await done)[0]

    def _put(self, job: "_Append | _Action[Any]") -> None:
        if self._closing:
            raise StorageUnavailable("closing", "The server is stopping.")
        self._queue.append(job)
        self._wake.set()

    async def run(self) -> None:
        """Commit what is queued until :meth:`close`; then commit what is left and return."""
        loop = asyncio.get_running_loop()
        while not (self._closing and not self._queue):
            await self._wake.wait()
            self._wake.clear()
            if not self._queue:
                continue
            started = loop.time()
            jobs, self._queue = self._queue, []
            await self._commit(jobs)
            pause = started + self._interval_s - loop.time()
            if pause > 0 and not self._closing:
                await asyncio.sleep(pause)
            if self._queue:
                self._wake.set()

    def close(self) -> None:
        """Take no more; :meth:`run` returns when all that was taken is committed."""
        self._closing = True
        self._wake.set()

    async def _commit(self, jobs: Sequence["_Append | _Action[Any]"]) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            try:
                results = await self._write(jobs, apart=False)
            except DBAPIError:
                # A row of one append cannot be stored: that must not hold up the others.
                log.exception("a batch failed; its appends go one by one")
                results = await self._write(jobs, apart=True)
        except Exception as error:
            if not isinstance(error, StorageUnavailable):
                log.exception("commit failed")
            meters.commit_failures.labels(_unavailable(error).code).inc()
            for job in jobs:
                if not job.done.done():
                    job.done.set_exception(_unavailable(error))
            return
        self.commits += 1
        meters.commit_seconds.observe(loop.time() - started)
        meters.commit_jobs.observe(len(jobs))
        grown: set[str] = set()
        for job, (value, failure) in zip(jobs, results, strict=True):
            if failure is None:
                grown |= _streams_of(job, value)
            if failure is None and isinstance(job, _Action) and value[1]:
                self._deliver(value[1])
            if job.done.done():
                continue
            if failure is None:
                job.done.set_result(value)
            else:
                job.done.set_exception(failure)
        self._announce(grown)

    async def _write(
        self, jobs: Sequence["_Append | _Action[Any]"], *, apart: bool
    ) -> list[_Result]:
        return await self.database.write(
            lambda connection: _run_jobs(connection, jobs, apart=apart), locked=True
        )


def _streams_of(job: "_Append | _Action[Any]", value: Any) -> set[str]:
    return {job.stream_id} if isinstance(job, _Append) else {event.stream_id for event in value[1]}


def _unavailable(error: Exception) -> StorageUnavailable:
    if isinstance(error, StorageUnavailable):
        return StorageUnavailable(error.code, str(error))
    return StorageUnavailable("database_error", "The server could not store this.")


def _run_jobs(
    connection: Connection, jobs: Sequence[_Append | _Action[Any]], *, apart: bool
) -> list[_Result]:
    """Run a batch in the caller's transaction: the appends together (or apart), then the actions.

    Returns:
        For each job its value, or why it alone was refused.
    """
    now = now_ms()
    heads = lock_heads(connection, {job.stream_id for job in jobs if job.stream_id})
    results: dict[int, _Result] = {}
    together: list[_Append] = []
    for job in jobs:
        if not isinstance(job, _Append):
            continue
        before = heads.get(job.stream_id)
        refusal: Exception | None = job.judge(heads)
        if refusal is None and apart:
            _, refusal = _attempt(connection, partial(_store, connection, [job], now))
            if refusal is not None and before is not None:
                heads[job.stream_id] = before
        elif refusal is None:
            together.append(job)
        results[id(job)] = (now if refusal is None else None, refusal)
    if together:
        _store(connection, together, now)
    for job in jobs:
        if isinstance(job, _Action):
            results[id(job)] = _attempt(connection, partial(job.run, connection))
    return [results[id(job)] for job in jobs]


def _attempt(connection: Connection, work: Callable[[], Any]) -> _Result:
    """Run ``work`` in a savepoint of its own: refused, it takes nothing of its neighbours."""
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
        return None, failure
    savepoint.commit()
    return value, None
