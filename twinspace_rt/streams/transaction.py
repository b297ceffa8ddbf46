"""What an action of a room sees of the database: reads, writes, and the events they cause."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, String, any_, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from twinspace_rt.db.many import is_one_of
from twinspace_rt.protocol import Push, encode, now_ms
from twinspace_rt.streams.models import entry, stream


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


class EventBody(msgspec.Struct, array_like=True):
    """How an event is stored: who may see it, then the push itself."""

    audience: str
    push: msgspec.Raw


_body_decoder = msgspec.json.Decoder(EventBody)
# Part of every command. Made once: to make a statement takes longer than to run it.
_NEXT = (
    update(stream)
    .where(stream.c.id == bindparam("b_id"))
    .values(head_seq=stream.c.head_seq + 1)
    .returning(stream.c.head_seq, stream.c.epoch)
)
_APPEND = insert(entry)
_REPEATED = select(entry.c.epoch, entry.c.seq, entry.c.body).where(
    entry.c.stream_id == bindparam("room_id"),
    entry.c.member_id == bindparam("member_id"),
    entry.c.nonce == bindparam("nonce"),
)


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
        self.grown: set[str] = set()
        """Streams that have new entries, which other nodes are told of."""

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
        row = self.connection.execute(_NEXT, {"b_id": room_id}).one()
        push.seq, push.at, push.nonce = row.head_seq, self.now, nonce or msgspec.UNSET
        frame = encode(push)
        body = encode(EventBody(audience=audience, push=msgspec.Raw(frame)))
        self.connection.execute(
            _APPEND,
            {
                "stream_id": room_id,
                "epoch": row.epoch,
                "seq": push.seq,
                "member_id": member_id,
                "at": self.now,
                "nonce": nonce,
                "body": body,
            },
        )
        self.events.append(Event(room_id, row.epoch, push.seq, audience, frame))
        self.grown.add(room_id)
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
            _REPEATED, {"room_id": room_id, "member_id": member_id, "nonce": nonce}
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
        rows = connection.execute(_HEADS.where(is_one_of(connection, stream.c.id, stream_ids)))
    return {row.id: Head(row.epoch, row.head_seq, row.state) for row in rows}
