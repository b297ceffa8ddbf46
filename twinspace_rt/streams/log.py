"""The log: append, group commit, and what follows a commit.

One writer per node takes all that is queued, over all streams, in one transaction. Nothing is
acknowledged or sent before it returns. The order of ``seq`` is the order of commit, without holes:
a stream's row is updated in the transaction that inserts its entries.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import OperationalError

from twinspace_rt.db.engine import Database
from twinspace_rt.errors import CommandError, StorageUnavailable
from twinspace_rt.protocol import Push, encode, now_ms
from twinspace_rt.streams.models import doc_client, entry, stream

log = logging.getLogger(__name__)
T = TypeVar("T")


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

    Used from plain functions that the log runs one after the other, so what is read here cannot
    change before it is committed.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = now_ms()
        self.events: list[Event] = []

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


@dataclass(slots=True)
class _Append:
    stream_id: str
    epoch: int
    after_seq: int
    entries: Sequence[NewEntry]
    done: asyncio.Future[int]

    def run(self, connection: Connection, now: int) -> int:
        last = self.after_seq + len(self.entries)
        moved = connection.execute(
            _MOVE_HEAD,
            {
                "b_id": self.stream_id,
                "b_epoch": self.epoch,
                "b_after": self.after_seq,
                "b_to": last,
            },
        )
        if moved.rowcount != 1:
            row = connection.execute(
                select(stream.c.state, stream.c.epoch).where(stream.c.id == self.stream_id)
            ).one_or_none()
            if row is None or row.state not in {"open", "suspect"} or row.epoch != self.epoch:
                raise StreamClosed(row.state if row else "erased", row.epoch if row else 0)
            raise HeadMoved
        connection.execute(
            _INSERT_ENTRIES,
            [
                {
                    "stream_id": self.stream_id,
                    "epoch": self.epoch,
                    "seq": self.after_seq + 1 + i,
                    "member_id": e.member_id,
                    "at": now,
                    "nonce": None,
                    "body": e.body,
                }
                for i, e in enumerate(self.entries)
            ],
        )
        clients = [
            {
                "stream_id": self.stream_id,
                "client_id": client,
                "epoch": self.epoch,
                "member_id": e.member_id,
            }
            for e in self.entries
            for client in e.new_clients
        ]
        if clients:
            connection.execute(insert(doc_client), clients)
        return now


_MOVE_HEAD = (
    update(stream)
    .where(
        stream.c.id == bindparam("b_id"),
        stream.c.epoch == bindparam("b_epoch"),
        stream.c.head_seq == bindparam("b_after"),
        stream.c.state.in_(["open", "suspect"]),
    )
    .values(head_seq=bindparam("b_to"))
)
_INSERT_ENTRIES = insert(entry)


@dataclass(slots=True)
class _Action(Generic[T]):
    work: Callable[[Transaction], T]
    done: asyncio.Future[tuple[T, list[Event]]]

    def run(self, connection: Connection, now: int) -> tuple[T, list[Event]]:
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
    """

    def __init__(
        self,
        database: Database,
        *,
        interval_s: float,
        deliver: Callable[[Sequence[Event]], None],
    ) -> None:
        self.database = database
        self.commits = 0
        self._interval_s = interval_s
        self._deliver = deliver
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

    async def act(self, work: Callable[[Transaction], T]) -> T:
        """Run an action: its rows and its events are stored together or not at all.

        When this returns, its events have been handed to ``deliver``.

        Raises:
            CommandError: As ``work`` raised it; nothing was stored.
            StorageUnavailable: Nothing was stored.
        """
        done: asyncio.Future[tuple[T, list[Event]]] = asyncio.get_running_loop().create_future()
        self._put(_Action(work, done))
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
        try:
            results = await self.database.write(lambda connection: _run_jobs(connection, jobs))
        except Exception as error:
            if not isinstance(error, StorageUnavailable):
                log.exception("commit failed")
            for job in jobs:
                if not job.done.done():
                    job.done.set_exception(_unavailable(error))
            return
        self.commits += 1
        for job, (value, failure) in zip(jobs, results, strict=True):
            if failure is None and isinstance(job, _Action) and value[1]:
                self._deliver(value[1])
            if job.done.done():
                continue
            if failure is None:
                job.done.set_result(value)
            else:
                job.done.set_exception(failure)


def _unavailable(error: Exception) -> StorageUnavailable:
    if isinstance(error, StorageUnavailable):
        return StorageUnavailable(error.code, str(error))
    return StorageUnavailable("database_error", "The server could not store this.")


def _run_jobs(
    connection: Connection, jobs: Sequence[_Append | _Action[Any]]
) -> list[tuple[Any, Exception | None]]:
    results: list[tuple[Any, Exception | None]] = []
    now = now_ms()
    for job in jobs:
        # A savepoint each: one refused action takes nothing of its neighbours with it. A refused
        # append has written nothing yet.
        savepoint = connection.begin_nested() if isinstance(job, _Action) else None
        try:
            value = job.run(connection, now)
        except (CommandError, HeadMoved, StreamClosed) as failure:
            if savepoint:
                savepoint.rollback()
            results.append((None, failure))
        except (StorageUnavailable, OperationalError):
            # A full disk or a lost database ends the whole transaction, not one savepoint of it.
            raise
        except Exception as failure:
            if savepoint is None:
                raise
            savepoint.rollback()
            results.append((None, failure))
        else:
            if savepoint:
                savepoint.commit()
            results.append((value, None))
    return results
