"""What goes the short way arrives whole and in its place, and never at somebody else's."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from twinspace_rt.rooms.access import Principal, Role
from twinspace_rt.rooms.connection import BINARY, Connection, Frame
from twinspace_rt.rooms.lane import Lane

FRAME = bytes(range(256)) * 16
MAJA = Principal("room", "maja", Role.PUPIL, "school", "Maja", "session", 1)


@asynccontextmanager
async def line() -> AsyncIterator[tuple[asyncio.Transport, socket.socket]]:
    """A transport and its peer, who reads when the test does."""
    here, there = socket.socketpair()
    here.setblocking(False)
    there.setblocking(False)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=here)
    try:
        yield transport, there
    finally:
        transport.abort()
        there.close()


def lane_of(transport: asyncio.Transport) -> Lane:
    return Lane(transport.get_extra_info("socket").fileno(), transport)


async def read(there: socket.socket, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < size:
        data += await loop.sock_recv(there, 1 << 20)
    return data


async def test_what_the_kernel_does_not_take_waits_and_holds_up_the_short_way() -> None:
    async with line() as (transport, there):
        lane = lane_of(transport)
        count = 0
        while transport.get_write_buffer_size() == 0:
            if not lane.write(FRAME):
                lane.look_first()
                transport.write(FRAME)
            count += 1
        assert not lane.write(FRAME), "what waits goes first"
        transport.write(b"behind")
        told = await read(there, count * len(FRAME) + len(b"behind"))
        assert told == FRAME * count + b"behind"
        assert lane.write(b"again")
        assert lane.passed
        assert await read(there, len(b"again")) == b"again"


@pytest.mark.parametrize("end", ["close", "abort"])
async def test_a_closed_socket_is_not_written_to_whoever_has_its_number_now(end: str) -> None:
    async with line() as (transport, _):
        lane = lane_of(transport)
        assert lane.write(b"before")
        getattr(transport, end)()
        others = [socket.socketpair() for _ in range(8)]
        try:
            assert not lane.write(FRAME)
            await asyncio.sleep(0)
            assert not lane.write(FRAME)
            for pair in others:
                for one in pair:
                    one.setblocking(False)
                    with pytest.raises(BlockingIOError):
                        one.recv(1)
        finally:
            for pair in others:
                for one in pair:
                    one.close()


async def test_a_line_that_broke_is_left_to_the_long_way() -> None:
    async with line() as (transport, there):
        there.close()
        assert not lane_of(transport).write(FRAME)


async def test_a_closed_lane_lets_nothing_pass() -> None:
    async with line() as (transport, there):
        lane = lane_of(transport)
        lane.close()
        assert not lane.write(FRAME)
        assert not Lane().write(FRAME)
        with pytest.raises(BlockingIOError):
            there.recv(1)


class Window:
    """A client who takes what comes the long way when the test says so."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.waiting = 0
        self.closed_with: int | None = None

    def write(self, frames: Sequence[Frame]) -> int:
        return self.waiting

    def waiting_bytes(self) -> int:
        return self.waiting

    def close(self, code: int, reason: str) -> None:
        self.closed_with = code

    def silent_s(self) -> float:
        return 0.0

    def ping(self) -> None:
        """Hear nothing."""

    def pause(self) -> None:
        """Send nothing."""

    def resume(self) -> None:
        """Send on."""


@pytest.mark.parametrize("catches_up", [True, False])
async def test_who_took_everything_in_between_is_not_slow(catches_up: bool) -> None:
    now = asyncio.get_running_loop().time()
    async with line() as (transport, _):
        window = Window(lane_of(transport))
        connection = Connection(
            MAJA, window, speaks_text=True, outbox_max_bytes=100, outbox_max_age_s=10
        )
        window.waiting = 50
        connection.check_age(now)
        connection.check_age(now + 9)
        if catches_up:
            assert connection.lane.write(b"all that waited has gone before this")
        connection.check_age(now + 11)
        assert window.closed_with == (None if catches_up else 4508)


async def test_what_a_join_is_owed_is_allowed_for_until_it_has_been_taken() -> None:
    async with line() as (transport, _):
        window = Window(lane_of(transport))
        connection = Connection(
            MAJA, window, speaks_text=True, outbox_max_bytes=100, outbox_max_age_s=10
        )
        assert connection.lane.write(b"before it joined")
        window.waiting = 5000
        connection.send_owed(Frame(BINARY, bytes(5000)))
        assert window.closed_with is None
        window.waiting = 0
        assert connection.lane.write(b"all of it is taken")
        window.waiting = 5000
        connection.send(Frame(BINARY, b"too much"))
        assert window.closed_with == 4508
