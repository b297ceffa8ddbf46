"""One client in one room, and its bounded outbox."""

import asyncio
import enum
import itertools
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from twinspace_rt import meters
from twinspace_rt.errors import CloseCode
from twinspace_rt.rooms.access import Principal
from twinspace_rt.rooms.lane import Lane

if TYPE_CHECKING:
    from twinspace_rt.rooms.feature import BinaryChannel

log = logging.getLogger(__name__)
TEXT = 0x1
BINARY = 0x2
KEEPALIVE_S = 20
SILENCE_MAX_S = 60.0
# Closed with one of these, what is still on its way from it has no effect.
SHUT_OUT = frozenset({CloseCode.REMOVED, CloseCode.SIGNED_OUT, CloseCode.FORBIDDEN})
_numbers = itertools.count(1)


class Frame:
    """One WebSocket message, encoded once however many sockets it is written to.

    Attributes:
        opcode: `TEXT` or `BINARY`.
        wire: The whole frame as RFC 6455 section 5.2 has it: a server's frames are unmasked, so the
            same bytes serve every receiver.
    """

    __slots__ = ("opcode", "wire")

    def __init__(self, opcode: int, payload: bytes) -> None:
        self.opcode = opcode
        n = len(payload)
        if n < 126:
            self.wire = bytes((0x80 | opcode, n)) + payload
        elif n < 65536:
            self.wire = bytes((0x80 | opcode, 126)) + n.to_bytes(2, "big") + payload
        else:
            self.wire = bytes((0x80 | opcode, 127)) + n.to_bytes(8, "big") + payload

    @property
    def payload(self) -> bytes:
        """The message without its head."""
        return self.wire[{126: 4, 127: 10}.get(self.wire[1], 2) :]


class Sink(Protocol):
    """Where a connection's frames go: a transport below ASGI, or an ASGI ``send``.

    Attributes:
        lane: The short way there, if there is one; no other sink has the same.
    """

    lane: Lane

    def write(self, frames: Sequence[Frame]) -> int:
        """Hand over frames in order, without waiting; returns what `waiting_bytes` is then."""
        ...

    def waiting_bytes(self) -> int:
        """Count the bytes handed over that the peer has not taken yet."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close the WebSocket after what is waiting; repeated calls do nothing."""
        ...

    def silent_s(self) -> float:
        """Tell for how many seconds the peer has sent nothing at all."""
        ...

    def ping(self) -> None:
        """Send a WebSocket ping, so that a living peer breaks its silence."""
        ...

    def pause(self) -> None:
        """Take nothing more from the peer for now."""
        ...

    def resume(self) -> None:
        """Take from the peer again."""
        ...


class Pause(enum.Flag):
    """Why nothing is read from a client for now; each reason ends by itself, and may be the last.

    Attributes:
        TRAFFIC: Its member has written more than their share.
        OPENING: Too much of it waits behind a document that is being opened.
        STORAGE: More edits wait for their commit than this node may hold.
        ENDING: This node ends; that does not pass.
    """

    TRAFFIC = enum.auto()
    OPENING = enum.auto()
    STORAGE = enum.auto()
    ENDING = enum.auto()


class Connection:
    """One client in one room.

    Nobody waits for it: what it does not take within the bounds closes it with 4508, and it comes
    back and resumes.

    Args:
        principal: Who it is and may do; replaced when the role changes.
        sink: Where its frames go.
        speaks_text: Whether the client asked for text frames (they break stock Yjs providers).
    """

    __slots__ = (
        "_held",
        "_max_age_s",
        "_max_bytes",
        "_owed",
        "_paused",
        "_sink",
        "_waiting_since",
        "channel",
        "closed",
        "greeted",
        "lane",
        "number",
        "place",
        "principal",
        "shut_out",
        "speaks_text",
    )

    def __init__(
        self,
        principal: Principal,
        sink: Sink,
        *,
        speaks_text: bool,
        outbox_max_bytes: int,
        outbox_max_age_s: float,
    ) -> None:
        self.number = next(_numbers)
        self.principal = principal
        self.speaks_text = speaks_text
        self.channel: BinaryChannel | None = None
        self.closed = False
        self.shut_out = False
        self.greeted = False
        self.place: tuple[str, str | None] | None = None
        self.lane = sink.lane
        self._sink = sink
        self._max_bytes = outbox_max_bytes
        self._max_age_s = outbox_max_age_s
        # What a join is owed may be larger than the outbox; it is allowed until once drained.
        self._owed = 0
        self._waiting_since: float | None = None
        self._paused = Pause(0)
        self._held: list[tuple[int, Frame]] | None = None

    @property
    def outbox_bytes(self) -> int:
        """How much this client has not taken yet."""
        return self._sink.waiting_bytes()

    def send(self, *frames: Frame) -> None:
        """Queue frames, in order; closes the connection if it lags beyond the bounds."""
        self.send_all(frames)

    def send_all(self, frames: Sequence[Frame]) -> None:
        """Do as :meth:`send`, for what many connections are sent after one another."""
        if self.closed:
            return
        waiting = self._sink.write(frames)
        if waiting:
            self._note_waiting(waiting)
        elif self._waiting_since is not None:
            self._waiting_since, self._owed = None, 0

    def send_owed(self, *frames: Frame) -> None:
        """Queue what a join or resume asked for: it does not count against the outbox."""
        self._note_passed()
        self._owed += sum(len(frame.wire) for frame in frames)
        self.send(*frames)

    def push(self, seq: int, frame: Frame) -> None:
        """Send a room event, or hold it while the connection is being admitted."""
        if self._held is not None:
            self._held.append((seq, frame))
        elif self.greeted:
            self.send(frame)

    def hold(self) -> None:
        """Keep room events back until :meth:`release`: subscribe first, read second."""
        self._held = []

    def let_go(self) -> None:
        """Forget what was held, and hold no more: the connection is not admitted."""
        self._held = None

    def release(self, after_seq: int) -> None:
        """Send what was held and is newer than ``after_seq``; from now on events flow."""
        held, self._held = self._held or [], None
        self.greeted = True
        self.send(*(frame for seq, frame in held if seq > after_seq))

    def close(
        self, code: CloseCode, reason: str = "", *, retry_after_ms: int | None = None
    ) -> None:
        """Close with ``code``, perhaps telling when to come back; later calls do nothing."""
        if self.closed:
            return
        self.closed = True
        self.lane.close()
        self.shut_out = code in SHUT_OUT
        meters.closes.labels(int(code), reason).inc()
        log.info("close connection=%d code=%d reason=%s", self.number, code, reason)
        told = reason if retry_after_ms is None else f"{reason} retry_after_ms={retry_after_ms}"
        self._sink.close(int(code), told)

    def keep_alive(self) -> None:
        """Ping the peer, or close it if it has been silent for too long; each 20 seconds."""
        if self.closed:
            return
        if self._sink.silent_s() > SILENCE_MAX_S and not self._paused:
            self.close(CloseCode.OVERLOAD, "silent")
            return
        self._sink.ping()
        if self.channel is not None:
            self.channel.keep_alive()

    def pause(self, why: Pause) -> None:
        """Read nothing more from this client while there is a reason; nobody else waits."""
        self._paused |= why
        self._sink.pause()

    def resume(self, why: Pause) -> None:
        """Let go of a reason to wait; once none is left, read on."""
        self._paused &= ~why
        if not self._paused:
            self._sink.resume()

    def check_age(self, now: float) -> None:
        """Close a connection whose outbox has not been empty for too long; called each second."""
        if self.closed:
            return
        waiting = self._sink.waiting_bytes()
        if not waiting:
            self._waiting_since, self._owed = None, 0
        else:
            self._note_waiting(waiting, now)

    def _note_passed(self) -> None:
        """Take note that nothing waited meanwhile, if so."""
        if self.lane.passed:
            self.lane.passed = False
            self._waiting_since, self._owed = None, 0

    def _note_waiting(self, waiting: int, now: float | None = None) -> None:
        self._note_passed()
        now = asyncio.get_running_loop().time() if now is None else now
        if self._waiting_since is None:
            self._waiting_since = now
        # A large document over a school line takes its time: a second more for each 64 kB owed.
        patience = self._max_age_s + self._owed / 65536
        if waiting > self._max_bytes + self._owed or now - self._waiting_since > patience:
            self.close(CloseCode.SLOW, "slow")
