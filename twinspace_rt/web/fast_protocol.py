"""uvicorn's WebSocket protocol with a short way in and out.

``await send()`` through ASGI costs about twice what the kernel takes to send a small frame, and
each message received goes through a queue and a task switch. An application that asks for it (the
scope's ``twinspace.transport`` extension) gets binary frames handed over as they arrive, and writes
whole frames, made once for all receivers, to the socket. An application that does not ask sees
plain ASGI. Text frames and the end of the connection are told through ``receive`` in either case.

Small binary frames, nearly all that is received, are read here; every other frame, and whatever is
not as it should be, goes to the ``websockets`` parser, which takes five times as long.
"""

import asyncio
import logging
import os
import socket
from asyncio import BaseTransport
from collections.abc import Callable, Sequence
from typing import Any

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.speedups import apply_mask

from twinspace_rt.errors import CloseCode
from twinspace_rt.rooms.connection import TEXT, Frame
from twinspace_rt.rooms.lane import Lane
from twinspace_rt.web.intake import Intake

log = logging.getLogger(__name__)
EXTENSION = "twinspace.transport"
PING_FRAME = b"\x89\x00"  # RFC 6455 section 5.5.2, unmasked and empty
Receiver = Callable[[bytes], None]
MESSAGES_WAITING_MAX = 500
TYPES_AFTER = 8
"""After so many binary messages a socket is read with the others: to join a document and write the
first words takes fewer."""
READ_BYTES = 64 * 1024
UNSENT_MAX_BYTES = 128 * 1024
"""What the kernel takes for a client that does not take it. It would take up to 4 MiB for each,
which is in no outbox and in nobody's memory, and keeps one who is slow from being found out."""
READS_MAX = 16
"""Of one socket, before others have their turn."""
_read_buffer = bytearray(READ_BYTES)

# The head of a frame, RFC 6455 section 5.2.
FIN = 0x80
RESERVED = 0x70
MASKED = 0x80
BINARY, CLOSE = 0x2, 0x8
FIN_BINARY = FIN | BINARY
HEAD_MAX_BYTES = 14


class FastWebSocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket connection that an application may read and write directly."""

    receiver: Receiver | None = None
    lane: Lane
    heard_at: float = 0.0
    _line: asyncio.Transport
    _paused = False
    _offered: Intake | None = None
    _intake: Intake | None = None
    """Who reads this socket, once it is not the transport any more."""
    _until_intake = TYPES_AFTER
    _fd = -1
    _max_bytes = 0
    _head = b""
    """The beginning of a frame whose head is not whole yet."""
    _through = 0
    """The bytes that the other parser still lacks of a frame."""
    _fragmented = False
    """Whether a message has begun of which more frames have to come."""
    _verbatim = False
    """Whether the other parser gets everything: the connection is closing, or has to be closed."""

    @property
    def transport(self) -> asyncio.Transport:
        """The way that is not the short one: whoever asks for it may give it something."""
        self.lane.look_first()
        return self._line

    @transport.setter
    def transport(self, transport: asyncio.Transport) -> None:
        self._line = transport

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self
        self.heard_at = self.loop.time()
        await super().run_asgi()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            # uvicorn would take a refused upgrade for one that was never answered, and log an
            # error for each.
            self.handshake_complete = True

    def connection_made(self, transport: BaseTransport) -> None:
        self.lane = Lane()
        super().connection_made(transport)
        line = transport.get_extra_info("socket")
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # not every system has it
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MAX_BYTES)
        if transport.get_extra_info("sslcontext") is None:
            self._fd = line.fileno()
            self.lane = Lane(self._fd, self._line)

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        if not self.handshake_initiated or self._verbatim:
            super().data_received(data)
            return
        if self._through:
            # The rest of a frame that the other parser has begun.
            self._hand_on(data[: self._through])
            passed = min(self._through, len(data))
            self._through -= passed
            data = data[passed:]
        if self._head:
            data, self._head = self._head + data, b""
        self._read_frames(data)

    def _read_frames(self, data: bytes) -> None:
        """Read what begins at the head of a frame."""
        at, end = 0, len(data)
        while at < end and not self._verbatim:
            if end - at < HEAD_MAX_BYTES and end - at < _head_bytes(data[at : at + 2]):
                self._head = data[at:]
                return
            first, size = data[at], data[at + 1] - MASKED
            body = at + 6
            if size < 0 or first & RESERVED:  # the other parser refuses it
                self._verbatim = True
                super().data_received(data[at:])
                return
            if size == 126:
                size = data[at + 2] << 8 | data[at + 3]
                body = at + 8
            elif size == 127:
                size = int.from_bytes(data[at + 2 : at + 10], "big")
                body = at + 14
            after = body + size
            if (
                first == FIN_BINARY
                and after <= end
                and size <= self._max_bytes
                and not self._fragmented
                and self.receiver is not None
            ):
                if not self.close_sent:
                    self.receiver(apply_mask(data[body:after], data[body - 4 : body]))
                    if self._until_intake:
                        self._count_down()
            else:
                self._note(first)
                self._through = max(0, after - end)
                self._hand_on(data[at:after])
            at = after

    def _note(self, first: int) -> None:
        opcode = first & 0x0F
        if opcode <= BINARY:
            self._fragmented = not first & FIN
        elif opcode == CLOSE:
            self._verbatim = True

    def _hand_on(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.parser_exc is not None:
            self._verbatim = True

    def take_over(self, receiver: Receiver, *, max_bytes: int, intake: Intake) -> None:
        """Hand every binary message to ``receiver`` as it arrives, from now on.

        Args:
            receiver: Must not raise and must not wait.
            max_bytes: Largest message taken; a larger one closes the connection with 1009.
            intake: Reads the socket once many messages have come.
        """
        self.receiver = receiver
        self._offered = intake
        # Whoever it is has been proved; a browser's headers would be held as long as it stays.
        self.scope["headers"] = []
        del self.request, self.response
        self._max_bytes = max_bytes
        self.conn.max_message_size = self.conn.max_fragment_size = max_bytes

    def send_receive_event_to_app(self) -> None:
        if self.receiver is None:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        if self.curr_msg_data_type == "bytes":
            self.receiver(bytes(data))
        elif self.queue.qsize() >= MESSAGES_WAITING_MAX:
            self.close(CloseCode.OVERLOAD, "too_many_commands")
        else:
            try:
                self.queue.put_nowait({"type": "websocket.receive", "text": bytes(data).decode()})
            except UnicodeDecodeError:
                self.close(CloseCode.MALFORMED, "utf8")

    # -- read with the others

    def _count_down(self) -> None:
        """After a few messages, be read with the others."""
        if self._until_intake > 1:
            self._until_intake -= 1
        elif not (self.read_paused or self._paused or self._line.is_closing()):
            self._until_intake = 0
            if self._fd >= 0 and self._offered is not None:
                self._line.pause_reading()
                self._read_through(self._offered)

    def _read_through(self, intake: Intake) -> None:
        """Have the intake read this socket, or the transport, if the intake cannot."""
        self._intake = intake if intake.add(self._fd, self._read_now) else None
        if self._intake is None:
            self._line.resume_reading()

    def _read_now(self) -> None:
        """Read what has arrived; an end is left to the transport to find."""
        for _ in range(READS_MAX):
            if self._line.is_closing():
                self._leave_intake()
                return
            try:
                size = os.readv(self._fd, (_read_buffer,))
            except BlockingIOError:
                return
            except OSError:
                size = 0
            if not size:
                self._leave_intake()
                self._line.resume_reading()
                return
            try:
                self.data_received(bytes(memoryview(_read_buffer)[:size]))
            except Exception:
                log.exception("what a socket brought could not be taken")
                self._line.abort()
                return
            if size < READ_BYTES or self._paused:
                return

    def _leave_intake(self) -> None:
        if self._intake is not None:
            self._intake.remove(self._fd, self._read_now)
            self._intake = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave_intake()
        self.lane.close()
        super().connection_lost(exc)

    # -- what a connection's sink needs

    def write(self, frames: Sequence[Frame]) -> int:
        """Write whole frames in order; they are in the kernel or the transport's buffer after.

        Straight to the kernel if nothing waits: the transport's own way there costs as much again.

        Returns:
            How many bytes wait in the transport's buffer now.
        """
        if self.close_sent or self._line.is_closing():
            return 0
        data = frames[0].wire if len(frames) == 1 else b"".join([f.wire for f in frames])
        if self.lane.is_free():
            try:
                written = os.write(self._fd, data)
            except BlockingIOError:
                written = 0
            except OSError:
                self._line.abort()
                return 0
            if written == len(data):
                return 0
            # A large one waits for many at a time: they share it.
            self.transport.write(memoryview(data)[written:])
        else:
            self.transport.write(data)
        return self._line.get_write_buffer_size()

    def waiting_bytes(self) -> int:
        """Count what the transport holds because the peer does not take it."""
        return self._line.get_write_buffer_size()

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and, should the peer not answer in time, cut the connection."""
        if self.close_sent or self._line.is_closing():
            return
        self.lane.close()
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        # The peer's answer has to be read.
        self._paused = self._paused or self.read_paused
        self.read_paused = False
        self.resume()
        self.close_timer = self.loop.call_later(self.close_timeout, self._line.abort)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})

    def shutdown(self) -> None:
        """End with the server; whoever has been told to go is left the time to read that.

        A socket that is closed while something unread is in it is reset, and what the peer has not
        read yet, its last acknowledgements, is lost with it.
        """
        if not self.close_sent:
            super().shutdown()

    def silent_s(self) -> float:
        """Tell for how many seconds the peer has sent nothing."""
        return self.loop.time() - self.heard_at

    def ping(self) -> None:
        """Send a ping; whatever the peer sends next moves ``heard_at``."""
        if not self.close_sent and not self._line.is_closing():
            self.transport.write(PING_FRAME)

    def pause(self) -> None:
        """Read no more for now: the sender has to wait, and nobody else does."""
        if self._paused or self._line.is_closing():
            return
        self._paused = True
        if self._intake is None:
            self._line.pause_reading()
        else:
            self._intake.remove(self._fd, self._read_now)

    def resume(self) -> None:
        """Read on."""
        if not self._paused or self._line.is_closing():
            return
        self._paused = False
        if self._intake is not None:
            self._read_through(self._intake)
        elif not self.read_paused:
            self._line.resume_reading()

    async def receive(self) -> ASGIReceiveEvent:
        message = await self.queue.get()
        # uvicorn reads no more while a message waits; afterwards whoever has to wait still does.
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            if not self._paused and not self._line.is_closing():
                self._line.resume_reading()
        return message


def _head_bytes(start: bytes) -> int:
    """Tell how long the head of a frame is, by its first two bytes."""
    if len(start) < 2:
        return HEAD_MAX_BYTES
    size = start[1] - MASKED
    return 2 if size < 0 else 6 if size < 126 else 8 if size == 126 else HEAD_MAX_BYTES


class AsgiSink:
    """The same, through plain ASGI: for servers other than ours.

    Args:
        send: ASGI's ``send``.
    """

    def __init__(self, send: Callable[[Any], Any]) -> None:
        self.lane = Lane()
        self._send = send
        self._queue: asyncio.Queue[Frame | tuple[int, str] | None] = asyncio.Queue()
        self._waiting = 0
        self._closed = False

    def write(self, frames: Sequence[Frame]) -> int:
        if not self._closed:
            for frame in frames:
                self._waiting += len(frame.wire)
                self._queue.put_nowait(frame)
        return self._waiting

    def waiting_bytes(self) -> int:
        return self._waiting

    def close(self, code: int, reason: str) -> None:
        if not self._closed:
            self._closed = True
            self._queue.put_nowait((code, reason))

    def silent_s(self) -> float:
        """Tell nothing: such a server ends dead connections by itself."""
        return 0.0

    def pause(self) -> None:
        """Do nothing: without ``receive`` being called, ASGI servers stop reading by themselves."""

    def resume(self) -> None:
        """Do nothing, as :meth:`pause` does."""

    def ping(self) -> None:
        """Do nothing: such a server sends its own pings."""

    async def pump(self) -> None:
        """Send what is written until the connection closes."""
        while (item := await self._queue.get()) is not None:
            if isinstance(item, tuple):
                await self._send({"type": "websocket.close", "code": item[0], "reason": item[1]})
                return
            message: dict[str, Any] = {"type": "websocket.send"}
            if item.opcode == TEXT:
                message["text"] = item.payload.decode()
            else:
                message["bytes"] = item.payload
            await self._send(message)
            self._waiting -= len(item.wire)
