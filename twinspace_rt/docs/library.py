"""The documents that are open on this node: opening, tending, compacting, letting go."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from twinspace_rt.bus.base import Subscription, beacon_s
from twinspace_rt.db.engine import Database
from twinspace_rt.docs import quarantine
from twinspace_rt.docs.channel import Denied, HocuspocusChannel, YjsChannel
from twinspace_rt.docs.compaction import gather, prove, wants_snapshot
from twinspace_rt.docs.document import Document
from twinspace_rt.docs.engine import Engine, EngineError
from twinspace_rt.docs.messages import DocumentChanged
from twinspace_rt.docs.models import document as document_table
from twinspace_rt.docs.session import Scope
from twinspace_rt.docs.store import UNREADABLE, Loaded, load, store_snapshot
from twinspace_rt.docs.wire import parse_address
from twinspace_rt.errors import CloseCode, StorageUnavailable
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import READERS, WRITERS, Principal, RoomState
from twinspace_rt.rooms.bucket import Bucket, Buckets
from twinspace_rt.rooms.connection import Connection, Pause
from twinspace_rt.rooms.hub import RoomHub
from twinspace_rt.rooms.room import Room
from twinspace_rt.settings import Settings
from twinspace_rt.streams.follow import Head, heads, stream_head

log = logging.getLogger(__name__)
IDLE_S = 30.0
COMPACT_AGAIN_S = 60.0
TRAFFIC_BYTES_PER_S = 64 * 1024
TRAFFIC_BURST_BYTES = 2 * 1024 * 1024


@dataclass
class Waiting:
    """The bytes of edits that wait for their commit, over all documents of the node."""

    max_bytes: int
    bytes: int = 0

    def add(self, count: int) -> None:
        """Count bytes in (or, negative, out)."""
        self.bytes += count

    @property
    def full(self) -> bool:
        return self.bytes > self.max_bytes


@dataclass(slots=True)
class _Shelved:
    document: Document
    task: asyncio.Task[None]
    hints: Subscription
    reading: bool = False
    compacting: bool = False
    retry_at: float = 0.0
    strikes: int = 0


@dataclass
class Library:
    """Opens a document once however many come at once, and lets go of it when it is idle.

    A document that fails is thrown out with its connections, which come back to a fresh copy of
    what the database has; every other document goes on.
    """

    database: Database
    hub: RoomHub
    engine: Engine
    settings: Settings
    _open: dict[str, _Shelved] = field(default_factory=dict)
    _opening: dict[str, asyncio.Task[Document | None]] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)
    """Those that are being opened and have changed since they were read."""
    _traffic: Buckets = field(init=False)
    _jobs: set[asyncio.Task[None]] = field(default_factory=set)
    _draining: bool = False
    _was_full: bool = False

    def __post_init__(self) -> None:
        self.waiting = Waiting(self.settings.backlog_max_bytes)
        self._traffic = Buckets(TRAFFIC_BYTES_PER_S, TRAFFIC_BURST_BYTES)
        self.hub.features.listen(DocumentChanged, self._follow_change)
        self.hub.bus.on_gap(self._hinted_all)
        self.hub.log.on_trouble(self._tell_trouble)

    @property
    def documents(self) -> Sequence[Document]:
        """The documents that are open now."""
        return [held.document for held in self._open.values()]

    # -- the sockets' side

    def open_hocuspocus(self, connection: Connection) -> HocuspocusChannel:
        """Speak Hocuspocus 4 with a room's connection."""
        return HocuspocusChannel(connection, self)

    async def room_of(self, address: str) -> str | None:
        """Find the room of a document address, or ``None``."""
        try:
            document_id = parse_address(address).document_id
        except ValueError:
            return None
        held = self._open.get(document_id)
        if held is not None:
            return held.document.loaded.room_id
        return await self.database.read(
            lambda db: db.execute(
                select(document_table.c.room_id).where(document_table.c.id == document_id)
            ).scalar_one_or_none()
        )

    async def admits(self, address: str, principal: Principal) -> bool:
        """Tell whether a document address is there, in this epoch, and for this person."""
        try:
            await self.admit(address, principal)
        except Denied:
            return False
        return True

    async def open_yjs(self, connection: Connection, address: str) -> YjsChannel | None:
        """Speak y-websocket for one document; ``None`` if it is not for this person."""
        try:
            document, scope = await self.admit(address, connection.principal)
        except Denied:
            return None
        return YjsChannel(connection, self, document, scope)

    async def admit(self, address: str, principal: Principal) -> tuple[Document, Scope]:
        """Open a document for somebody.

        Raises:
            Denied: ``forbidden`` if it is not there or not for them; ``epoch:n`` if it lives in
                another epoch now, so that an old copy is never merged into it blindly;
                ``unavailable`` while this node ends.
        """
        try:
            wanted = parse_address(address)
        except ValueError as error:
            raise Denied("forbidden") from error
        # Before it is read: nobody makes work where there is nothing for them.
        if principal.role not in READERS or await self.room_of(address) != principal.room_id:
            raise Denied("forbidden")
        document = await self.open(wanted.document_id)
        if self._draining:
            raise Denied("unavailable")
        if document is None:
            raise Denied("forbidden")
        scope = self.scope_of(document, principal)
        if scope is None:
            raise Denied("forbidden")
        if document.loaded.epoch != wanted.epoch:
            raise Denied(f"epoch:{document.loaded.epoch}")
        return document, scope

    def scope_of(self, document: Document, principal: Principal) -> Scope | None:
        """Tell what somebody may do in a document; ``None``: not even know of it."""
        loaded = document.loaded
        if loaded.room_id != principal.room_id or loaded.state == "erased":
            return None
        if principal.role not in READERS:
            return None
        room = self.hub.get(principal.room_id)
        writable = (
            room is not None
            and room.state is RoomState.OPEN
            and principal.role in WRITERS
            and loaded.state in {"open", "suspect"}
            and not loaded.archived
        )
        return Scope.WRITE if writable else Scope.READ

    def traffic_of(self, principal: Principal) -> Bucket:
        """Return the bucket that shapes a member's bytes."""
        return self._traffic[principal.member_id]

    def _follow_change(self, room: Room, push: DocumentChanged) -> None:
        held = self._open.get(push.document.id)
        if held is None:
            self._note_change(push.document.id)
            return
        document = held.document
        document.loaded.archived = push.document.archived
        for session in tuple(document.sessions):
            scope = self.scope_of(document, session.principal)
            if scope is not None:
                document.set_scope(session, scope)

    # -- opening and closing

    async def open(self, document_id: str) -> Document | None:
        """Find a document, reading it from the database if need be; ``None`` if there is none."""
        held = self._open.get(document_id)
        if held is not None:
            if held.document.idle_since is not None:
                # Not let go of just now; who comes in and stays ends the wait.
                held.document.idle_since = asyncio.get_running_loop().time()
            return held.document
        task = self._opening.get(document_id)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._load(document_id))
            self._opening[document_id] = task
            task.add_done_callback(lambda _: self._opening.pop(document_id, None))
        return await asyncio.shield(task)

    async def _read(self, document_id: str) -> Loaded | None:
        try:
            while True:
                self._changed.discard(document_id)
                try:
                    loaded = await load(self.database, document_id)
                except UNREADABLE:
                    await self._quarantine(document_id)
                    loaded = await load(self.database, document_id)
                # What was told meanwhile may be in what was read, or not, and is told once.
                if document_id not in self._changed:
                    return loaded
        finally:
            self._changed.discard(document_id)

    async def _load(self, document_id: str) -> Document | None:
        loaded = await self._read(document_id)
        if loaded is None:
            return None
        loop = asyncio.get_running_loop()
        document = Document(
            document_id,
            loaded,
            self.hub.log,
            self.database,
            self.engine,
            self.waiting,
            self.hub.neighbours,
        )
        document.idle_since = loop.time()
        task = loop.create_task(document.run(), name=f"document {document_id}")
        strikes = int(loaded.state == "suspect")
        hints = self.hub.bus.subscribe(document_id, lambda _: self.look_again(document_id))
        self._open[document_id] = _Shelved(document, task, hints, strikes=strikes)
        task.add_done_callback(lambda done: self._ended(document, done))
        return document

    def _ended(self, document: Document, task: "asyncio.Task[None]") -> None:
        self._forget(document)
        if task.cancelled():
            return
        log.error("document failed document=%s", document.id, exc_info=task.exception())
        _send_away(document)

    # -- tending

    async def tend(self) -> None:
        """Look after all documents, and after how much waits in them, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_for_news())
            # By itself: with the database silent, no more is read than may wait for it.
            tasks.create_task(self._look_after_all())

    async def _look_for_news(self) -> None:
        while True:
            await asyncio.sleep(beacon_s(self.hub.bus, shared=self.database.shared))
            try:
                await self._beacon()
            except StorageUnavailable as error:
                log.warning("beacon failed code=%s", error.code)
            except Exception:
                log.exception("beacon failed")

    async def _look_after_all(self) -> None:
        """Compact what has grown, let idle ones go, and keep pace with storage: each second."""
        while True:
            await asyncio.sleep(1)
            try:
                self._tidy()
            except Exception:
                # One document's failure stops no other: without this timer nothing is compacted.
                log.exception("tending failed")
            self._pace_all()

    def _tidy(self) -> None:
        now = asyncio.get_running_loop().time()
        for held in tuple(self._open.values()):
            document = held.document
            idle = document.idle_since is not None and now - document.idle_since > IDLE_S
            if held.compacting or not document.quiet:
                continue
            if now >= held.retry_at and wants_snapshot(document, idle=idle):
                held.compacting = True
                self._start(self._compact(held))
            elif idle and not document.sessions:
                self._let_go(document)

    def _let_go(self, document: Document) -> None:
        held = self._forget(document)
        if held is not None:
            held.task.cancel()

    def _forget(self, document: Document) -> _Shelved | None:
        held = self._open.get(document.id)
        if held is None or held.document is not document:
            return None  # it was let go of, and has been opened anew since
        del self._open[document.id]
        held.hints.end()
        document.cursors.close()
        return held

    async def _beacon(self) -> None:
        """Compare what this node knows with the database, in one query; read what it lacks."""
        documents = {d.id: d for d in self.documents if d.quiet}
        if not documents:
            return
        stored = await self.database.read(lambda db: heads(db, list(documents)))
        for document_id, head in stored.items():
            held, document = self._open.get(document_id), documents[document_id]
            if held is not None and held.document is document:  # it may have been let go of
                await self._compare(document, head)

    async def _compare(self, document: Document, head: Head) -> None:
        if head.epoch != document.loaded.epoch:
            document.superseded(head.epoch)
            self._let_go(document)
        elif document.loaded.state == "quarantined" != head.state:
            await self._follow_repair(document)
        elif head.seq > document.head_seq:
            try:
                async with document.committed():
                    if head.seq > document.head_seq:
                        await document.take_news()
            except UNREADABLE:
                await self._quarantine(document.id)

    async def _follow_repair(self, document: Document) -> None:
        """Have everyone who reads a repaired document come back to all of it."""
        # The head may have been read before the document was quarantined.
        head = await self.database.read(lambda db: stream_head(db, document.id))
        if head.state != "quarantined":
            self._let_go(document)
            _send_away(document)

    def look_again(self, document_id: str) -> None:
        """Read soon what was stored of a document past this node; one not open is let be."""
        # However many hints come meanwhile, one reading after them finds all.
        held = self._open.get(document_id)
        if held is None:
            self._note_change(document_id)
        elif not held.reading:
            held.reading = True
            self._start(self._read_news(held))

    def _note_change(self, document_id: str) -> None:
        if document_id in self._opening:
            self._changed.add(document_id)

    async def _read_news(self, held: _Shelved) -> None:
        document = held.document
        try:
            async with document.committed():
                held.reading = False
                head = await self.database.read(lambda db: stream_head(db, document.id))
            await self._compare(document, head)
        except StorageUnavailable as error:
            log.warning("hint not followed code=%s", error.code)
        finally:
            held.reading = False

    def _hinted_all(self) -> None:
        for document in self.documents:
            self.look_again(document.id)

    def _tell_trouble(self, code: str) -> None:
        for document in self.documents:
            document.hear_of_trouble(code)

    def _pace_all(self) -> None:
        # Beyond the bound nobody is read any more: edits stay in the browsers, unacknowledged.
        full = self.waiting.full
        if full:
            for document in self.documents:
                for session in document.sessions:
                    session.connection.pause(Pause.STORAGE)
        elif self._was_full:
            for room in self.hub.rooms:  # its document may be gone by now
                for connection in room.connections:
                    connection.resume(Pause.STORAGE)
        self._was_full = full

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def _compact(self, held: _Shelved) -> None:
        loop, document_id = asyncio.get_running_loop(), held.document.id
        try:
            await self.compact(held.document)
            if held.strikes:
                held.strikes = 0
                held.document.loaded.state = "open"
                await self.database.write(lambda db: quarantine.do_clear(db, document_id))
        except (EngineError, StorageUnavailable) as error:
            # The log stays the truth; it is tried again later.
            held.retry_at = loop.time() + COMPACT_AGAIN_S
            log.warning("compaction failed document=%s code=%s", document_id, error.code)
            if isinstance(error, EngineError) and quarantine.speaks_against(error):
                held.retry_at = loop.time() + quarantine.STRIKE_PAUSE_S
                with contextlib.suppress(StorageUnavailable):
                    await self._strike(held)
        except Exception:
            # No verdict on the document; but the engine must not prove it anew each second.
            held.retry_at = loop.time() + COMPACT_AGAIN_S
            log.exception("compaction failed document=%s", document_id)
        finally:
            held.compacting = False

    async def _strike(self, held: _Shelved) -> None:
        """Count a failure of the engine on this document; the third one closes it to edits."""
        document_id = held.document.id
        held.strikes += 1
        if held.strikes >= quarantine.STRIKES_MAX:
            await self._quarantine(document_id)
        elif held.strikes == 1:
            held.document.loaded.state = "suspect"
            await self.database.write(lambda db: quarantine.do_suspect(db, document_id))

    async def _quarantine(self, document_id: str) -> None:
        await self.hub.log.act(lambda action: quarantine.do_quarantine(action, document_id))
        held = self._open.get(document_id)
        if held is not None:
            async with held.document.committed():
                await held.document.close_to_edits()

    async def compact(self, document: Document) -> bool:
        """Replace a document's log by a proved snapshot; the covered entries become history.

        Returns:
            Whether a new snapshot was stored.

        Raises:
            EngineError: The snapshot could not be made or does not equal the replay.
            StorageUnavailable: It could not be stored.
        """
        async with document.committed() as loaded:
            material = gather(document.id, loaded)
        if material is None:
            return False
        new = await prove(self.engine, material)
        stored = await self.database.write(lambda db: store_snapshot(db, new, now_ms()))
        async with document.committed() as loaded:
            if not stored:
                # Another node was first; without its snapshot this one could never store any.
                await document.catch_up()
            elif loaded.epoch == material.epoch and loaded.snapshot_seq == material.base_seq:
                document.replaced(material.upto_seq, new.body, material.vector)
        return stored

    async def drain(self) -> None:
        """Admit no more, and return when all that was taken is committed and acknowledged."""
        self._draining = True
        for document in self.documents:
            with contextlib.suppress(StorageUnavailable):  # of one that has failed
                async with document.committed():
                    pass

    async def close(self) -> None:
        """End every document's task."""
        tasks = [held.task for held in self._open.values()] + list(self._jobs)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _send_away(document: Document) -> None:
    for session in tuple(document.sessions):
        session.connection.close(CloseCode.RESTART, "document")
