"""The way to the documents: who may have one, and opening it."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select

from twinspace_rt.db.engine import Database
from twinspace_rt.docs.channel import Denied, HocuspocusChannel, YjsChannel
from twinspace_rt.docs.document import Document
from twinspace_rt.docs.engine import Engine
from twinspace_rt.docs.messages import DocumentChanged
from twinspace_rt.docs.models import document as document_table
from twinspace_rt.docs.session import Scope
from twinspace_rt.docs.store import UNREADABLE, Loaded, load
from twinspace_rt.docs.tending import Tending
from twinspace_rt.docs.wire import parse_address
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.rooms.access import READERS, WRITERS, Principal, RoomState
from twinspace_rt.rooms.bucket import Bucket, Buckets
from twinspace_rt.rooms.connection import Connection
from twinspace_rt.rooms.hub import RoomHub
from twinspace_rt.rooms.room import Room

TRAFFIC_BYTES_PER_S = 64 * 1024
TRAFFIC_BURST_BYTES = 2 * 1024 * 1024
# Asked for at every door. Made once: to make a statement takes longer than to ask it.
_ROOM = select(document_table.c.room_id).where(document_table.c.id == bindparam("document_id"))


@dataclass
class Library:
    """Lets people into documents, and opens each once however many come at once."""

    database: Database
    hub: RoomHub
    engine: Engine
    tending: Tending
    _opening: dict[str, asyncio.Task[Document | None]] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)
    """Those that are being opened and have changed since they were read."""
    _traffic: Buckets = field(init=False)
    _draining: bool = False

    def __post_init__(self) -> None:
        self._traffic = Buckets(TRAFFIC_BYTES_PER_S, TRAFFIC_BURST_BYTES)
        self.hub.features.listen(DocumentChanged, self._follow_change)

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
        document = self.tending.get(document_id)
        if document is not None:
            return document.loaded.room_id
        return await self.database.read(
            lambda db: db.execute(_ROOM, {"document_id": document_id}).scalar_one_or_none()
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
        document = self.tending.get(push.document.id)
        if document is None:
            self._note_change(push.document.id)
            return
        document.loaded.archived = push.document.archived
        for session in tuple(document.sessions):
            scope = self.scope_of(document, session.principal)
            if scope is not None:
                document.set_scope(session, scope)

    # -- opening

    async def open(self, document_id: str) -> Document | None:
        """Find a document, reading it from the database if need be; ``None`` if there is none."""
        document = self.tending.get(document_id)
        if document is not None:
            if document.idle_since is not None:
                # Not let go of just now; who comes in and stays ends the wait.
                document.idle_since = asyncio.get_running_loop().time()
            return document
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
                    await self.tending.quarantine(document_id)
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
        document = Document(
            document_id,
            loaded,
            self.hub.log,
            self.database,
            self.engine,
            self.tending.waiting,
            self.hub.neighbours,
        )
        self.tending.take(document)
        return document

    def look_again(self, document_id: str) -> None:
        """Read soon what was stored of a document past this node, also if it is being opened."""
        if self.tending.get(document_id) is None:
            self._note_change(document_id)
        else:
            self.tending.look_again(document_id)

    def _note_change(self, document_id: str) -> None:
        if document_id in self._opening:
            self._changed.add(document_id)

    async def drain(self) -> None:
        """Admit no more, and return when all that was taken is committed and acknowledged."""
        self._draining = True
        for document in self.tending.documents:
            with contextlib.suppress(StorageUnavailable):  # of one that has failed
                async with document.committed():
                    pass
