"""The documents that are open on this node: following what is stored, compacting, letting go."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from twinspace_rt.bus.base import Subscription, beacon_s
from twinspace_rt.db.engine import Database
from twinspace_rt.docs import quarantine
from twinspace_rt.docs.compaction import gather, prove, wants_snapshot
from twinspace_rt.docs.document import Document
from twinspace_rt.docs.engine import Engine, EngineError
from twinspace_rt.docs.store import UNREADABLE, store_snapshot
from twinspace_rt.docs.waiting import Waiting
from twinspace_rt.errors import CloseCode, StorageUnavailable
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.hub import RoomHub
from twinspace_rt.streams.follow import Head, heads, stream_head

log = logging.getLogger(__name__)
IDLE_S = 30.0
COMPACT_AGAIN_S = 60.0


@dataclass(slots=True)
class _Held:
    document: Document
    task: asyncio.Task[None]
    hints: Subscription
    reading: bool = False
    compacting: bool = False
    retry_at: float = 0.0
    strikes: int = 0


@dataclass
class Tending:
    """Keeps the open documents as the database has them, and few, short and within memory.

    A document that fails is thrown out with its connections, which come back to a fresh copy of
    what the database has; every other document goes on.
    """

    database: Database
    hub: RoomHub
    engine: Engine
    waiting: Waiting
    _open: dict[str, _Held] = field(default_factory=dict)
    _jobs: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.hub.bus.on_gap(self._hinted_all)
        self.hub.log.on_trouble(self._tell_trouble)

    # -- what is open

    @property
    def documents(self) -> Sequence[Document]:
        """The documents that are open now."""
        return [held.document for held in self._open.values()]

    def get(self, document_id: str) -> Document | None:
        """Return a document if it is open."""
        held = self._open.get(document_id)
        return None if held is None else held.document

    def take(self, document: Document) -> None:
        """Run and tend a document until it is let go of; none of that id may be open."""
        loop, document_id = asyncio.get_running_loop(), document.id
        document.idle_since = loop.time()
        task = loop.create_task(document.run(), name=f"document {document_id}")
        strikes = int(document.loaded.state == "suspect")
        hints = self.hub.bus.subscribe(document_id, lambda _: self.look_again(document_id))
        self._open[document_id] = _Held(document, task, hints, strikes=strikes)
        task.add_done_callback(lambda done: self._ended(document, done))

    def let_go(self, document: Document) -> None:
        """Have a document open no longer; one opened anew in its place stays."""
        held = self._forget(document)
        if held is not None:
            held.task.cancel()

    def _forget(self, document: Document) -> _Held | None:
        held = self._open.get(document.id)
        if held is None or held.document is not document:
            return None  # it was let go of, and has been opened anew since
        del self._open[document.id]
        held.hints.end()
        document.cursors.close()
        return held

    def _ended(self, document: Document, task: "asyncio.Task[None]") -> None:
        self._forget(document)
        if task.cancelled():
            return
        log.error("document failed document=%s", document.id, exc_info=task.exception())
        _send_away(document)

    async def close(self) -> None:
        """End every document's task."""
        tasks = [held.task for held in self._open.values()] + list(self._jobs)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- again and again

    async def run(self) -> None:
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
            self.waiting.pace(self.documents, self.hub.rooms)

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
                self.let_go(document)

    def _tell_trouble(self, code: str) -> None:
        for document in self.documents:
            document.hear_of_trouble(code)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    # -- what was stored past this node

    def look_again(self, document_id: str) -> None:
        """Read soon what was stored of a document past this node; one not open is let be."""
        # However many hints come meanwhile, one reading after them finds all.
        held = self._open.get(document_id)
        if held is not None and not held.reading:
            held.reading = True
            self._start(self._read_news(held))

    def _hinted_all(self) -> None:
        for document in self.documents:
            self.look_again(document.id)

    async def _read_news(self, held: _Held) -> None:
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

    async def _beacon(self) -> None:
        """Compare what this node knows with the database, in one query; read what it lacks."""
        documents = {d.id: d for d in self.documents if d.quiet}
        if not documents:
            return
        stored = await self.database.read(lambda db: heads(db, list(documents)))
        for document_id, head in stored.items():
            document = documents[document_id]
            if self.get(document_id) is document:  # it may have been let go of
                if head.seq > document.head_seq:
                    document.cursors.meet()  # who wrote that may not know that it is open here
                await self._compare(document, head)

    async def _compare(self, document: Document, head: Head) -> None:
        if head.epoch != document.loaded.epoch:
            document.superseded(head.epoch)
            self.let_go(document)
        elif document.loaded.state == "quarantined" != head.state:
            await self._follow_repair(document)
        elif head.seq > document.head_seq:
            try:
                async with document.committed():
                    if head.seq > document.head_seq:
                        await document.take_news()
            except UNREADABLE:
                await self.quarantine(document.id)

    async def _follow_repair(self, document: Document) -> None:
        """Have everyone who reads a repaired document come back to all of it."""
        # The head may have been read before the document was quarantined.
        head = await self.database.read(lambda db: stream_head(db, document.id))
        if head.state != "quarantined":
            self.let_go(document)
            _send_away(document)

    # -- snapshots, and documents that cannot be trusted

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

    async def _compact(self, held: _Held) -> None:
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

    async def _strike(self, held: _Held) -> None:
        """Count a failure of the engine on this document; the third one closes it to edits."""
        document_id = held.document.id
        held.strikes += 1
        if held.strikes >= quarantine.STRIKES_MAX:
            await self.quarantine(document_id)
        elif held.strikes == 1:
            held.document.loaded.state = "suspect"
            await self.database.write(lambda db: quarantine.do_suspect(db, document_id))

    async def quarantine(self, document_id: str) -> None:
        """Let nobody write in a document any more, open or not, and tell everyone in it.

        Raises:
            StorageUnavailable: It could not be stored.
        """
        await self.hub.log.act(lambda action: quarantine.do_quarantine(action, document_id))
        held = self._open.get(document_id)
        if held is not None:
            async with held.document.committed():
                await held.document.close_to_edits()


def _send_away(document: Document) -> None:
    for session in tuple(document.sessions):
        session.connection.close(CloseCode.RESTART, "document")
