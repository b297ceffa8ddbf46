"""Frames that go the short way to a socket, and the long one, arrive whole and in order."""

import os

import pytest
from websockets.frames import Opcode

from tests.peers.raw import eventually
from tests.web.test_frames_in import Heard, connected, frame, listening
from twinspace_rt.rooms.connection import BINARY, Frame

LARGE = Frame(BINARY, bytes(range(256)) * 256)
SMALL = Frame(BINARY, b"small")


@pytest.mark.parametrize(
    "way", ["the short way's rest", "the long way's rest", "the answer to a ping"]
)
async def test_nothing_overtakes_what_the_transport_still_holds(way: str) -> None:
    heard = Heard()
    async with listening(heard) as port, connected(port) as (reader, writer):
        await eventually(lambda: heard.fast is not None)
        fast, theirs = heard.fast, writer.get_extra_info("socket").fileno()
        assert fast is not None
        assert fast.lane.write(SMALL.wire), "nothing waits yet"
        assert await reader.readexactly(len(SMALL.wire)) == SMALL.wire
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        sent = b""
        while fast.waiting_bytes() == 0:
            if way == "the answer to a ping":
                fast.data_received(frame(Opcode.PING, b"there?"))
                sent += frame(Opcode.PONG, b"there?", mask=False)
            else:
                if way == "the long way's rest" or not fast.lane.write(LARGE.wire):
                    fast.write([LARGE])
                sent += LARGE.wire
        # There is room in the kernel before the event loop has come round to use it.
        got = bytearray()
        while len(got) < len(sent) - fast.waiting_bytes():
            got += os.read(theirs, 1 << 20)
        assert not fast.lane.write(SMALL.wire), "what waits goes first"
        fast.write([SMALL])
        sent += SMALL.wire
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert bytes(got) + await reader.readexactly(len(sent) - len(got)) == sent
        assert fast.lane.write(SMALL.wire), "and the short way is free again"
        assert await reader.readexactly(len(SMALL.wire)) == SMALL.wire
        writer.write(frame(Opcode.CLOSE, b"\x03\xe8"))
        await eventually(heard.ended.is_set)
