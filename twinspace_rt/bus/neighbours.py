"""What nodes show each other for the moment: who is where, cursors, who is typing.

Each value belongs to the node that shows it, and goes with that node. Nothing of this is stored,
and any message may be lost; what was lost is told again within half a minute.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from twinspace_rt.bus.base import Bus
from twinspace_rt.ids import new_id

log = logging.getLogger(__name__)
NODES = "nodes"
BEAT_S = 2.0
BEATS_UNTIL_GONE = 3.25
"""What a node shows is gone everywhere within ten seconds."""
BEATS_UNTIL_RENEWED = 15
TICKS_PER_BEAT = 4
TELLINGS_PER_TICK = 200
ANSWER_S = 0.05


class _Message(Struct, array_like=True, tag=True):
    node: str


class _Alive(_Message):
    """The node is there."""


class _Left(_Message):
    """The node shows nothing here any more (or, among all nodes, it ends)."""


class _Told(_Message):
    """Values that the node shows; ``None``: not any more. An answer never asks."""

    values: Mapping[str, bytes | None]
    whole: bool = False
    """Whether these are all that it shows."""
    ask: bool = False
    """Whether it wants to know what the others show."""


class _Passed(_Message):
    """A word of the moment, which nobody keeps."""

    message: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Alive | _Left | _Told | _Passed)


class Ephemera:
    """The values that nodes show on one channel: made by :meth:`Neighbours.share`.

    Nothing is sent while no other node shares the channel.
    """

    def __init__(
        self,
        neighbours: "Neighbours",
        channel: str,
        whole: Callable[[], Mapping[str, bytes]],
        told: Callable[[str, Mapping[str, bytes | None]], None],
        passed: Callable[[bytes], None],
    ) -> None:
        self._neighbours = neighbours
        self._channel = channel
        self._whole = whole
        self._told = told
        self._passed = passed
        self._shown: dict[str, set[str]] = {}
        self._answer: asyncio.TimerHandle | None = None
        self._subscription = neighbours.bus.subscribe(channel, self._receive)
        self._opening = asyncio.get_running_loop().create_task(self._ask_first())

    async def _ask_first(self) -> None:
        await self._subscription.ready()
        self.tell_whole(ask=True)

    def tell(self, values: Mapping[str, bytes | None]) -> None:
        """Show these values from now on, and those that are ``None`` no more."""
        if values and self._shown:
            self._send(_Told(self._neighbours.node_id, values))

    def tell_whole(self, *, ask: bool = False) -> None:
        """Tell all that this node shows, and ask the others for theirs if none is known."""
        ask = ask or not self._shown
        self._send(_Told(self._neighbours.node_id, self._whole(), whole=True, ask=ask))

    def pass_on(self, message: bytes) -> None:
        """Hand the other nodes a message of the moment."""
        if self._shown:
            self._send(_Passed(self._neighbours.node_id, message))

    def close(self) -> None:
        """Show nothing any more, and hear nothing."""
        self._opening.cancel()
        if self._answer is not None:
            self._answer.cancel()
        self._subscription.end()
        self._neighbours.forget(self)
        if self._shown:
            self._send(_Left(self._neighbours.node_id))

    def lost(self, node: str) -> None:
        """Take away what a node showed; one that showed nothing is ignored."""
        shown = self._shown.pop(node, None)
        if shown:
            self._told(node, dict.fromkeys(shown))

    def _send(self, message: _Message) -> None:
        self._neighbours.publish(self._channel, message)

    def _receive(self, data: bytes) -> None:
        message = _decoder.decode(data)
        self._neighbours.heard(message.node)
        match message:
            case _Left():
                self.lost(message.node)
            case _Told():
                self._take(message)
            case _Passed():
                self._passed(message.message)

    def _take(self, told: _Told) -> None:
        values = told.values
        if told.node not in self._shown and not told.whole:
            self._neighbours.put_right(self)  # what it showed before has been missed
        shown = self._shown.setdefault(told.node, set())
        if told.whole:
            values = dict.fromkeys(shown - values.keys()) | dict(values)
        for key, value in values.items():
            (shown.discard if value is None else shown.add)(key)
        if values:
            self._told(told.node, values)
        if told.ask and self._answer is None:
            # However many ask at once, one answer reaches them all.
            self._answer = asyncio.get_running_loop().call_later(ANSWER_S, self._give_answer)

    def _give_answer(self) -> None:
        self._answer = None
        self._send(_Told(self._neighbours.node_id, self._whole(), whole=True))


class Neighbours:
    """The other nodes that are alive, by the clock of this one, and what is shared with them.

    A node that has missed three beats is gone with all that it showed; if it comes back, both
    tell each other everything again, a share of it each quarter of a beat. With the bus away, each
    node so ends up with what it shows itself.

    Args:
        bus: What carries it.
        beat_s: Seconds between the messages that say that this node is alive.
    """

    def __init__(self, bus: Bus, *, beat_s: float = BEAT_S) -> None:
        self.bus = bus
        self._beat_s = beat_s
        self.node_id = new_id()
        self._heard_at: dict[str, float] = {}
        self._shared: set[Ephemera] = set()
        self._due: dict[Ephemera, bool] = {}
        self._left = False
        bus.on_gap(self._put_all_right)
        bus.subscribe(NODES, self._receive)

    @property
    def alive(self) -> frozenset[str]:
        """The other nodes that are there now."""
        return frozenset(self._heard_at)

    def share(
        self,
        channel: str,
        *,
        whole: Callable[[], Mapping[str, bytes]],
        told: Callable[[str, Mapping[str, bytes | None]], None],
        passed: Callable[[bytes], None] = lambda _: None,
    ) -> Ephemera:
        """Show values to the other nodes that share a channel, and see theirs.

        Args:
            channel: An opaque identifier, which no other use of the bus has.
            whole: Returns all that this node shows now.
            told: Called with a node and what has changed in what it shows (``None``: gone).
            passed: Called with a message of the moment.
        """
        shared = Ephemera(self, channel, whole, told, passed)
        self._shared.add(shared)
        return shared

    def forget(self, shared: Ephemera) -> None:
        """Look after a channel no more."""
        self._shared.discard(shared)
        self._due.pop(shared, None)

    def put_right(self, shared: Ephemera) -> None:
        """Ask and tell everything on a channel soon."""
        if shared in self._shared:
            self._due[shared] = True

    def publish(self, channel: str, message: _Message) -> None:
        """Send a message to the other nodes, unless this one has taken its leave."""
        if not self._left:
            self.bus.publish(channel, _encoder.encode(message))

    def _put_all_right(self) -> None:
        self._due = dict.fromkeys(self._shared, True)

    def heard(self, node: str) -> None:
        """Note that a node is alive."""
        known = node in self._heard_at
        self._heard_at[node] = asyncio.get_running_loop().time()
        if not known:
            # It may have been cut off, or stopped for a while, and have thought us gone as well.
            log.info("node came node=%s", node)
            self._put_all_right()

    def _receive(self, data: bytes) -> None:
        message = _decoder.decode(data)
        if isinstance(message, _Left):
            self._gone(message.node)
        else:
            self.heard(message.node)

    def _gone(self, node: str) -> None:
        if self._heard_at.pop(node, None) is not None:
            log.info("node gone node=%s", node)
        for shared in tuple(self._shared):
            shared.lost(node)

    async def run(self) -> None:
        """Say that this node is alive, and look after what is shared, until cancelled."""
        loop = asyncio.get_running_loop()
        tick_s = self._beat_s / TICKS_PER_BEAT
        for tick in itertools.count():
            if tick % TICKS_PER_BEAT == 0:
                self.publish(NODES, _Alive(self.node_id))
            if tick % (TICKS_PER_BEAT * BEATS_UNTIL_RENEWED) == 0 and self._heard_at:
                self._due = dict.fromkeys(self._shared, False) | self._due
            for shared in list(self._due)[:TELLINGS_PER_TICK]:
                shared.tell_whole(ask=self._due.pop(shared))
            slept_at = loop.time()
            await asyncio.sleep(tick_s)
            self._look_around(late_s=max(0.0, loop.time() - slept_at - 2 * tick_s))

    def _look_around(self, *, late_s: float) -> None:
        # What was said while this node itself stood still has not been read yet.
        self._heard_at = {node: at + late_s for node, at in self._heard_at.items()}
        limit = asyncio.get_running_loop().time() - BEATS_UNTIL_GONE * self._beat_s
        for node, at in tuple(self._heard_at.items()):
            if at < limit:
                self._gone(node)

    def leave(self) -> None:
        """Tell the others that this node ends: what it shows goes at once."""
        self.publish(NODES, _Left(self.node_id))
        self._left = True
