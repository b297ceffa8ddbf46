"""RoomClient: a real WebSocket with our verbs, as an app has it."""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.live import Live, Someone

Json = dict[str, Any]
WAIT_S = 20.0
_nonces = itertools.count(1)


class RoomClient:
    """One window of one person in a room."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[Json] = []
        self.binary: list[bytes] = []
        self.welcome: Json = {}
        self._ids = itertools.count(1)

    @classmethod
    async def open(
        cls,
        live: Live,
        room_id: str,
        person: Someone | None,
        *,
        origin: str | None = "",
        text: bool = True,
    ) -> Self:
        """Connect; raises websockets' ``InvalidStatus`` if the upgrade is refused."""
        headers = {"Cookie": person.cookie} if person else {}
        if origin is not None:
            headers["Origin"] = origin or live.origin
        socket = await connect(
            f"{live.ws}/ws/rooms/{room_id}",
            additional_headers=headers,
            subprotocols=[Subprotocol("twinspace.v1")] if text else None,
            compression=None,
            max_size=None,
            ping_interval=None,
        )
        return cls(socket)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def hello(self, since: Json | None = None) -> Json:
        """Say hello and keep the welcome."""
        number = next(self._ids)
        await self.send_json({"id": number, "type": "room.hello", "since": since})
        self.welcome = await self.expect(lambda f: f.get("id") == number)
        return self.welcome

    async def send_json(self, frame: Json) -> None:
        await self.socket.send(json.dumps(frame))

    async def ask(self, type_: str, /, **fields: Any) -> Json:
        """Send a command and return its reply."""
        number = next(self._ids)
        await self.send_json({"id": number, "type": type_, **fields})
        return await self.expect(lambda f: f.get("id") == number)

    async def do(self, type_: str, /, **fields: Any) -> Any:
        """Send a changing command that must take effect; returns what the reply says."""
        fields.setdefault("nonce", f"nonce-{next(_nonces):08d}")
        reply = await self.ask(type_, **fields)
        assert "ok" in reply, reply
        return reply["ok"]

    async def expect(self, wanted: Callable[[Json], bool] | str) -> Json:
        """Return the first frame of a kind, received already or to come; others are kept."""
        matches = wanted if callable(wanted) else (lambda f: f.get("type") == wanted)
        async with asyncio.timeout(WAIT_S):
            while True:
                for frame in self.frames:
                    if matches(frame):
                        self.frames.remove(frame)
                        return frame
                await self.receive()

    async def receive(self) -> None:
        """Take in one message, of either kind."""
        message = await self.socket.recv()
        if isinstance(message, str):
            self.frames.append(json.loads(message))
        else:
            self.binary.append(message)

    async def closed(self) -> int:
        """Wait for the server to close the connection; returns the code."""
        try:
            async with asyncio.timeout(WAIT_S):
                while True:
                    await self.receive()
        except ConnectionClosed as closed:
            return int(closed.rcvd.code) if closed.rcvd else 1006
