"""A window that keeps each event of its room."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.client import Json, RoomClient
from tests.live import Live, Someone

HEARD_S = 120


class Listener:
    """A window that keeps each event of its room, and asks for what it missed after a cut."""

    def __init__(self, person: Someone) -> None:
        self.person = person
        self.events: list[Json] = []
        self.place: Json | None = None
        self.since = 0
        """The place that :attr:`events` begin after."""
        self.reloads = 0
        self.resumes = 0
        self.client: RoomClient | None = None

    async def listen(self, live: Live, room_id: str) -> None:
        """Connect, resume, and listen until the connection ends."""
        async with await RoomClient.open(live, room_id, self.person) as client:
            welcome = await client.hello(self.place)
            if "error" in welcome:
                return  # with the database away it is to be tried again
            self.resumes += welcome["resumed"]
            if not welcome["resumed"]:
                # All is in the welcome; what was heard before says nothing more.
                self.reloads += 1
                self.events = []
                self.since = welcome["seq"]
                self.place = {"epoch": welcome["epoch"], "seq": self.since}
            self.client = client
            try:
                while True:
                    frames, client.frames = client.frames, []
                    for frame in frames:
                        self._take(frame)
                    await client.receive()
            finally:
                self.client = None

    def _take(self, frame: Json) -> None:
        if "seq" in frame and self.place is not None and frame["seq"] > self.place["seq"]:
            self.events.append(frame)
            self.place = {**self.place, "seq": frame["seq"]}

    @property
    def posted(self) -> list[tuple[int, str]]:
        """What was heard of the chat, and each message's place."""
        return [(e["seq"], e["text"]) for e in self.events if e["type"] == "chat.posted"]

    async def heard_all(self, said: Sequence[tuple[int, str]]) -> None:
        """Wait until all messages were heard, each once and in its place.

        Args:
            said: What the database has, in order.
        """
        async with asyncio.timeout(HEARD_S):
            while (heard := self.posted) != (
                wanted := [(seq, text) for seq, text in said if seq > self.since]
            ):
                # Never a part of what was missed, nor anything twice or in another order.
                assert heard == wanted[: len(heard)]
                await asyncio.sleep(0.02)

    def cut(self) -> None:
        """Cut the line as a lost network does."""
        if self.client is not None:
            self.client.socket.transport.abort()

    async def stay(self, live: Callable[[], Live], room_id: str, *, wait_s: float = 0.05) -> None:
        """Listen, and again after each end, until cancelled."""
        while True:
            with contextlib.suppress(OSError, EOFError, InvalidHandshake, ConnectionClosed):
                await self.listen(live(), room_id)
            await asyncio.sleep(wait_s)
