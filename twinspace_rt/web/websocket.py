"""The WebSocket endpoints: who comes in, and the way of a frame from the socket to its room."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from starlette.types import Receive, Scope, Send

from twinspace_rt import meters
from twinspace_rt.errors import CloseCode, Disconnect, NotFound, StorageUnavailable
from twinspace_rt.rooms.access import Principal
from twinspace_rt.rooms.connection import Connection
from twinspace_rt.rooms.feature import BinaryChannel
from twinspace_rt.rooms.hub import RoomFull, RoomHub
from twinspace_rt.rooms.room import Room
from twinspace_rt.settings import Settings
from twinspace_rt.web.fast_protocol import EXTENSION, AsgiSink, FastWebSocketProtocol
from twinspace_rt.web.intake import Intake
from twinspace_rt.web.security import Origins, cookie, header

log = logging.getLogger(__name__)
Endpoint = Callable[[Any, Scope, Receive, Send], Awaitable[None]]
SUBPROTOCOL = "twinspace.v1"
TICKET_TIMEOUT_S = 10.0
UNPROVED_MAX_BYTES = 256 * 1024


class Doorkeeper(Protocol):
    """Proves who is at the door; written by ``accounts``."""

    async def by_cookie(self, token: str, room_id: str) -> Principal | None:
        """Find who a session cookie belongs to, if they may enter this room."""
        ...

    async def by_ticket(self, ticket: str, room_id: str) -> Principal | None:
        """Redeem a one-time ticket for this room."""
        ...

    async def again(self, principal: Principal) -> Principal | None:
        """Find who somebody is by now; nobody, if they may not be in the room any more."""
        ...


class Documents(Protocol):
    """The documents' side of the sockets; written by ``docs``."""

    def open_hocuspocus(self, connection: Connection) -> BinaryChannel:
        """Speak Hocuspocus 4 with a room's connection, all its documents on one socket."""
        ...

    async def room_of(self, document: str) -> str | None:
        """Find the room of a document address, or ``None``."""
        ...

    async def admits(self, document: str, principal: Principal) -> bool:
        """Tell whether a document address is there, and for this person."""
        ...

    async def open_yjs(self, connection: Connection, document: str) -> BinaryChannel | None:
        """Speak y-websocket for one document; ``None`` if it is not for this person."""
        ...


class _Ticket(msgspec.Struct, forbid_unknown_fields=True):
    ticket: str


@dataclass
class Door:
    """All that an endpoint needs to let somebody in."""

    settings: Settings
    origins: Origins
    cookie_name: str
    doorkeeper: Doorkeeper
    hub: RoomHub
    documents: Documents
    intake: Intake


class Socket:
    """One accepted WebSocket: proves who it is, then runs its frames through the room."""

    def __init__(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        self._door = door
        self._scope = scope
        self._receive = receive
        self._send = send
        fast: FastWebSocketProtocol | None = scope.get("extensions", {}).get(EXTENSION)
        self._fast = fast
        self.sink: FastWebSocketProtocol | AsgiSink = fast or AsgiSink(send)
        self._connection: Connection | None = None

    async def refuse(self, status: int) -> None:
        """Answer the upgrade with an HTTP status: nothing has been opened."""
        meters.refusals.labels("upgrade", str(status)).inc()
        await self._receive()
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": []})
        await self._send({"type": "websocket.http.response.body", "body": b""})

    async def accept(self) -> bool:
        """Complete the upgrade; returns whether the client asked for text frames."""
        await self._receive()
        speaks_text = SUBPROTOCOL in self._scope.get("subprotocols", [])
        message: dict[str, Any] = {"type": "websocket.accept"}
        if speaks_text:
            message["subprotocol"] = SUBPROTOCOL
        await self._send(message)
        return speaks_text

    async def first_ticket(self) -> str | None:
        """Wait for a one-time ticket in the first frame; nothing else is read before it."""
        if self._fast is not None:
            self._fast.conn.max_message_size = UNPROVED_MAX_BYTES
        try:
            async with asyncio.timeout(TICKET_TIMEOUT_S):
                event = await self._receive()
        except TimeoutError:
            return None
        try:
            return msgspec.json.decode(event.get("text") or b"", type=_Ticket).ticket
        except (msgspec.MsgspecError, UnicodeError):
            return None

    async def run(
        self,
        room_id: str,
        principal: Principal,
        *,
        speaks_text: bool,
        open_channel: Callable[[Connection], Awaitable[BinaryChannel | None]],
    ) -> None:
        """Serve an admitted client until it goes or is closed."""
        settings = self._door.settings
        connection = Connection(
            principal,
            self.sink,
            speaks_text=speaks_text,
            outbox_max_bytes=settings.outbox_max_bytes,
            outbox_max_age_s=settings.outbox_max_age_s,
        )
        self._connection = connection
        async with contextlib.AsyncExitStack() as stack:
            if isinstance(self.sink, AsgiSink):
                pump = asyncio.create_task(self.sink.pump())
                stack.callback(pump.cancel)
            try:
                room = await self._door.hub.enter(room_id, connection)
                stack.callback(self._door.hub.leave, room, connection)
                if await self._is_still(connection):
                    connection.channel = await open_channel(connection)
            except NotFound:
                connection.close(CloseCode.FORBIDDEN, "forbidden")
                return
            except RoomFull:
                connection.close(CloseCode.OVERLOAD, "room_full")
                return
            except StorageUnavailable:
                connection.close(CloseCode.OVERLOAD, "storage")
                return
            if connection.channel is None:
                connection.close(CloseCode.FORBIDDEN, "forbidden")
                return
            if connection.closed:
                # Shown out while its document was opened: the room has let go of it already.
                connection.channel.close()
                return
            log.info("open connection=%d room=%s", connection.number, room_id)
            if self._fast is not None:
                self._fast.take_over(
                    self._on_binary,
                    max_bytes=settings.frame_max_bytes,
                    intake=self._door.intake,
                )
            await self._serve(room, connection)

    async def _is_still(self, connection: Connection) -> bool:
        # A removal or a new role between the proof and the entering has passed this connection by.
        now = await self._door.doorkeeper.again(connection.principal)
        if now is not None and now.role_version > connection.principal.role_version:
            connection.principal = now
        return now is not None

    async def _serve(self, room: Room, connection: Connection) -> None:
        # Commands one after the other: replies come in their order. Binary frames come past here
        # only on a server that is not ours.
        while (event := await self._receive())["type"] == "websocket.receive":
            if connection.closed:
                continue
            if event.get("text") is None:
                self._on_binary(event["bytes"])
            elif not connection.speaks_text:
                connection.close(CloseCode.MALFORMED, "text")
            else:
                try:
                    await room.receive(connection, event["text"])
                except Disconnect as error:
                    connection.close(error.code, error.reason)

    def _on_binary(self, payload: bytes) -> None:
        connection = self._connection
        if connection is None or connection.closed or connection.channel is None:
            return
        try:
            connection.channel.receive(payload)
        except Disconnect as error:
            connection.close(error.code, error.reason)
        except Exception:
            log.exception("binary frame failed connection=%d", connection.number)
            connection.close(CloseCode.INTERNAL, "internal")


def come_back_later(endpoint: Endpoint) -> Endpoint:
    """Answer the upgrade with 503 while the database cannot be read: transient, not a denial.

    Whoever is let in before that is seen is closed with 1013, which says the same.
    """

    @functools.wraps(endpoint)
    async def guarded(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await endpoint(self, scope, receive, send)
        except StorageUnavailable as error:
            log.warning("not admitted code=%s", error.code)
            await Socket(self.door, scope, receive, send).refuse(503)

    return guarded


class RoomEndpoint:
    """``/ws/rooms/{room_id}``: text commands and Hocuspocus-4 frames on one socket."""

    def __init__(self, door: Door) -> None:
        self.door = door

    @come_back_later
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door, socket = self.door, Socket(self.door, scope, receive, send)
        room_id = str(scope["path_params"]["room_id"])
        if not door.origins.allows(header(scope["headers"], b"origin")):
            await socket.refuse(403)
            return
        token = cookie(scope["headers"], door.cookie_name)
        principal = await door.doorkeeper.by_cookie(token, room_id) if token else None
        if token and principal is None:
            await socket.refuse(403)
            return
        if not door.hub.takes(room_id):
            await socket.refuse(503)  # a proxy asks another node
            return
        speaks_text = await socket.accept()
        if principal is None:
            ticket = await socket.first_ticket()
            try:
                if ticket is not None:
                    principal = await door.doorkeeper.by_ticket(ticket, room_id)
            except StorageUnavailable:
                code = int(CloseCode.OVERLOAD)
                await send({"type": "websocket.close", "code": code, "reason": "storage"})
                return
            if principal is None:
                code = int(CloseCode.SIGNED_OUT)
                await send({"type": "websocket.close", "code": code, "reason": "signed_out"})
                return
        await socket.run(
            room_id, principal, speaks_text=speaks_text, open_channel=self._open_channel
        )

    async def _open_channel(self, connection: Connection) -> BinaryChannel:
        return self.door.documents.open_hocuspocus(connection)


class YjsEndpoint:
    """``/ws/yjs/{document}``: the stock y-websocket provider, one document a socket.

    The provider comes back after any close, so whoever may not come in is refused by HTTP 403
    before the upgrade.
    """

    def __init__(self, door: Door) -> None:
        self.door = door

    @come_back_later
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door, socket = self.door, Socket(self.door, scope, receive, send)
        document = str(scope["path_params"]["document"])
        token = cookie(scope["headers"], door.cookie_name)
        room_id = await door.documents.room_of(document)
        principal = None
        if token and room_id and door.origins.allows(header(scope["headers"], b"origin")):
            principal = await door.doorkeeper.by_cookie(token, room_id)
        if (
            principal is None
            or room_id is None
            or not await door.documents.admits(document, principal)
        ):
            await socket.refuse(403)
            return

        if not door.hub.takes(room_id):
            await socket.refuse(503)
            return

        async def open_channel(connection: Connection) -> BinaryChannel | None:
            return await door.documents.open_yjs(connection, document)

        await socket.accept()
        await socket.run(room_id, principal, speaks_text=False, open_channel=open_channel)


class NoEndpoint:
    """Any other address: refused as a page that is not there, by an answer like every other."""

    def __init__(self, door: Door) -> None:
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Socket(self.door, scope, receive, send).refuse(404)
