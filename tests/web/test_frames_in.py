"""What comes in over a socket, however the network cuts it up."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from tests.peers.raw import eventually
from twinspace_rt.web.fast_protocol import EXTENSION, FastWebSocketProtocol
from twinspace_rt.web.http_protocol import HttpProtocol
from twinspace_rt.web.intake import Intake

MAX_BYTES = 70_000
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclass
class Heard:
    """An application that notes what it is handed."""

    binary: list[bytes] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    code: int | None = None
    intake: Intake = field(default_factory=Intake)
    fast: FastWebSocketProtocol | None = None
    on_binary: Callable[[], None] = lambda: None
    early: int = 0
    """How many messages are to come before it takes over; it then has the sender wait."""
    handed: list[bytes] = field(default_factory=list)
    """Those of them."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        fast: FastWebSocketProtocol = scope["extensions"][EXTENSION]
        await eventually(lambda: fast.queue.qsize() >= min(1, self.early))
        fast.take_over(self._hear, max_bytes=MAX_BYTES, intake=self.intake)
        self.fast = fast
        if self.early:
            fast.pause()
        while (event := await receive())["type"] == "websocket.receive":
            if event.get("text") is None:
                self.handed.append(event["bytes"])
            else:
                self.text.append(event["text"])
        self.code = event["code"]
        self.ended.set()

    def _hear(self, data: bytes) -> None:
        self.binary.append(data)
        self.on_binary()


@contextlib.asynccontextmanager
async def listening(heard: Heard) -> AsyncIterator[int]:
    """Serve the application; yields the port."""
    config = uvicorn.Config(
        heard,
        ws=FastWebSocketProtocol,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        log_config=None,
    )
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: HttpProtocol(config=config, server_state=state, app_state={}),
        "127.0.0.1",
    )
    heard.intake.open()
    try:
        async with server:
            yield server.sockets[0].getsockname()[1]
    finally:
        heard.intake.close()


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a WebSocket by hand."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(UPGRADE)
    assert b" 101 " in (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0]
    yield reader, writer
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def frame(opcode: Opcode, data: bytes, *, fin: bool = True, mask: bool = True) -> bytes:
    """Write a frame as a client does."""
    return Frame(opcode, data, fin).serialize(mask=mask)


def message(dice: random.Random, data: bytes) -> bytes:
    """Write a binary message, whole or in pieces with pings between them."""
    if dice.random() < 0.7:
        return frame(Opcode.BINARY, data)
    cut = dice.randrange(len(data) + 1)
    parts = [frame(Opcode.BINARY, data[:cut], fin=False), frame(Opcode.CONT, data[cut:])]
    return dice.choice([b"", frame(Opcode.PING, b"?")]).join(parts)


@pytest.mark.parametrize("seed", range(5))
async def test_messages_arrive_whole_and_in_order_however_they_are_cut(seed: int) -> None:
    dice = random.Random(seed)
    sizes = [0, 1, 30, 125, 126, 127, 300, 5_000, 65_535, 65_536, MAX_BYTES]
    binary = [dice.randbytes(dice.choice(sizes)) for _ in range(60)]
    text = [str(n) * dice.choice([1, 100]) for n in range(20)]
    wire = [message(dice, data) for data in binary]
    for words in text:
        wire.append(frame(Opcode.TEXT, words.encode()))
    # Each kind in its order, the two mixed.
    places = sorted(dice.sample(range(80), 20))
    order = [wire[60 + places.index(i)] if i in places else None for i in range(80)]
    rest = iter(wire[:60])
    data = b"".join(next(rest) if one is None else one for one in order)
    data += frame(Opcode.CLOSE, b"\x03\xe8")
    heard = Heard()
    async with listening(heard) as port, connected(port) as (_, writer):
        at = 0
        while at < len(data):
            size = dice.choice([1, 2, 3, 7, 14, 100, 1_000, 70_000, 200_000])
            writer.write(data[at : at + size])
            await writer.drain()
            if dice.random() < 0.5:
                await asyncio.sleep(0)
            at += size
        await heard.ended.wait()
    assert heard.binary == binary
    assert heard.text == text
    assert heard.code == 1000


async def test_each_byte_may_come_alone() -> None:
    heard = Heard()
    async with listening(heard) as port, connected(port) as (_, writer):
        for data in (b"", b"x", b"y" * 126, b"z" * 300):
            for byte in frame(Opcode.BINARY, data) + frame(Opcode.TEXT, b"word"):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0)
        writer.write(frame(Opcode.CLOSE, b"\x03\xe8"))
        await heard.ended.wait()
    assert heard.binary == [b"", b"x", b"y" * 126, b"z" * 300]
    assert heard.text == ["word"] * 4


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (frame(Opcode.BINARY, b"bare", mask=False), 1002),
        (frame(Opcode.PING, b"", mask=False), 1002),
        (b"\xc2\x84" + bytes(8), 1002),  # a reserved bit
        (b"\x83\x84" + bytes(8), 1002),  # an opcode that means nothing
        (frame(Opcode.CONT, b"of nothing"), 1002),
        (frame(Opcode.BINARY, b"a", fin=False) + frame(Opcode.BINARY, b"b"), 1002),
        (b"\x89\xfe\x00\x7e" + bytes(4 + 126), 1002),  # a ping that is too long
        (frame(Opcode.BINARY, bytes(MAX_BYTES + 1)), 1009),
        (b"\x82\xff" + b"\x7f" + b"\xff" * 7, 1009),
        (frame(Opcode.TEXT, b"\xff"), 4400),
    ],
    ids=[
        "data unmasked",
        "ping unmasked",
        "reserved bit",
        "unknown opcode",
        "nothing continued",
        "message within a message",
        "long ping",
        "large message",
        "endless message",
        "text not UTF-8",
    ],  # the frames themselves have random masks
)
async def test_what_breaks_the_protocol_closes_and_nothing_behind_it_is_read(
    wrong: bytes, code: int
) -> None:
    heard = Heard()
    async with listening(heard) as port, connected(port) as (reader, writer):
        good = frame(Opcode.BINARY, b"good")
        writer.write(good + wrong + good)
        head = await reader.readexactly(4)
        assert (head[0], int.from_bytes(head[2:], "big")) == (0x88, code)
        await heard.ended.wait()
    assert heard.binary == [b"good"]


async def test_nothing_is_read_behind_a_close() -> None:
    heard = Heard()
    async with listening(heard) as port, connected(port) as (_, writer):
        good = frame(Opcode.BINARY, b"good")
        writer.write(good + frame(Opcode.CLOSE, b"\x03\xe8") + good)
        await heard.ended.wait()
    assert heard.binary == [b"good"]
