"""Bringing a quarantined document back: all of it, if it can be proved now, or its last good state.

What made a document untrustworthy may be mended since, by a newer engine or validator, or may have
been the machine's fault. Nobody has to read what is written in it for that, and nobody here does.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct
from sqlalchemy import Connection, func, insert, select, update

from twinspace_rt.db.engine import Database
from twinspace_rt.docs import quarantine
from twinspace_rt.docs.compaction import gather, prove
from twinspace_rt.docs.engine import Engine, EngineError
from twinspace_rt.docs.messages import DocumentChanged
from twinspace_rt.docs.models import document
from twinspace_rt.docs.queries import document_facts
from twinspace_rt.docs.store import NEVER, UNREADABLE, NewSnapshot, load, store_snapshot
from twinspace_rt.errors import Conflict, NotFound
from twinspace_rt.protocol import Millis
from twinspace_rt.rooms.models import room
from twinspace_rt.streams.log import Log
from twinspace_rt.streams.models import TROUBLED, entry, snapshot, stream
from twinspace_rt.streams.transaction import Transaction

log = logging.getLogger(__name__)


class TroubledDocument(Struct, kw_only=True):
    """What an administrator sees of a document in trouble: where it is, and how much is at stake.

    Not its title, which pupils choose, and nothing of what is in it.
    """

    id: str
    kind: str
    room_id: str
    room_title: str
    state: str
    """``suspect``: written on as before, and being tried again by itself; or ``quarantined``."""
    good_at: Millis | None
    """When the state was stored that people can read meanwhile; ``None``: there is none."""
    last_at: Millis | None
    """When somebody last wrote in it."""
    entries: int
    """How many changes came after the good state."""


def read_troubled(connection: Connection) -> list[TroubledDocument]:
    """List the documents that the engine has failed on, the quarantined ones first."""
    later = (
        (entry.c.stream_id == stream.c.id)
        & (entry.c.epoch == stream.c.epoch)
        & (entry.c.seq > stream.c.snapshot_seq)
    )
    good = (
        (snapshot.c.stream_id == stream.c.id)
        & (snapshot.c.epoch == stream.c.epoch)
        & (snapshot.c.upto_seq == stream.c.snapshot_seq)
    )
    rows = connection.execute(
        select(
            *(stream.c.id, stream.c.room_id, document.c.kind, room.c.title, stream.c.state),
            select(snapshot.c.at).where(good).scalar_subquery().label("good_at"),
            select(func.max(entry.c.at)).where(later).scalar_subquery().label("last_at"),
            select(func.count()).where(later).scalar_subquery().label("entries"),
        )
        .join(document, document.c.id == stream.c.id)
        .join(room, room.c.id == stream.c.room_id)
        .where(stream.c.id.in_(select(stream.c.id).where(TROUBLED)))
        .order_by(stream.c.state, stream.c.id)
    )
    return [
        TroubledDocument(
            id=row.id,
            kind=row.kind,
            room_id=row.room_id,
            room_title=row.title,
            state=row.state,
            good_at=row.good_at,
            last_at=row.last_at,
            entries=row.entries,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Repairs:
    """Opens quarantined documents again; every node follows within a second or so.

    People who have such a document open are connected anew, and have it as it is then.

    Args:
        changed: Called with a document that has been opened again.
    """

    database: Database
    log: Log
    engine: Engine
    changed: Callable[[str], None]

    async def try_again(self, document_id: str) -> None:
        """Prove a quarantined document with all that was written in it, and open it.

        Raises:
            NotFound: There is no such document.
            Conflict: It is not quarantined, or still cannot be proved; nothing has changed.
        """
        try:
            loaded = await load(self.database, document_id, trust=True)
            if loaded is None:
                raise NotFound
            if loaded.state != "quarantined":
                raise _not_quarantined()
            material = gather(document_id, loaded)
            made = None if material is None else await prove(self.engine, material)
            if material is None:
                await self.engine.text(loaded.snapshot, [], kind=loaded.kind.value)
        except (*UNREADABLE, EngineError) as error:
            code = error.code if isinstance(error, EngineError) else "unreadable"
            log.warning("repair failed document=%s code=%s", document_id, code)
            raise _still_damaged() from error
        await self.log.act(
            lambda transaction: do_release(transaction, document_id, made), document_id
        )
        self.changed(document_id)
        log.info("repaired document=%s", document_id)

    async def go_back(self, document_id: str) -> None:
        """Open a quarantined document as it was in its last good state, as another epoch.

        What was written after that stays stored under the old epoch, and on the devices of those
        who wrote it; their browsers offer it to them as text.

        Raises:
            NotFound: There is no such document.
            Conflict: It is not quarantined, or there is no good state.
        """
        await self.log.act(lambda transaction: do_go_back(transaction, document_id), document_id)
        self.changed(document_id)
        log.info("gone back document=%s", document_id)


def do_release(transaction: Transaction, document_id: str, made: NewSnapshot | None) -> None:
    """Store the proof of a quarantined document and let people write in it."""
    room_id = quarantine.do_release(transaction.connection, document_id)
    if room_id is None:
        raise _not_quarantined()
    if made is not None and not store_snapshot(transaction.connection, made, transaction.now):
        raise _still_damaged()  # another state of it was proved than is there now
    _tell(transaction, document_id, room_id)


def do_go_back(transaction: Transaction, document_id: str) -> None:
    """Begin a new epoch of a quarantined document with its last good snapshot.

    The client ids of the old epoch are not bound in the new one, so nobody writes under them any
    more: what is in a browser's memory cannot bring back what was left behind.
    """
    db = transaction.connection
    held = db.execute(
        update(stream)
        .where(stream.c.id == document_id, stream.c.kind != "room", stream.c.state == "quarantined")
        .values(epoch=stream.c.epoch + 1, head_seq=stream.c.snapshot_seq, state="open")
        .returning(stream.c.room_id, stream.c.epoch, stream.c.snapshot_seq)
    ).one_or_none()
    if held is None:
        there = select(document.c.id).where(document.c.id == document_id)
        raise NotFound if db.execute(there).one_or_none() is None else _not_quarantined()
    good = db.execute(
        select(snapshot).where(
            snapshot.c.stream_id == document_id,
            snapshot.c.epoch == held.epoch - 1,
            snapshot.c.upto_seq == held.snapshot_seq,
        )
    ).one_or_none()
    if good is None or hashlib.sha256(good.body).digest() != good.sha256:
        raise Conflict("No good state of this document is stored.", code="docs.no_good_state")
    db.execute(insert(snapshot).values({**good._mapping, "epoch": held.epoch}))
    _tell(transaction, document_id, held.room_id)


def _tell(transaction: Transaction, document_id: str, room_id: str) -> None:
    facts = document_facts(transaction.connection, document_id)
    transaction.emit(room_id, DocumentChanged(document=facts), member_id=NEVER)


def _not_quarantined() -> Conflict:
    return Conflict("This document is not quarantined.", code="docs.not_quarantined")


def _still_damaged() -> Conflict:
    return Conflict(
        "This document still cannot be trusted. It stays as it is, and nothing is lost.",
        code="docs.still_damaged",
    )
