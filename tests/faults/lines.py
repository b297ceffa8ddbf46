"""Lines between nodes and their PostgreSQL or Redis: cut, half-open, or losing messages."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar

SWAP_AFTER_S = 0.05
_Line = TypeVar("_Line", bound="Line")


class Line:
    """Carries bytes between a node and a program's Unix socket.

    Attributes:
        to: Where it leads; those who connect from now on get there.
    """

    def __init__(self, to: Path) -> None:
        self.to = to
        self._down = False
        self._moving = asyncio.Event()
        self._moving.set()
        self._ends: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Cut all connections without a word."""
        for end in tuple(self._ends):
            end.transport.abort()

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Cut all connections, and let nobody through during the block."""
        self._down = True
        self.cut()
        try:
            yield
        finally:
            self._down = False

    @contextlib.contextmanager
    def half_open(self) -> Iterator[None]:
        """Let nothing arrive during the block, and tell nobody; afterwards it does."""
        self._moving.clear()
        try:
            yield
        finally:
            self._moving.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a node and connect it."""
        ends = {writer}
        try:
            if not self._down:
                far_reader, far_writer = await asyncio.open_unix_connection(self.to)
                ends.add(far_writer)
                self._ends |= ends
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._carry(reader, far_writer))
                    both.create_task(self._carry_back(far_reader, writer))
        except* OSError:
            pass
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._pass_on(writer, data)
        writer.transport.abort()

    async def _carry_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._carry(reader, writer)

    async def _pass_on(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        await self._moving.wait()
        writer.write(data)
        await writer.drain()


class MessageLine(Line):
    """A line to a Redis that loses, doubles and swaps what is published, and nothing else.

    Attributes:
        lost, doubled, swapped: Which share of the messages.
        loses: Asked for each message besides; whether this one gets lost.
        done: How many messages passed, and how many of them were treated in which way.
    """

    def __init__(
        self, to: Path, *, lost: float = 0, doubled: float = 0, swapped: float = 0
    ) -> None:
        super().__init__(to)
        self.lost, self.doubled, self.swapped = lost, doubled, swapped
        self.loses: Callable[[str, bytes], bool] = lambda channel, message: False
        self.done = {"passed": 0, "lost": 0, "doubled": 0, "swapped": 0}
        self._dice = random.Random(5)

    async def _carry_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held: list[bytes] = []

        def let_go() -> None:
            for data in held:
                writer.write(data)
            held.clear()

        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                data, value = await _read_reply(reader)
                match value:
                    case [b"message", bytes() as channel, bytes() as message]:
                        fate = self._fate(channel.decode(), message)
                    case _:
                        fate = "passed"
                        self.done["passed"] -= 1  # it is no message
                self.done[fate] += 1
                if fate == "swapped":
                    held.append(data)
                    # The last of a burst has nothing to change places with.
                    asyncio.get_running_loop().call_later(SWAP_AFTER_S, let_go)
                elif fate != "lost":
                    await self._pass_on(writer, data * (2 if fate == "doubled" else 1))
                    let_go()
        writer.transport.abort()

    def _fate(self, channel: str, message: bytes) -> str:
        if self.loses(channel, message):
            return "lost"
        chance = self._dice.random()
        for fate in ("lost", "doubled", "swapped"):
            chance -= float(getattr(self, fate))
            if chance < 0:
                return fate
        return "passed"


async def _read_reply(reader: asyncio.StreamReader) -> tuple[bytes, object]:
    """Read one reply of Redis (RESP2): its bytes, and what it says."""
    head = await reader.readuntil(b"\r\n")
    kind, rest = head[:1], head[1:-2]
    if kind == b"*":
        parts = [await _read_reply(reader) for _ in range(int(rest))]
        return head + b"".join(data for data, _ in parts), [value for _, value in parts]
    if kind == b"$" and int(rest) >= 0:
        body = await reader.readexactly(int(rest) + 2)
        return head + body, body[:-2]
    return head, rest


@contextlib.asynccontextmanager
async def opened(line: _Line, at: Path) -> AsyncIterator[_Line]:
    """Let nodes connect to a line at a Unix socket."""
    server = await asyncio.start_unix_server(line.accept, at)
    try:
        yield line
    finally:
        server.close()
        line.cut()
        await server.wait_closed()
