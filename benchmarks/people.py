"""People at their browsers: sockets that speak the providers' protocols, many in one process."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from twinspace_rt.docs import wire
from twinspace_rt.docs.lib0 import read_bytes
from twinspace_rt.docs.wire import PING, PONG, MessageType, SyncType
from twinspace_rt.web.websocket import SUBPROTOCOL

WAIT_S = 30.0
ENTER_AT_ONCE = 20
FRAME_MAX_BYTES = 64 * 1024 * 1024
_NO_STRUCTS = wire.sync(SyncType.STEP_2, b"\0\0")
_STEP_1 = wire.sync(SyncType.STEP_1, b"\0")
_AUTH = b"\x02\x00\x00\x054.8.0"
"""Without a token, from this version of the stock provider."""


@dataclass(frozen=True)
class Door:
    """Where somebody connects, and how.

    Attributes:
        document: The address that goes with each message; empty for y-websocket, whose URL says
            it; ``None`` where no document is opened.
        headers: What proves who it is.
        speaks_text: Whether to ask for a room's text frames.
    """

    url: str
    document: str | None
    headers: tuple[tuple[str, str], ...] = ()
    speaks_text: bool = False


class Person(WSListener):
    """One socket of one person, at a document, in a room or both.

    Attributes:
        content: The updates that came while joining: what the document held.
        joined: Done when the document's SyncStep2 is here.
        saved: How often the server has said "saved".
        asked: How often the server has asked for what it lacks: once at the joining.
        told: What the server says about the document beside its content: refusals, storage.
        lost: Whether the server has closed the socket.
    """

    def __init__(self, door: Door) -> None:
        self._door = door
        self._prefix = wire.address_prefix(door.document) if door.document else b""
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._transport: WSTransport | None = None
        self.content: list[bytes] = []
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.first_saved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.saved = 0
        self.asked = 0
        self.told: list[str] = []
        self.lost = False
        self.on_update: Callable[[bytes], None] = self.content.append
        self.on_saved: Callable[[], None] = lambda: None
        self.on_push: Callable[[dict[str, Any]], None] = lambda push: None

    @classmethod
    async def enter(cls, door: Door) -> Self:
        """Connect and, where there is a document, wait until its content is here.

        Raises:
            WSError: The server does not let this person in.
        """
        headers = [*door.headers]
        if door.speaks_text:
            headers.append(("Sec-WebSocket-Protocol", SUBPROTOCOL))
        _, person = await ws_connect(
            lambda: cls(door),
            door.url,
            extra_headers=headers,
            max_frame_size=FRAME_MAX_BYTES,
            websocket_handshake_timeout=WAIT_S,
        )
        assert isinstance(person, cls)
        if door.document is not None:
            async with asyncio.timeout(WAIT_S):
                await person.joined
        return person

    def send(self, message: bytes) -> None:
        """Send a message about the document."""
        assert self._transport is not None
        self._transport.send(WSMsgType.BINARY, self._prefix + message)

    def ask(self, kind: str, /, **fields: object) -> "asyncio.Future[Any]":
        """Send a command; the future holds what the reply says."""
        assert self._transport is not None
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        command = msgspec.json.encode({"id": number, "type": kind, **fields})
        self._transport.send(WSMsgType.TEXT, command)
        return answer

    async def hello(self) -> None:
        """Enter the room: from here its pushes come."""
        async with asyncio.timeout(WAIT_S):
            await self.ask("room.hello", since=None)

    def leave(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.disconnect()

    # -- what comes

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        if self._door.document is not None:
            if self._prefix:
                self.send(_AUTH)
            self.send(_STEP_1)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.lost = True

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        if frame.msg_type == WSMsgType.BINARY:
            if payload == PING:
                transport.send(WSMsgType.BINARY, PONG)
            elif self._door.document is not None:
                self._take(payload, len(self._prefix))
        elif frame.msg_type == WSMsgType.TEXT:
            self._take_text(msgspec.json.decode(payload))
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()

    def _take(self, payload: bytes, pos: int) -> None:
        kind = payload[pos]
        if kind == MessageType.SYNC_STATUS and payload[pos + 1]:
            self.saved += 1
            if not self.first_saved.done():
                self.first_saved.set_result(None)
            else:
                self.on_saved()
        elif kind == MessageType.STATELESS:
            self.told.append(read_bytes(payload, pos + 1)[0].decode())
        elif kind == MessageType.SYNC:
            self._take_sync(payload[pos + 1], read_bytes(payload, pos + 2)[0])

    def _take_sync(self, kind: int, body: bytes) -> None:
        if kind == SyncType.STEP_1:
            self.asked += 1
            self.send(_NO_STRUCTS)
        elif kind == SyncType.STEP_2 and not self.joined.done():
            self.content.append(body)
            self.on_update = lambda update: None
            self.joined.set_result(None)
        else:
            self.on_update(body)

    def _take_text(self, told: dict[str, Any]) -> None:
        answer = self._answers.pop(told.get("id", 0), None)
        if answer is None:
            self.on_push(told)
        elif "error" in told:
            answer.set_exception(RuntimeError(f"refused: {told['error']['code']}"))
        else:
            answer.set_result(told.get("ok"))


async def enter_all(doors: Sequence[Door]) -> list[Person]:
    """Let people in, a few at a time, into the rooms too where they speak text; in order."""
    gate = asyncio.Semaphore(ENTER_AT_ONCE)

    async def enter(door: Door) -> Person:
        async with gate:
            person = await Person.enter(door)
            if door.speaks_text:
                await person.hello()
            return person

    return list(await asyncio.gather(*map(enter, doors)))
