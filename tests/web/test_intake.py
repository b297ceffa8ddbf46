"""Sockets of those who type are read together, when the next commit is due."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.frames import Opcode

from tests.peers.raw import eventually
from tests.web.test_frames_in import MAX_BYTES, Heard, connected, frame, listening, message
from twinspace_rt.web.fast_protocol import READ_BYTES, TYPES_AFTER
from twinspace_rt.web.intake import Intake

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
A_MOMENT_S = 0.05
BEGINNING = [b"typed"] * TYPES_AFTER


class Borrowed(Intake):
    """Takes sockets in for another."""

    def __init__(self, lender: Intake) -> None:
        super().__init__()
        self._lender = lender

    def add(self, fd: int, read: Callable[[], None]) -> bool:
        """Take in."""
        return self._lender.add(fd, read)

    def remove(self, fd: int, read: Callable[[], None]) -> None:
        """Let go."""
        self._lender.remove(fd, read)


@asynccontextmanager
async def typing(heard: Heard) -> AsyncIterator[Streams]:
    """Connect somebody who has typed for a while."""
    async with listening(heard) as port, connected(port) as (reader, writer):
        for data in BEGINNING:
            writer.write(frame(Opcode.BINARY, data))
        await eventually(lambda: heard.binary == BEGINNING)
        yield reader, writer
        await eventually(heard.ended.is_set)


def end(writer: asyncio.StreamWriter) -> None:
    """Say goodbye."""
    writer.write(frame(Opcode.CLOSE, b"\x03\xe8"))


async def test_what_is_typed_between_two_commits_is_read_when_the_next_is_due() -> None:
    heard = Heard()
    async with typing(heard) as (_, writer):
        heard.intake.hold()
        for word in (b"one", b"two", b"three"):
            writer.write(frame(Opcode.BINARY, word))
            await asyncio.sleep(A_MOMENT_S)
        assert heard.binary == BEGINNING
        heard.intake.take()
        assert heard.binary == [*BEGINNING, b"one", b"two", b"three"]
        # At rest nobody holds anything, and what comes is read as it comes.
        writer.write(frame(Opcode.BINARY, b"four"))
        await eventually(lambda: heard.binary[-1] == b"four")
        end(writer)


async def test_the_first_word_is_told_of_and_then_nothing_more() -> None:
    heard = Heard()
    async with typing(heard) as (_, writer):
        told: list[int] = []
        heard.intake.hold_and_tell(lambda: told.append(len(heard.binary) - TYPES_AFTER))
        await asyncio.sleep(A_MOMENT_S)
        assert told == [], "there was nothing to tell"
        for word in (b"one", b"two"):
            writer.write(frame(Opcode.BINARY, word))
            await asyncio.sleep(A_MOMENT_S)
        assert told == [0], "told once, and not read"
        assert heard.intake.take()
        assert heard.binary == [*BEGINNING, b"one", b"two"]
        assert not heard.intake.take(), "nothing is held"
        writer.write(frame(Opcode.BINARY, b"three"))
        await eventually(lambda: heard.binary[-1] == b"three")
        # Who is told of nothing waits no longer for the telling.
        heard.intake.hold_and_tell(lambda: told.append(1))
        assert not heard.intake.take()
        writer.write(frame(Opcode.BINARY, b"four"))
        await eventually(lambda: heard.binary[-1] == b"four")
        assert told == [0]
        end(writer)


async def test_what_came_while_it_was_held_is_told_of() -> None:
    heard = Heard()
    async with typing(heard) as (_, writer):
        told: list[int] = []
        heard.intake.hold()
        writer.write(frame(Opcode.BINARY, b"one"))
        await asyncio.sleep(A_MOMENT_S)
        heard.intake.hold_and_tell(lambda: told.append(len(heard.binary) - TYPES_AFTER))
        await eventually(lambda: told == [0])
        assert heard.intake.take()
        assert heard.binary == [*BEGINNING, b"one"]
        end(writer)


async def test_much_that_has_arrived_is_read_in_one_go() -> None:
    """Otherwise a large document would take as many commits as it has pieces."""
    heard = Heard()
    async with typing(heard) as (_, writer):
        heard.intake.hold()
        sent = [bytes([number]) * 10_000 for number in range(20)]
        writer.writelines(frame(Opcode.BINARY, data) for data in sent)
        await writer.drain()
        await asyncio.sleep(A_MOMENT_S)
        heard.intake.take()
        # As much as the kernel has taken: in any case more than fits the buffer once.
        assert len(heard.binary) - TYPES_AFTER > READ_BYTES // 10_000 + 1
        await eventually(lambda: heard.binary == [*BEGINNING, *sent])
        end(writer)


async def test_whom_the_system_does_not_watch_is_read_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(fd: int, read: Callable[[], None]) -> bool:
        return False

    heard = Heard()
    monkeypatch.setattr(heard.intake, "add", full)
    async with typing(heard) as (_, writer):
        writer.write(frame(Opcode.BINARY, b"still here"))
        await eventually(lambda: heard.binary[-1] == b"still here")
        end(writer)


async def test_one_that_fails_is_nobody_elses_trouble(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    async with typing(heard) as (_, writer):
        ours, theirs = socket.socketpair()

        def fail() -> None:
            raise ZeroDivisionError

        with ours, theirs:
            heard.intake.add(ours.fileno(), fail)
            heard.intake.hold()
            theirs.send(b"x")
            writer.write(frame(Opcode.BINARY, b"typed on"))
            await writer.drain()
            await asyncio.sleep(A_MOMENT_S)
            heard.intake.take()
        assert heard.binary[-1] == b"typed on"
        assert "a socket could not be read" in caplog.text
        end(writer)


async def test_whoever_has_to_wait_does_so_while_earlier_words_are_handed_over() -> None:
    """They came before the application took over, and uvicorn has stopped reading by itself."""
    heard = Heard(early=3)
    async with listening(heard) as port, connected(port) as (_, writer):
        for number in range(3):
            writer.write(frame(Opcode.BINARY, b"%d" % number))
        await eventually(lambda: heard.fast is not None)
        await eventually(lambda: len(heard.handed) == 3)
        writer.write(frame(Opcode.BINARY, b"later"))
        await asyncio.sleep(A_MOMENT_S)
        assert heard.binary == []
        assert heard.fast is not None
        heard.fast.resume()
        await eventually(lambda: heard.binary == [b"later"])
        end(writer)
        await heard.ended.wait()


async def test_whoever_has_hardly_typed_is_read_at_once() -> None:
    """Joining a document takes a few messages, and waits for nobody's commit."""
    heard = Heard()
    async with listening(heard) as port, connected(port) as (_, writer):
        heard.intake.hold()
        for _ in range(1, TYPES_AFTER):
            writer.write(frame(Opcode.BINARY, b"joins"))
            await writer.drain()
        await eventually(lambda: len(heard.binary) == TYPES_AFTER - 1)
        end(writer)
        await heard.ended.wait()


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_or_changes_its_place_however_it_is_held(seed: int) -> None:
    dice = random.Random(seed)
    heard = Heard()
    sent = [dice.randbytes(dice.choice([1, 30, 126, 5_000, MAX_BYTES])) for _ in range(60)]
    words = [f"word {number}" for number in range(20)]
    data = b"".join(message(dice, one) for one in sent)
    data += b"".join(frame(Opcode.TEXT, word.encode()) for word in words)
    async with typing(heard) as (_, writer):

        async def commits() -> None:
            while not heard.ended.is_set():
                heard.intake.hold()
                await asyncio.sleep(0.002)
                heard.intake.take()
                await asyncio.sleep(0.001)

        committing = asyncio.create_task(commits())
        at = 0
        while at < len(data):
            size = dice.choice([1, 14, 1_000, 70_000, 200_000])
            writer.write(data[at : at + size])
            await writer.drain()
            if dice.random() < 0.3:
                await asyncio.sleep(0.001)
            at += size
        end(writer)
        await committing
    assert heard.binary == [*BEGINNING, *sent]
    assert heard.text == words
    assert heard.code == 1000


@pytest.mark.parametrize("held", [False, True], ids=["at rest", "between two commits"])
@pytest.mark.parametrize("cut", [False, True], ids=["ended", "cut"])
async def test_a_lost_connection_is_noticed(*, held: bool, cut: bool) -> None:
    heard = Heard()
    async with typing(heard) as (_, writer):
        if held:
            heard.intake.hold()
        writer.write(frame(Opcode.BINARY, b"last words"))
        await writer.drain()
        if cut:
            await asyncio.sleep(A_MOMENT_S)  # a reset would take the last words with it
            heard.intake.take()
            writer.transport.abort()
        else:
            writer.close()
        await asyncio.sleep(A_MOMENT_S)
        heard.intake.take()
    assert heard.binary == [*BEGINNING, b"last words"]


async def test_whoever_has_to_wait_is_not_read_and_later_is() -> None:
    heard = Heard()
    async with typing(heard) as (reader, writer):
        assert heard.fast is not None
        heard.fast.pause()
        writer.write(frame(Opcode.BINARY, b"much"))
        await asyncio.sleep(A_MOMENT_S)
        heard.intake.take()
        assert heard.binary == BEGINNING
        heard.fast.resume()
        await eventually(lambda: heard.binary == [*BEGINNING, b"much"])
        # Closed while it waits: its answer has to be read all the same.
        heard.fast.pause()
        heard.fast.close(4400, "")
        assert (await reader.readexactly(4))[2:] == (4400).to_bytes(2, "big")
        end(writer)


async def test_one_whose_end_another_brings_about_is_not_read() -> None:
    """Both have sent something; whoever is read first cuts the other, whose socket is gone then."""
    one = Heard()
    other = Heard(intake=Borrowed(one.intake))
    async with typing(one) as (_, writer), typing(other) as (_, writer_too):
        assert one.fast is not None
        assert other.fast is not None
        one.on_binary, other.on_binary = other.fast.transport.abort, one.fast.transport.abort
        one.intake.hold()
        writer.write(frame(Opcode.BINARY, b"me"))
        writer_too.write(frame(Opcode.BINARY, b"me"))
        await asyncio.sleep(A_MOMENT_S)
        one.intake.take()
        assert sorted([len(one.binary), len(other.binary)]) == [TYPES_AFTER, TYPES_AFTER + 1]
        end(writer)
        end(writer_too)
