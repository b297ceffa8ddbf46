"""Documents in the database: loading one, reading its new entries, storing a snapshot."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from twinspace_rt.db.engine import Database
from twinspace_rt.docs.models import document, document_text
from twinspace_rt.docs.validator import (
    TRUSTED_LIMITS,
    DocumentState,
    DumpDamaged,
    Kind,
    Refused,
    parse,
    schema_for,
)
from twinspace_rt.ids import new_id
from twinspace_rt.plain_text import fold
from twinspace_rt.streams.follow import Head, stream_head
from twinspace_rt.streams.log import create_stream
from twinspace_rt.streams.models import archive, doc_client, entry, snapshot, stream

AnyRow = Row[*tuple[Any, ...]]
SCHEMA_VERSION = 1
OFF_LOOP_BYTES = 64 * 1024
"""What is larger is parsed in another thread, while the event loop goes on."""
UNREADABLE = (Refused, DumpDamaged)
"""What reading a document raises whose stored bytes do not fit together."""
NEVER = "0" * 20
"""The member of what the server wrote by itself."""


class TailEntry(msgspec.Struct, frozen=True, gc=False):
    """One entry after the snapshot, and who inserted what in it."""

    seq: int
    member_id: str
    at: int
    body: bytes
    ranges: tuple[tuple[int, int, int], ...]


@dataclass(slots=True)
class Loaded:
    """A document as the database has it."""

    room_id: str
    kind: Kind
    epoch: int
    head_seq: int
    state: str
    archived: bool
    snapshot_seq: int
    snapshot: bytes | None
    snapshot_vector: dict[int, int]
    tail: list[TailEntry]
    validator: DocumentState


def create_document(
    connection: Connection,
    room_id: str,
    title: str,
    kind: str,
    created_by: str,
    now: int,
    *,
    folder_id: str | None = None,
) -> str:
    """Make an empty document and its stream; returns its id."""
    document_id = new_id()
    connection.execute(
        insert(document).values(
            id=document_id,
            room_id=room_id,
            folder_id=folder_id,
            kind=Kind(kind).value,
            schema_version=SCHEMA_VERSION,
            title=title,
            title_key=fold(title),
            created_by=created_by,
            created_at=now,
            updated_at=now,
        )
    )
    create_stream(connection, document_id, room_id, kind)
    return document_id


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows of a document, not looked into yet."""

    facts: AnyRow
    snapshot: AnyRow | None
    clients: Sequence[AnyRow]
    entries: Sequence[AnyRow]


# Part of every opening. Made once: to make a statement takes longer than to ask it.
_FACTS = (
    select(
        document.c.room_id,
        document.c.kind,
        document.c.schema_version,
        document.c.archived,
        stream.c.epoch,
        stream.c.head_seq,
        stream.c.snapshot_seq,
        stream.c.state,
    )
    .join(stream, stream.c.id == document.c.id)
    .where(document.c.id == bindparam("document_id"))
)
_SNAPSHOT = select(snapshot.c.body, snapshot.c.validator).where(
    snapshot.c.stream_id == bindparam("document_id"),
    snapshot.c.epoch == bindparam("epoch"),
    snapshot.c.upto_seq == bindparam("upto"),
)
_CLIENTS = select(doc_client.c.client_id, doc_client.c.member_id, doc_client.c.epoch).where(
    doc_client.c.stream_id == bindparam("document_id")
)
_ENTRIES = (
    select(entry.c.seq, entry.c.member_id, entry.c.at, entry.c.body)
    .where(
        entry.c.stream_id == bindparam("document_id"),
        entry.c.epoch == bindparam("epoch"),
        entry.c.seq > bindparam("after"),
    )
    .order_by(entry.c.seq)
)


async def load(database: Database, document_id: str, *, trust: bool = False) -> Loaded | None:
    """Read a document and rebuild what the validator knows of it; ``None`` if there is none.

    Of a quarantined one only the snapshot is read, unless told to ``trust``: what came after it is
    in doubt. A large one takes a while to rebuild, which is done in another thread: on PostgreSQL a
    transaction runs on the event loop.

    Raises:
        DumpDamaged, Refused: The stored bytes do not fit together; the document must not be
            opened as if it were empty.
    """
    stored = await database.read(lambda db: read_stored(db, document_id, trust=trust))
    return None if stored is None else await asyncio.to_thread(rebuild, stored)


def read_stored(connection: Connection, document_id: str, *, trust: bool = False) -> Stored | None:
    """Read the rows of a document; ``None`` if there is none."""
    wanted = {"document_id": document_id}
    facts = connection.execute(_FACTS, wanted).one_or_none()
    if facts is None:
        return None
    held = connection.execute(
        _SNAPSHOT, wanted | {"epoch": facts.epoch, "upto": facts.snapshot_seq}
    ).one_or_none()
    clients = connection.execute(_CLIENTS, wanted).all()
    entries: Sequence[AnyRow] = []
    if trust or facts.state != "quarantined":
        entries = read_entries(connection, document_id, facts.epoch, facts.snapshot_seq)
    return Stored(facts, held, clients, entries)


def rebuild(stored: Stored) -> Loaded:
    """Make a document of its rows; raises as :func:`load` does."""
    facts, held = stored.facts, stored.snapshot
    schema = schema_for(Kind(facts.kind), facts.schema_version)
    validator = DocumentState.load(held.validator, schema) if held else DocumentState(schema)
    vector = validator.state_vector() if held else {}
    for client in stored.clients:
        if client.epoch == facts.epoch:
            validator.bind(client.client_id, client.member_id)
        else:
            validator.retire(client.client_id)
    return Loaded(
        room_id=facts.room_id,
        kind=Kind(facts.kind),
        epoch=facts.epoch,
        head_seq=facts.head_seq,
        state=facts.state,
        archived=facts.archived,
        snapshot_seq=facts.snapshot_seq,
        snapshot=held.body if held else None,
        snapshot_vector=vector,
        tail=take_in(stored.entries, validator),
        validator=validator,
    )


def read_entries(
    connection: Connection, document_id: str, epoch: int, after: int
) -> Sequence[AnyRow]:
    """Read the entries after ``after``, in order."""
    return connection.execute(
        _ENTRIES, {"document_id": document_id, "epoch": epoch, "after": after}
    ).all()


def take_in(entries: Sequence[AnyRow], validator: DocumentState) -> list[TailEntry]:
    """Take stored entries into ``validator``."""
    tail = []
    for row in entries:
        verdict = validator.check(parse(row.body, TRUSTED_LIMITS), row.member_id, trusted=True)
        validator.apply(verdict)
        tail.append(TailEntry(row.seq, row.member_id, row.at, row.body, verdict.ranges))
    return tail


async def load_news(database: Database, document_id: str, loaded: Loaded) -> list[TailEntry] | None:
    """Read what other nodes wrote after ``loaded``, and take it into its validator.

    Nobody else may use that validator meanwhile.

    Returns:
        The new entries; ``None`` if they are not all there any more, or the document is of another
        epoch or state: then it has to be loaded anew.
    """

    def read(db: Connection) -> Sequence[AnyRow] | None:
        head = stream_head(db, document_id)
        if head.epoch != loaded.epoch or head.state != loaded.state:
            return None
        return read_news(db, document_id, loaded, head)

    entries = await database.read(read)
    if entries is None:
        return None
    if sum(len(row.body) for row in entries) > OFF_LOOP_BYTES:
        return await asyncio.to_thread(take_in, entries, loaded.validator)
    return take_in(entries, loaded.validator)


def read_news(
    connection: Connection, document_id: str, loaded: Loaded, head: Head
) -> Sequence[AnyRow] | None:
    """Read the entries from ``loaded`` up to ``head``; ``None`` if they are not all there."""
    entries = read_entries(connection, document_id, head.epoch, loaded.head_seq)
    whole = [row.seq for row in entries] == list(range(loaded.head_seq + 1, head.seq + 1))
    return entries if whole else None


@dataclass(frozen=True, slots=True)
class NewSnapshot:
    """A snapshot to be stored, and what history keeps of the covered entries.

    Attributes:
        base_seq: How far the snapshot goes that it was made from; 0: there was none.
        history: Entries that were merged; all others are kept as they are.
    """

    document_id: str
    epoch: int
    base_seq: int
    upto_seq: int
    body: bytes
    validator: bytes
    history: Sequence["HistoryEntry"]
    text: str
    words: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Consecutive entries of one member, merged; ``at`` is the last one's."""

    from_seq: int
    upto_seq: int
    member_id: str
    at: int
    body: bytes


# Part of every snapshot, and made once likewise.
_COVER = (
    update(stream)
    .where(
        stream.c.id == bindparam("b_id"),
        stream.c.epoch == bindparam("b_epoch"),
        stream.c.snapshot_seq == bindparam("b_base"),
        stream.c.head_seq >= bindparam("b_upto"),
    )
    .values(snapshot_seq=bindparam("b_upto"))
)
_DROP_TEXT = delete(document_text).where(document_text.c.document_id == bindparam("b_id"))
_DROP_OLDER = delete(snapshot).where(
    snapshot.c.stream_id == bindparam("b_id"),
    snapshot.c.epoch == bindparam("b_epoch"),
    snapshot.c.upto_seq < bindparam("b_upto"),
)
_OWN = (entry.c.stream_id == bindparam("b_id"), entry.c.epoch == bindparam("b_epoch"))
_MERGED = entry.c.seq.between(bindparam("b_first"), bindparam("b_last"))
_COVERED = entry.c.seq <= bindparam("b_upto")
_DROP_MERGED = delete(entry).where(*_OWN, _MERGED)
_DROP_COVERED = delete(entry).where(*_OWN, _COVERED)
_ARCHIVE_COVERED = insert(archive).from_select(
    ["stream_id", "epoch", "from_seq", "upto_seq", "member_id", "at", "body"],
    select(
        entry.c.stream_id,
        entry.c.epoch,
        entry.c.seq,
        entry.c.seq,
        entry.c.member_id,
        entry.c.at,
        entry.c.body,
    ).where(*_OWN, _COVERED),
)


def store_snapshot(connection: Connection, new: NewSnapshot, now: int) -> bool:
    """Store a snapshot and archive the entries it covers, in the caller's transaction.

    It takes the place of the snapshot it was made from and of no other: where another node was
    first, part of what it covers is in the archive already. Returns whether it was stored.
    """
    own = {"b_id": new.document_id, "b_epoch": new.epoch}
    upto = own | {"b_upto": new.upto_seq}
    if connection.execute(_COVER, upto | {"b_base": new.base_seq}).rowcount != 1:
        return False
    connection.execute(
        insert(snapshot),
        {
            "stream_id": new.document_id,
            "epoch": new.epoch,
            "upto_seq": new.upto_seq,
            "at": now,
            "body": new.body,
            "validator": new.validator,
            "sha256": hashlib.sha256(new.body).digest(),
        },
    )
    if new.history:
        _keep_merged(connection, new, own)
    # Where many write at once most entries stay as they are: the database moves them by itself.
    connection.execute(_ARCHIVE_COVERED, upto)
    connection.execute(_DROP_COVERED, upto)
    connection.execute(_DROP_TEXT, {"b_id": new.document_id})
    connection.execute(
        insert(document_text),
        {
            "document_id": new.document_id,
            "text": new.text,
            "folded": fold(new.text),
            "words": new.words,
        },
    )
    connection.execute(_DROP_OLDER, upto)
    return True


def _keep_merged(connection: Connection, new: NewSnapshot, own: dict[str, Any]) -> None:
    """Put the merged entries into the archive, in the place of those they are made of."""
    connection.execute(
        insert(archive),
        [
            {
                "stream_id": new.document_id,
                "epoch": new.epoch,
                "from_seq": part.from_seq,
                "upto_seq": part.upto_seq,
                "member_id": part.member_id,
                "at": part.at,
                "body": part.body,
            }
            for part in new.history
        ],
    )
    spans = [own | {"b_first": part.from_seq, "b_last": part.upto_seq} for part in new.history]
    connection.execute(_DROP_MERGED, spans)
