"""A provider by hand that counts as Hocuspocus' does: many of them fit into one process."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.live import Live, Someone
from tests.peers import raw
from tests.peers.raw import PONG, Peer, Pen, Told

AGAIN_S = 1.0


class Provider:
    """Keeps a pen's text at the server's; edits made offline wait in its queue as well.

    Attributes:
        edits: How many edits were made.
        saved: How many of them were covered by the last "all saved".
        connection: The socket, while there is one.
        refused: Why the server refuses its edits, if it does.
        signals: How often it was "all saved".
    """

    def __init__(self, pen: Pen, *, text: bool = False) -> None:
        self.pen = pen
        self.edits = 0
        self.saved = 0
        self.signals = 0
        self.refused: str | None = None
        self.synced = False
        self.on_text: Callable[[Any], None] = lambda frame: None
        self.on_saved: Callable[[], None] = lambda: None
        self._text = text
        self.connection: Peer | None = None
        self._queue: list[bytes] = []
        self._unsynced = 0
        self._line = asyncio.Lock()
        self._asking: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        return self.connection is not None

    @property
    def waiting(self) -> int:
        """How many messages have not been acknowledged."""
        return self._unsynced

    @property
    def all_saved(self) -> bool:
        return self.synced and not self._unsynced and self.saved == self.edits

    @property
    def standing(self) -> str:
        """How things stand, for a test that has waited in vain."""
        return (
            f"connected={self.connected} synced={self.synced} unsynced={self._unsynced}"
            f" edits={self.edits} saved={self.saved} vector={self.pen.vector}"
        )

    async def serve(self, live: Live, room_id: str, person: Someone, document: str) -> int:
        """Connect, and work until the socket ends; returns the close code (1006: none came).

        Raises:
            OSError, InvalidHandshake: It cannot connect.
        """
        peer = await Peer.open(live, room_id, person, document, text=self._text)
        try:
            with contextlib.suppress(ConnectionClosed):
                # Connecting and the server's Ping are one moment here. What is deleted between
                # them is counted, but nobody can tell it from what was deleted offline, which is
                # not: it would be "not saved" as long as the connection lasts.
                assert (await peer.next()).name == "ping"
                await self._begin(peer)
                async for told in peer:
                    await self._take(peer, told)
        finally:
            self.connection, self.synced = None, False
            peer.socket.transport.abort()
        return peer.socket.close_code or 1006

    async def _begin(self, peer: Peer) -> None:
        self.connection, self._unsynced = peer, 1
        # What was typed offline goes before all that is typed from now on; the Pong marks its end.
        queue, self._queue = self._queue, []
        async with self._line:
            await peer.send(raw.auth(), raw.step_1(raw.vector(self.pen.vector)))
            for message in [*queue, PONG]:
                if message == PONG:
                    await peer.socket.send(PONG)
                else:
                    await peer.send(message)

    async def _take(self, peer: Peer, told: Told) -> None:
        match told.name:
            case "step1":
                await peer.send(raw.step_2(self.pen.lacking(told.value)))
            case "update":
                self.pen.apply(told.value)
            case "step2":
                self.pen.apply(told.value)
                self.synced = True
            case "status" if told.value == 1:
                self._unsynced = max(0, self._unsynced - 1)
                if not self._unsynced:
                    self.synced = True
                    self.saved = self.edits
                    self.signals += 1
                    self.on_saved()
            case "stateless" if told.value["type"] == "refused":
                self.refused = told.value["code"]
            case "denied" if told.value == "unavailable":
                self._asking = asyncio.create_task(self._ask_again(peer))
            case "text":
                self.on_text(told.value)

    async def _ask_again(self, peer: Peer) -> None:
        """Ask for the document once more, as our browser client does: it could not be read."""
        await asyncio.sleep(AGAIN_S)
        with contextlib.suppress(ConnectionClosed):
            async with self._line:
                if self.connection is peer:
                    self._unsynced = 1
                    await peer.send(raw.auth(), raw.step_1(raw.vector(self.pen.vector)))

    async def write(self, words: str, at: int | None = None) -> None:
        """Insert words and send them, or keep them for later."""
        await self._edited(self.pen.write(words, at))

    async def erase(self, start: int, end: int) -> None:
        """Delete a range and send that, or keep it for later."""
        await self._edited(self.pen.erase(start, end))

    async def scribble(self, dice: random.Random) -> None:
        """Change something, somewhere, and send that, or keep it for later."""
        await self._edited(self.pen.scribble(dice))

    async def _edited(self, update: bytes) -> None:
        self.edits += 1
        self._unsynced += 1
        message = raw.update(update)
        peer = self.connection
        if peer is None:
            self._queue.append(message)
            return
        with contextlib.suppress(ConnectionClosed):
            async with self._line:
                await peer.send(message)

    async def say(self, command: dict[str, Any]) -> None:
        """Send a text command, if there is a connection."""
        if self.connection is not None:
            with contextlib.suppress(ConnectionClosed):
                await self.connection.socket.send(msgspec.json.encode(command).decode())

    def cut(self) -> None:
        """Cut the line as a lost network does."""
        if self.connection is not None:
            self.connection.socket.transport.abort()

    async def leave(self) -> None:
        """Close the socket as a browser does, while the server's questions are on their way.

        What they are answered with waits for the next socket, before what is typed until then.
        """
        if self.connection is not None:
            self._queue = [PONG, raw.step_2(self.pen.lacking(b"\0"))]
            await self.connection.socket.close()


async def stay_connected(
    provider: Provider,
    live: Callable[[], Live],
    room_id: str,
    person: Someone,
    document: str,
    *,
    wait_s: float = 0.05,
) -> None:
    """Connect again after each end, until cancelled."""
    while True:
        with contextlib.suppress(OSError, EOFError, InvalidHandshake):
            await provider.serve(live(), room_id, person, document)
        await asyncio.sleep(wait_s)
