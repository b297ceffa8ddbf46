"""The other nodes that are alive, and what is shared with them for the moment."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Mapping

from twinspace_rt.bus.base import Bus
from twinspace_rt.bus.ephemera import Alive, Ephemera, Left, Message, decoder, encoder
from twinspace_rt.ids import new_id

log = logging.getLogger(__name__)
NODES = "nodes"
BEAT_S = 2.0
BEATS_UNTIL_GONE = 3.25
"""What a node shows is gone everywhere within ten seconds."""
BEATS_UNTIL_RENEWED = 15
RENEWALS_UNTIL_LEFT = 2.5
TICKS_PER_BEAT = 4
TELLINGS_PER_TICK = 200


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
        met: Callable[[], None] = lambda: None,
    ) -> Ephemera:
        """Show values to the other nodes that share a channel, and see theirs.

        Args:
            channel: An opaque identifier, which no other use of the bus has.
            whole: Returns all that this node shows now.
            told: Called with a node and what has changed in what it shows (``None``: gone).
            passed: Called with a message of the moment.
            met: Called when a node is heard that shares the channel and was not known to, or asks:
                it may have come before, and not have been told what happened meanwhile.
        """
        shared = Ephemera(self, channel, whole, told, passed, met)
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

    def publish(self, channel: str, message: Message) -> None:
        """Send a message to the other nodes, unless this one has taken its leave."""
        if not self._left:
            self.bus.publish(channel, encoder.encode(message))

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
        message = decoder.decode(data)
        if isinstance(message, Left):
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
                self.publish(NODES, Alive(self.node_id))
            if tick % (TICKS_PER_BEAT * BEATS_UNTIL_RENEWED) == 0 and self._heard_at:
                self._due = dict.fromkeys(self._shared, False) | self._due
                limit = loop.time() - RENEWALS_UNTIL_LEFT * BEATS_UNTIL_RENEWED * self._beat_s
                for shared in tuple(self._shared):
                    shared.drop_older(limit)
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
        self.publish(NODES, Left(self.node_id))
        self._left = True
