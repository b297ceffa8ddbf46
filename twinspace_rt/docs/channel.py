"""The documents' end of a socket: Hocuspocus 4 with many documents, or y-websocket with one."""

import asyncio
import logging
from collections import deque
from typing import Protocol

from twinspace_rt.docs import wire
from twinspace_rt.docs.document import Document
from twinspace_rt.docs.session import GREETED, Greeting, Scope, Session
from twinspace_rt.docs.validator import SYNC_LIMITS, Refused, read_state_vector
from twinspace_rt.docs.wire import Message, MessageType, SyncType
from twinspace_rt.errors import CloseCode, Disconnect, StorageUnavailable
from twinspace_rt.rooms.access import Principal
from twinspace_rt.rooms.bucket import Bucket
from twinspace_rt.rooms.connection import BINARY, Connection, Frame, Pause

log = logging.getLogger(__name__)
DOCUMENTS_PER_SOCKET = 32
SESSIONS_PER_DOCUMENT = 4
AUTH_PER_S = 10
BACKLOG_MAX_BYTES = 1024 * 1024
FRAME_BYTES = 64
"""What a frame costs beside what is in it: an empty one is work, too."""
_PING = Frame(BINARY, wire.PING)
PACED_TOGETHER_BYTES = 2048
"""Typed characters are counted together: a member's bucket holds a thousand times as much."""


class Denied(Exception):
    """The document is not for this person, or not in this epoch; ``reason`` is sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Shelf(Protocol):
    """Where channels get documents from."""

    async def admit(self, address: str, principal: Principal) -> tuple[Document, Scope]:
        """Open a document for somebody; raises `Denied`."""
        ...

    def scope_of(self, document: Document, principal: Principal) -> Scope | None:
        """Tell what somebody may do in a document; ``None``: nothing."""
        ...

    def traffic_of(self, principal: Principal) -> Bucket:
        """Return the bucket that shapes a member's bytes."""
        ...


class Channel:
    """What both protocols share: sessions, messages of one document, and the pace of edits."""

    __slots__ = ("_closed", "_resume", "_unpaced", "connection", "greeting", "sessions", "shelf")

    def __init__(self, connection: Connection, shelf: Shelf) -> None:
        self.connection = connection
        self.shelf = shelf
        self.greeting = Greeting()
        self.sessions: dict[str, tuple[Document, Session]] = {}
        self._resume: asyncio.TimerHandle | None = None
        self._closed = False
        self._unpaced = 0

    def open_session(
        self, key: str, document: Document, scope: Scope, prefix: bytes, *, acknowledges: bool
    ) -> Session:
        """Put a session in its document."""
        session = Session(
            connection=self.connection,
            principal=self.connection.principal,
            prefix=prefix,
            acknowledges=acknowledges,
            greeting=self.greeting,
            scope=scope,
        )
        document.enter(session)
        self.sessions[key] = (document, session)
        return session

    def close_session(self, key: str) -> None:
        """Take a session out of its document; an unknown one is ignored."""
        held = self.sessions.pop(key, None)
        if held is not None:
            held[0].leave(held[1])

    def take(self, document: Document, session: Session, message: Message) -> None:
        """Take a message about a document that is open for this connection."""
        if message.type is MessageType.SYNC:
            self._take_sync(document, session, message)
        elif message.type is MessageType.AWARENESS:
            document.cursors.receive(session, message.body)
        elif message.type is MessageType.QUERY_AWARENESS:
            document.cursors.tell_everyone(session)

    def _take_sync(self, document: Document, session: Session, message: Message) -> None:
        if message.kind == SyncType.STEP_1:
            try:
                vector = read_state_vector(message.body, SYNC_LIMITS)
            except Refused as error:
                raise Disconnect(CloseCode.MALFORMED, error.code) from error
            self._take_step_1(document, session, vector)
        elif message.kind == SyncType.STEP_2:
            if not self.greeting.is_over:
                return  # the answer to a question of an earlier, dying socket
            session.left = False
            if not session.asked:
                self._pace(len(message.body))  # nobody asked for it
            document.receive_step_2(session, message.body)
        else:
            session.sent_bytes += len(message.body) + FRAME_BYTES
            # What was typed offline comes at once, and is not more than a document.
            if session.receiving or session.sent_bytes > SYNC_LIMITS.size_bytes:
                self._pace(len(message.body))
            document.receive_update(session, message.body)

    def _take_step_1(self, document: Document, session: Session, vector: dict[int, int]) -> None:
        document.receive_step_1(session, vector)

    def _pace(self, size: int) -> None:
        # Shaped by bytes in time, not refused: an update cannot be split, and the one after a
        # refused one is a gap for ever.
        self._unpaced += size + FRAME_BYTES
        if self._unpaced < PACED_TOGETHER_BYTES:
            return
        wait_s = self._pay()
        if wait_s > 0 and self._resume is None:
            self.connection.pause(Pause.TRAFFIC)
            loop = asyncio.get_running_loop()
            self._resume = loop.call_later(wait_s, self._go_on)

    def _pay(self) -> float:
        size, self._unpaced = self._unpaced, 0
        return self.shelf.traffic_of(self.connection.principal).owe(size)

    def _go_on(self) -> None:
        self._resume = None
        if not self._closed:
            self.connection.resume(Pause.TRAFFIC)

    def principal_changed(self, principal: Principal) -> None:
        """Follow a change of role: each document is written, only read or closed from now on."""
        for key, (document, session) in list(self.sessions.items()):
            session.principal = principal
            scope = self.shelf.scope_of(document, principal)
            if scope is not None:
                document.set_scope(session, scope)
                continue
            if session.acknowledges:
                session.send(wire.closed("forbidden"))
            else:
                self.connection.close(CloseCode.FORBIDDEN, "forbidden")
            self.close_session(key)

    def close(self) -> None:
        """Leave every document."""
        self._closed = True
        if self._unpaced:
            self._pay()
        if self._resume is not None:
            self._resume.cancel()
        for key in list(self.sessions):
            self.close_session(key)


class HocuspocusChannel(Channel):
    """All documents of one room on one socket.

    A Ping is the very first frame: the provider sends its offline queue at the first message and
    only then answers. The queue may hold a Pong of its own, for a socket that was being closed, so
    the first Pong is answered with one more Ping, and nothing is asked before (`Session`).
    """

    __slots__ = ("_auths", "_backlog", "_backlog_bytes", "_opening", "_spared")

    def __init__(self, connection: Connection, shelf: Shelf) -> None:
        super().__init__(connection, shelf)
        self._backlog: deque[bytes] | None = None  # an empty one holds as much as the rest
        self._backlog_bytes = 0
        self._opening: asyncio.Task[None] | None = None
        self._auths = Bucket(AUTH_PER_S, 2 * DOCUMENTS_PER_SOCKET)
        self._spared = False
        connection.send(_PING)

    def receive(self, frame: bytes) -> None:
        """Take a frame; while a document is being opened, those behind it wait in order."""
        if self._opening is None:
            self._receive(frame)
            return
        if self._backlog is None:
            self._backlog = deque()
        self._backlog.append(frame)
        self._backlog_bytes += len(frame) + FRAME_BYTES
        if self._backlog_bytes > BACKLOG_MAX_BYTES:
            self.connection.pause(Pause.OPENING)

    def _receive(self, frame: bytes) -> None:
        if frame == wire.PONG:
            self._take_pong()
            return
        if frame == wire.PING:
            self.connection.send(Frame(BINARY, wire.PONG))
            return
        key, pos = wire.read_address(frame)
        address = wire.split_key(key)
        message = wire.read_message(frame, pos)
        held = self.sessions.get(key)
        if held is None:
            # What a provider sends unasked after a denied Auth is dropped without a word.
            if message.type is MessageType.AUTH:
                self._begin(key, address)
        elif message.type is MessageType.CLOSE:
            self._take_close(key, held[1])
        elif message.type is MessageType.AUTH:
            self._take_auth_again(key, address, held[1])
        else:
            self.take(*held, message)

    def _may_be_queued(self, session: Session) -> bool:
        """Tell whether what is said about a document now may be its provider's predecessor's."""
        return session.opened_after == 0 and not self.greeting.is_over

    def _take_close(self, key: str, session: Session) -> None:
        if self._may_be_queued(session):
            # Whoever is here now will answer; what was said before is nobody's.
            session.begin_anew(session.vector)
            session.left = True
            return
        # No answer: a new provider at the same address would take it for its own.
        self.close_session(key)

    def _take_auth_again(self, key: str, address: str, session: Session) -> None:
        if self._may_be_queued(session):
            raise Disconnect(CloseCode.GAP, "queue")  # the next connection has none
        # It never changes what an open document allows.
        if session.left:
            self.close_session(key)
            self._begin(key, address)

    def _take_pong(self) -> None:
        self.greeting.pongs += 1
        if self.greeting.pongs == 1:
            self._ping()
            for document, session in list(self.sessions.values()):
                if session.vector is not None:
                    document.receive_step_1(session, session.vector)
        for key, (_, session) in list(self.sessions.items()):
            if session.left and session.has_ignored_its_question:
                self.close_session(key)

    def _take_step_1(self, document: Document, session: Session, vector: dict[int, int]) -> None:
        if session.vector is None:
            session.vector = vector
        elif self._may_be_queued(session) and any(
            vector.get(client, 0) < end for client, end in session.vector.items()
        ):
            return  # it is older than the first
        elif not self.greeting.pongs and vector == session.vector:
            return  # asked for offline; what has been typed since the socket opened is counted
        session.begin_anew(vector)
        if self.greeting.pongs:
            document.receive_step_1(session, vector)

    def _ping(self) -> None:
        if self.greeting.pongs:
            self.greeting.pings += 1  # before that, a page without a document swallows them
        self.connection.send(_PING)

    def _begin(self, key: str, address: str) -> None:
        if self._auths.take(1):
            raise Disconnect(CloseCode.OVERLOAD, "auth_rate")
        self._opening = asyncio.get_running_loop().create_task(self._open(key, address))
        self._opening.add_done_callback(self._opened)

    async def _open(self, key: str, address: str) -> None:
        opened_after = self.greeting.pongs
        prefix = wire.address_prefix(key)
        try:
            if len(self.sessions) >= DOCUMENTS_PER_SOCKET:
                raise Denied("too_many_documents")
            same = sum(wire.split_key(other) == address for other in self.sessions)
            if same >= SESSIONS_PER_DOCUMENT:
                raise Denied("too_many_sessions")
            document, _ = await self.shelf.admit(address, self.connection.principal)
            # Their role may have changed meanwhile.
            scope = self.shelf.scope_of(document, self.connection.principal)
            if scope is None:
                raise Denied("forbidden")
        except Denied as denied:
            self.connection.send(Frame(BINARY, prefix + wire.denied(denied.reason)))
            return
        except Exception as error:
            # One document that cannot be read must not take the room's connection with it.
            number = self.connection.number
            if isinstance(error, StorageUnavailable):
                log.warning("document not opened connection=%d code=%s", number, error.code)
            else:
                log.exception("document not opened connection=%d", number)
            self.connection.send(Frame(BINARY, prefix + wire.denied("unavailable")))
            return
        if self._closed:
            return
        session = self.open_session(key, document, scope, prefix, acknowledges=True)
        session.opened_after = opened_after
        session.send(wire.authenticated(session.scope.value))
        if document.trouble:
            session.send(wire.stateless(type="storage", available=False, code=document.trouble))
        document.cursors.tell_everyone(session)

    def _opened(self, task: "asyncio.Task[None]") -> None:
        self._opening = None
        if self._closed or task.cancelled():
            return
        try:
            task.result()
            while self._backlog and self._opening is None:
                frame = self._backlog.popleft()
                self._backlog_bytes -= len(frame) + FRAME_BYTES
                self._receive(frame)
        except Disconnect as error:
            self.connection.close(error.code, error.reason)
        except Exception:
            log.exception("opening failed connection=%d", self.connection.number)
            self.connection.close(CloseCode.INTERNAL, "internal")
        if self._opening is None:
            self.connection.resume(Pause.OPENING)

    def keep_alive(self) -> None:
        """Ping: the provider gives up after 30 seconds without a message."""
        # Only one Ping may reach a socket that is being closed (see the class), and one that a
        # provider answers before the first question would be taken for a leftover.
        is_unused = not self.sessions and self._opening is None
        if self.greeting.pongs or (self._spared and is_unused):
            self._ping()
        self._spared = True

    def close(self) -> None:
        super().close()
        if self._opening is not None:
            self._opening.cancel()


class YjsChannel(Channel):
    """The stock y-websocket provider: one document, no authentication, no acknowledgements."""

    __slots__ = ("_document", "_session")

    def __init__(
        self, connection: Connection, shelf: Shelf, document: Document, scope: Scope
    ) -> None:
        super().__init__(connection, shelf)
        self.greeting.pongs = GREETED
        self._session = self.open_session("", document, scope, b"", acknowledges=False)
        self._document = document
        document.cursors.tell_everyone(self._session)

    def receive(self, frame: bytes) -> None:
        """Take a frame."""
        message = wire.read_message(frame, 0)
        if message.type is MessageType.AUTH or message.type is MessageType.CLOSE:
            raise Disconnect(CloseCode.MALFORMED, "opcode")
        if self.sessions:
            self.take(self._document, self._session, message)

    def keep_alive(self) -> None:
        """Send an empty awareness update: the provider gives up after 30 quiet seconds."""
        self.connection.send(Frame(BINARY, wire.YJS_KEEPALIVE))
