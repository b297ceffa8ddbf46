"""A Yjs provider by hand: raw frames of both protocols, for tests that look at each of them."""

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import msgspec
from pycrdt import Doc, Text, TransactionEvent
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.docs.forge import number, string
from tests.live import Live, SeededRoom, Someone
from twinspace_rt.docs.lib0 import read_bytes, read_string, read_var_uint

WAIT_S = 60.0
PING, PONG = b"\x09", b"\x0a"
SYNC, AWARENESS, AUTH, QUERY_AWARENESS, SYNC_REPLY, STATELESS, BROADCAST, CLOSE, STATUS = range(9)
_SYNC_NAMES = ("step1", "step2", "update")
_AUTH_NAMES = ("token", "denied", "authenticated")


@dataclass(frozen=True)
class Told:
    """One message of the server: its name, and what it holds."""

    name: str
    value: Any = None
    key: str = ""


def step_1(vector: bytes) -> bytes:
    """Write a SyncStep1."""
    return bytes((SYNC, 0)) + number(len(vector)) + vector


def step_2(update: bytes) -> bytes:
    """Write a SyncStep2."""
    return bytes((SYNC, 1)) + number(len(update)) + update


def update(data: bytes) -> bytes:
    """Write an Update."""
    return bytes((SYNC, 2)) + number(len(data)) + data


def auth(token: str = "") -> bytes:
    """Write an Auth."""
    return bytes((AUTH, 0)) + string(token) + string("4.8.0")


def vector(clocks: Mapping[int, int]) -> bytes:
    """Write a state vector."""
    pairs = b"".join(number(client) + number(clock) for client, clock in clocks.items())
    return number(len(clocks)) + pairs


def awareness(*states: tuple[int, int, str]) -> bytes:
    """Write an awareness message of ``(client, clock, state as JSON)``."""
    body = number(len(states)) + b"".join(
        number(client) + number(clock) + string(state) for client, clock, state in states
    )
    return bytes((AWARENESS,)) + number(len(body)) + body


def read_states(body: bytes) -> dict[int, tuple[int, Any]]:
    """Read an awareness update: client to its clock and state."""
    count, pos = read_var_uint(body, 0)
    states = {}
    for _ in range(count):
        client, pos = read_var_uint(body, pos)
        clock, pos = read_var_uint(body, pos)
        text, pos = read_string(body, pos)
        states[client] = (clock, msgspec.json.decode(text))
    assert pos == len(body)
    return states


def read_vector(body: bytes) -> dict[int, int]:
    """Read a state vector."""
    count, pos = read_var_uint(body, 0)
    clocks = {}
    for _ in range(count):
        client, pos = read_var_uint(body, pos)
        clocks[client], pos = read_var_uint(body, pos)
    return clocks


def read(frame: bytes, *, addressed: bool) -> Told:
    """Read one binary frame of the server."""
    if frame == PING:
        return Told("ping")
    if frame == PONG:
        return Told("pong")
    key, pos = read_string(frame, 0) if addressed else ("", 0)
    kind, pos = read_var_uint(frame, pos)
    name: str
    value: Any
    if kind == SYNC:
        sync, pos = read_var_uint(frame, pos)
        value, pos = read_bytes(frame, pos)
        name = _SYNC_NAMES[sync]
    elif kind == AWARENESS:
        body, pos = read_bytes(frame, pos)
        name, value = "awareness", read_states(body)
    elif kind == AUTH:
        answer, pos = read_var_uint(frame, pos)
        value, pos = read_string(frame, pos)
        name = _AUTH_NAMES[answer]
    elif kind == STATELESS:
        text, pos = read_string(frame, pos)
        name, value = "stateless", msgspec.json.decode(text)
    elif kind == CLOSE:
        name = "close"
        value, pos = read_string(frame, pos)
    else:
        assert kind == STATUS, f"the server sent a message of type {kind}"
        name = "status"
        value, pos = read_var_uint(frame, pos)
    assert pos == len(frame), f"bytes after {name}"
    return Told(name, value, key)


class Peer:
    """One socket that speaks for one document, or (Hocuspocus) for several.

    Attributes:
        told: What has been received and not yet been expected.
        welcome: What came when it joined.
    """

    def __init__(self, ws: ClientConnection, address: str, *, addressed: bool) -> None:
        self.socket = ws
        self.address = address
        self.told: list[Told] = []
        self.welcome: list[Told] = []
        self._addressed = addressed
        self._pinged = False

    @classmethod
    async def open(
        cls,
        live: Live,
        room_id: str,
        person: Someone,
        document: str,
        *,
        text: bool = False,
        receive_buffer: int | None = None,
    ) -> Self:
        """Connect to a room as a Hocuspocus provider does; nothing is sent yet.

        Args:
            live: The server.
            room_id: The room.
            person: Who connects.
            document: What the peer speaks about.
            text: Whether to ask for text frames.
            receive_buffer: How many bytes the kernel may hold that have not been read.
        """
        url = f"{live.ws}/ws/rooms/{room_id}"
        ws = await _connect(url, live, person, text=text, receive_buffer=receive_buffer)
        return cls(ws, _address(document), addressed=True)

    @classmethod
    async def open_yjs(cls, live: Live, person: Someone, document: str) -> Self:
        """Connect to a document as a y-websocket provider does; nothing is sent yet."""
        ws = await _connect(f"{live.ws}/ws/yjs/{_address(document)}", live, person)
        return cls(ws, _address(document), addressed=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def send(self, *messages: bytes, address: str | None = None) -> None:
        """Send messages about the document, or about another one."""
        prefix = string(self.address if address is None else address) if self._addressed else b""
        for message in messages:
            await self.socket.send(prefix + message)

    async def pong(self) -> None:
        """Answer the server's Ping, which has to be its next message, and the one after it."""
        assert (await self.next()).name == "ping"
        await self.socket.send(PONG)
        async with asyncio.timeout(WAIT_S):
            while (message := await self.socket.recv()) != PING:
                self.told.append(self._read(message))
        await self.socket.send(PONG)

    async def next(self) -> Told:
        """Return the next message, whatever it is."""
        if self.told:
            return self.told.pop(0)
        async with asyncio.timeout(WAIT_S):
            return await self._receive()

    async def __aiter__(self) -> AsyncIterator[Told]:
        """Yield each message until the socket ends, however it does."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                yield await self._receive()

    async def expect(self, name: str, matches: Callable[[Any], bool] = lambda _: True) -> Any:
        """Return the value of the first message of a name; those before it are kept."""
        async with asyncio.timeout(WAIT_S):
            seen = 0
            while True:
                for told in self.told[seen:]:
                    if told.name == name and matches(told.value):
                        self.told.remove(told)
                        return told.value
                seen = len(self.told)
                self.told.append(await self._receive())

    async def until(self, name: str) -> list[Told]:
        """Return all messages up to the first of a name, and that one as the last."""
        passed = []
        while True:
            passed.append(await self.next())
            if passed[-1].name == name:
                return passed

    async def settled(self) -> list[Told]:
        """Return what came before the answer to a Ping: all that earlier messages caused at once.

        An edit's answer waits for a commit; expect it first.
        """
        await self.socket.send(PING)
        return (await self.until("pong"))[:-1]

    async def closed(self) -> int:
        """Wait for the server to close the socket; returns the code."""
        try:
            async with asyncio.timeout(WAIT_S):
                while True:
                    self.told.append(await self._receive())
        except ConnectionClosed as closed:
            return int(closed.rcvd.code) if closed.rcvd else 1006

    async def join(self, clocks: Mapping[int, int] | None = None) -> list[Told]:
        """Authenticate, send SyncStep1; returns what came up to the server's SyncStep2.

        The server's own SyncStep1 is not answered.
        """
        if self._addressed:
            await self.pong()
            await self.send(auth())
        await self.send(step_1(vector(clocks or {})))
        self.welcome = await self.until("step2")
        return self.welcome

    async def enter(self) -> None:
        """Join with nothing in hand, which is acknowledged: what is told next has other causes."""
        await self.join()
        await self.send(step_2(b"\0\0"))
        assert await self.expect("status") == 1

    async def _receive(self) -> Told:
        message = await self.socket.recv()
        if message == PING:
            if self._pinged:
                # One more when the first was answered; those from then on keep the line alive.
                await self.socket.send(PONG)
                return await self._receive()
            self._pinged = True
        return self._read(message)

    def _read(self, message: bytes | str) -> Told:
        if isinstance(message, str):
            return Told("text", msgspec.json.decode(message))
        return read(message, addressed=self._addressed)


async def enter(
    live: Live,
    seeded: SeededRoom,
    who: str = "maja",
    place: int = 1,
    *,
    text: bool = False,
    receive_buffer: int | None = None,
) -> Peer:
    """Connect to a document of a seeded room, and enter it: by default to the plain one.

    Args:
        live: The server.
        seeded: The room.
        who: The name of who enters.
        place: Which of the room's documents it is.
        text: See :meth:`Peer.open`.
        receive_buffer: See :meth:`Peer.open`.
    """
    peer = await Peer.open(
        live,
        seeded.room_id,
        seeded.people[who],
        seeded.documents[place],
        text=text,
        receive_buffer=receive_buffer,
    )
    await peer.enter()
    return peer


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is so; a test that waits in vain has failed."""
    give_up = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)


async def _connect(
    url: str,
    live: Live,
    person: Someone,
    *,
    text: bool = False,
    receive_buffer: int | None = None,
) -> ClientConnection:
    line = None
    if receive_buffer is not None:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        line.connect(("127.0.0.1", live.port))
        line.setblocking(False)
    return await connect(
        url,
        sock=line,
        additional_headers={"Cookie": person.cookie, "Origin": live.origin},
        subprotocols=[Subprotocol("twinspace.v1")] if text else None,
        compression=None,
        max_size=None,
        ping_interval=None,
    )


def _address(document: str) -> str:
    return document if "." in document else f"{document}.1"


class Pen:
    """A plain text as one client has it, and the updates it makes; ASCII alone."""

    def __init__(self, client_id: int) -> None:
        self.doc: Doc[Any] = Doc(client_id=client_id)
        self.text: Text = self.doc.get("t", type=Text)
        self._made: list[bytes] = []
        self._watch = self.doc.observe(self._note)
        self._quiet = False

    def _note(self, event: TransactionEvent) -> None:
        if not self._quiet:
            self._made.append(bytes(event.update))

    def write(self, words: str, at: int | None = None) -> bytes:
        """Insert words, at the end by default; returns the update."""
        self.text.insert(len(self.text) if at is None else at, words)
        return self._made.pop()

    def erase(self, start: int, end: int) -> bytes:
        """Delete a range; returns the update."""
        del self.text[start:end]
        return self._made.pop()

    def scribble(self, dice: random.Random) -> bytes:
        """Insert or delete something, somewhere; returns the update."""
        length = len(self.text)
        if length > 5 and dice.random() < 0.3:
            start = dice.randrange(length - 1)
            return self.erase(start, min(length, start + dice.randint(1, 6)))
        place = dice.randrange(length + 1)
        return self.write("abcdefgh"[: dice.randint(1, 8)], place)

    def apply(self, data: bytes) -> None:
        """Take in what others wrote."""
        self._quiet = True
        try:
            self.doc.apply_update(data)
        finally:
            self._quiet = False

    def lacking(self, clocks: bytes) -> bytes:
        """Return what a peer with this state vector lacks."""
        return bytes(self.doc.get_update(clocks))

    @property
    def vector(self) -> dict[int, int]:
        """The state vector."""
        return read_vector(bytes(self.doc.get_state()))

    def __str__(self) -> str:
        return str(self.text)


def words_of(updates: Sequence[bytes]) -> str:
    """Read what a plain document says after these updates."""
    pen = Pen(0xFFFFFFF0)
    for data in updates:
        pen.apply(data)
    return str(pen)
