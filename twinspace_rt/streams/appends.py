"""Entries on their way into documents' streams: judged against the head, then stored.

A commit of appends alone is stored through the database's driver itself: it is the server's busiest
writer, and the SQL toolkit costs several times what the database takes for it. On PostgreSQL that
is one statement, which is judged, stored and committed in one way there and back; with actions
beside them, a commit's appends go in three statements however many there are.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, insert, update

from twinspace_rt.protocol import now_ms
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


def perhaps() -> bool:
    """Tell that another node may have a stream open: whoever does not know says so."""
    return True


@dataclass(slots=True)
class Append:
    """Validated entries for one stream, after ``after_seq`` and nowhere else.

    Attributes:
        tell: Called once, on the event loop: with the moment of the commit when the entries are on
            the disk, or with why nothing was stored (`HeadMoved`, `StreamClosed`,
            `StorageUnavailable`). Must not raise and must not wait.
        rapid: Whether somebody sends faster than a hand types, and may wait for this one before
            sending more.
        is_shared: Tells, once it is stored, whether another node may have the stream open and has
            to hear of it.
    """

    stream_id: str
    epoch: int
    after_seq: int
    entries: Sequence[NewEntry]
    tell: Callable[[int | Exception], None]
    rapid: bool = False
    is_shared: Callable[[], bool] = perhaps

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


def are_apart(appends: Sequence[Append]) -> bool:
    """Tell whether each append is to a stream of its own."""
    return len({append.stream_id for append in appends}) == len(appends)


_POSTGRESQL_STORE = """
WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[])
        AS w (id, epoch, after_seq, upto_seq)
), head AS (
    SELECT id, epoch, head_seq, state FROM stream WHERE id = ANY ($1) ORDER BY id FOR UPDATE
), moved AS (
    UPDATE stream SET head_seq = wanted.upto_seq
    FROM wanted JOIN head ON head.id = wanted.id
    WHERE stream.id = head.id AND head.epoch = wanted.epoch AND head.head_seq = wanted.after_seq
        AND head.state IN ('open', 'suspect')
    RETURNING stream.id
), stored AS (
    INSERT INTO entry (stream_id, epoch, seq, member_id, at, body)
    SELECT new.stream_id, new.epoch, new.seq, new.member_id, $10, new.body
    FROM unnest($5::text[], $6::int[], $7::bigint[], $8::text[], $9::bytea[])
        AS new (stream_id, epoch, seq, member_id, body)
    JOIN moved ON moved.id = new.stream_id
), bound AS (
    INSERT INTO doc_client (stream_id, client_id, epoch, member_id)
    SELECT new.stream_id, new.client_id, new.epoch, new.member_id
    FROM unnest($11::text[], $12::bigint[], $13::int[], $14::text[])
        AS new (stream_id, client_id, epoch, member_id)
    JOIN moved ON moved.id = new.stream_id
)
SELECT head.id, head.epoch, head.head_seq, head.state, moved.id IS NOT NULL AS moved
FROM head LEFT JOIN moved ON moved.id = head.id
"""
"""Locks the streams in the order in which every node does, and reads where they stand behind those
who had them before; a row that has changed since the statement began is looked up again."""


async def store_on_postgresql(
    appends: Sequence[Append], driver: Any
) -> list[int | HeadMoved | StreamClosed]:
    """Judge and store appends in one statement, which is a transaction of its own.

    Args:
        appends: Each of another stream.
        driver: asyncpg's connection.

    Returns:
        For each append the moment of the commit, or why it alone was refused.

    Raises:
        PostgresError: A row cannot be stored, and so none was.
    """
    now = now_ms()
    entries = [
        (append.stream_id, append.epoch, seq, new)
        for append in appends
        for seq, new in enumerate(append.entries, append.after_seq + 1)
    ]
    clients = [
        (stream_id, client, epoch, new.member_id)
        for stream_id, epoch, _, new in entries
        for client in new.new_clients
    ]
    rows = await driver.fetch(
        _POSTGRESQL_STORE,
        [append.stream_id for append in appends],
        [append.epoch for append in appends],
        [append.after_seq for append in appends],
        [append.upto_seq for append in appends],
        [stream_id for stream_id, _, _, _ in entries],
        [epoch for _, epoch, _, _ in entries],
        [seq for _, _, seq, _ in entries],
        [new.member_id for _, _, _, new in entries],
        [new.body for _, _, _, new in entries],
        now,
        [stream_id for stream_id, _, _, _ in clients],
        [client for _, client, _, _ in clients],
        [epoch for _, _, epoch, _ in clients],
        [member_id for _, _, _, member_id in clients],
    )
    moved = {row["id"] for row in rows if row["moved"]}
    heads = {row["id"]: Head(row["epoch"], row["head_seq"], row["state"]) for row in rows}
    return [
        now
        if append.stream_id in moved
        else append.refusal(heads.get(append.stream_id)) or HeadMoved()
        for append in appends
    ]
