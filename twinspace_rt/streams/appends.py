"""Entries on their way into documents' streams: judged against the head, then stored.

On the embedded database they are stored through the driver itself: a commit of a few entries costs
the SQL toolkit about five times what SQLite takes for it, and this is the server's busiest writer.
On PostgreSQL a commit's appends go in three statements however many there are.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, insert, update

from twinspace_rt.streams.models import doc_client, entry, stream
from twinspace_rt.streams.transaction import Head, Transaction

WRITABLE: Final = ("open", "suspect")
PAGE_BYTES: Final = 4096
PAGES_PER_STREAM: Final = 3
"""The entries' page, the stream's, and now and then one that is divided: 2.5 when measured."""
ROW_BYTES: Final = 100


class HeadMoved(Exception):
    """The stream grew elsewhere since the verdict; read the new entries and validate again."""


class StreamClosed(Exception):
    """The stream takes no entries: read-only, quarantined, erased, or of another epoch."""

    def __init__(self, state: str, epoch: int) -> None:
        super().__init__(state)
        self.state = state
        self.epoch = epoch


class NewEntry(msgspec.Struct, gc=False):
    """A validated update on its way into a document's stream."""

    member_id: str
    body: bytes
    new_clients: Sequence[int] = ()


@dataclass(slots=True)
class Append:
    """Validated entries for one stream, after ``after_seq`` and nowhere else.

    Attributes:
        tell: Called once, on the event loop: with the moment of the commit when the entries are on
            the disk, or with why nothing was stored (`HeadMoved`, `StreamClosed`,
            `StorageUnavailable`). Must not raise and must not wait.
    """

    stream_id: str
    epoch: int
    after_seq: int
    entries: Sequence[NewEntry]
    tell: Callable[[int | Exception], None]

    @property
    def upto_seq(self) -> int:
        """Where the stream stands once this is stored."""
        return self.after_seq + len(self.entries)

    def refusal(self, head: Head | None) -> HeadMoved | StreamClosed | None:
        """Say what keeps it from being stored in a stream that stands at ``head``."""
        if head is None or head.state not in WRITABLE or head.epoch != self.epoch:
            return StreamClosed(head.state if head else "erased", head.epoch if head else 0)
        return HeadMoved() if head.seq != self.after_seq else None


_MOVE_HEAD = (
    update(stream).where(stream.c.id == bindparam("b_id")).values(head_seq=bindparam("b_to"))
)
_INSERT_ENTRIES = insert(entry)
_INSERT_CLIENTS = insert(doc_client)


def judge(append: Append, heads: dict[str, Head]) -> HeadMoved | StreamClosed | None:
    """Say what keeps an append from being stored; if nothing, move its stream's head."""
    head = heads.get(append.stream_id)
    refusal = append.refusal(head)
    if refusal is None and head is not None:
        heads[append.stream_id] = replace(head, seq=append.upto_seq)
    return refusal


def store(connection: Connection, appends: Sequence[Append], now: int) -> None:
    """Store appends that were judged: three statements, however many there are."""
    entries, clients = [], []
    for append in appends:
        place = {"stream_id": append.stream_id, "epoch": append.epoch}
        for seq, new in enumerate(append.entries, append.after_seq + 1):
            who = {**place, "member_id": new.member_id}
            entries.append({**who, "seq": seq, "at": now, "nonce": None, "body": new.body})
            clients += [{**who, "client_id": client} for client in new.new_clients]
    heads = {a.stream_id: a.upto_seq for a in appends}
    connection.execute(_MOVE_HEAD, [{"b_id": id_, "b_to": seq} for id_, seq in heads.items()])
    connection.execute(_INSERT_ENTRIES, entries)
    if clients:
        connection.execute(_INSERT_CLIENTS, clients)


def append_now(
    transaction: Transaction, stream_id: str, head: Head, entries: Sequence[NewEntry]
) -> None:
    """Store entries at the head of a stream that the action has locked, and found open."""
    # Whoever waits for it is told by the action.
    append = Append(stream_id, head.epoch, head.seq, entries, lambda _: None)
    store(transaction.connection, [append], transaction.now)
    transaction.grown.add(stream_id)


_SQLITE_MOVE_HEAD = (
    "UPDATE stream SET head_seq = ?"
    " WHERE id = ? AND epoch = ? AND head_seq = ? AND state IN ('open', 'suspect')"
)
_SQLITE_HEAD = "SELECT epoch, head_seq, state FROM stream WHERE id = ?"
_SQLITE_INSERT_ENTRY = (
    "INSERT INTO entry (stream_id, epoch, seq, member_id, at, body) VALUES (?, ?, ?, ?, ?, ?)"
)
_SQLITE_INSERT_CLIENT = (
    "INSERT INTO doc_client (stream_id, client_id, epoch, member_id) VALUES (?, ?, ?, ?)"
)


def pages_of(appends: Sequence[Append]) -> int:
    """Estimate how many pages of SQLite's file appends change: what they write, and in how many
    places.
    """
    size = sum([len(new.body) + ROW_BYTES for append in appends for new in append.entries])
    return PAGES_PER_STREAM * len(appends) + size // PAGE_BYTES


def store_on_sqlite(
    driver: sqlite3.Connection, appends: Sequence[Append], now: int
) -> list[HeadMoved | StreamClosed | None]:
    """Judge and store appends in the caller's transaction, through SQLite's driver.

    Returns:
        For each append, why it alone was refused.

    Raises:
        sqlite3.Error: A row cannot be stored, and so the whole transaction cannot.
    """
    refusals: list[HeadMoved | StreamClosed | None] = []
    entries: list[tuple[str, int, int, str, int, bytes]] = []
    clients: list[tuple[str, int, int, str]] = []
    for append in appends:
        stream_id, epoch, seq = append.stream_id, append.epoch, append.after_seq
        # One statement judges and moves: a transaction that writes has SQLite to itself.
        moved = driver.execute(_SQLITE_MOVE_HEAD, (append.upto_seq, stream_id, epoch, seq))
        if moved.rowcount != 1:
            row = driver.execute(_SQLITE_HEAD, (stream_id,)).fetchone()
            refusals.append(append.refusal(Head(*row) if row else None))
            continue
        refusals.append(None)
        for new in append.entries:
            seq += 1
            entries.append((stream_id, epoch, seq, new.member_id, now, new.body))
            for client in new.new_clients:
                clients.append((stream_id, client, epoch, new.member_id))
    driver.executemany(_SQLITE_INSERT_ENTRY, entries)
    if clients:
        driver.executemany(_SQLITE_INSERT_CLIENT, clients)
    return refusals
