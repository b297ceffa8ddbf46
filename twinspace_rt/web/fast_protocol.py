"""uvicorn's WebSocket protocol with a short way in and out.

``await send()`` through ASGI costs about twice what the kernel takes to send a small frame, and
each message received goes through a queue and a task switch. An application that asks for it (the
scope's ``twinspace.transport`` extension) gets binary frames handed over as they arrive, and writes
whole frames, made once for all receivers, to the transport. An application that does not ask sees
plain ASGI. Text frames and the end of the connection are told through ``receive`` in either case.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from twinspace_rt.errors import CloseCode
from twinspace_rt.rooms.connection import TEXT, Frame

EXTENSION = "twinspace.transport"
PING_FRAME = b"\x89\x00"  # RFC 6455 section 5.5.2, unmasked and empty
Receiver = Callable[[bytes], None]
MESSAGES_WAITING_MAX = 500


class FastWebSocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket connection that an application may read and write directly."""

    receiver: Receiver | None = None
    heard_at: float = 0.0

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

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        super().data_received(data)

    def take_over(self, receiver: Receiver, *, max_bytes: int) -> None:
        """Hand every binary message to ``receiver`` as it arrives, from now on.

        Args:
            receiver: Must not raise and must not wait.
            max_bytes: Largest message taken; a larger one closes the connection with 1009.
        """
        self.receiver = receiver
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

    # -- what a connection's sink needs

    def write(self, frames: Sequence[Frame]) -> None:
        """Write whole frames in order; they are in the kernel or the transport's buffer after."""
        if not self.close_sent and not self.transport.is_closing():
            if len(frames) == 1:
                self.transport.write(frames[0].wire)
            else:
                self.transport.writelines([frame.wire for frame in frames])

    def waiting_bytes(self) -> int:
        """Count what the transport holds because the peer does not take it."""
        return self.transport.get_write_buffer_size()

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and, should the peer not answer in time, cut the connection."""
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.resume()  # the peer's answer has to be read
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})

    def silent_s(self) -> float:
        """Tell for how many seconds the peer has sent nothing."""
        return self.loop.time() - self.heard_at

    def ping(self) -> None:
        """Send a ping; whatever the peer sends next moves ``heard_at``."""
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(PING_FRAME)

    def pause(self) -> None:
        """Read no more for now: the sender has to wait, and nobody else does."""
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self.read_paused and not self.transport.is_closing():
            self.read_paused = False
            self.transport.resume_reading()


class AsgiSink:
    """The same, through plain ASGI: for servers other than ours.

    Args:
        send: ASGI's ``send``.
    """

    def __init__(self, send: Callable[[Any], Any]) -> None:
        self._send = send
        self._queue: asyncio.Queue[Frame | tuple[int, str] | None] = asyncio.Queue()
        self._waiting = 0
        self._closed = False

    def write(self, frames: Sequence[Frame]) -> None:
        if self._closed:
            return
        for frame in frames:
            self._waiting += len(frame.payload)
            self._queue.put_nowait(frame)

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
            self._waiting -= len(item.payload)
