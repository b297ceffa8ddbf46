"""What every bus promises."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

log = logging.getLogger(__name__)
BEACON_S = 1.0
BEACON_ALONE_S = 0.25
BEACON_SOLE_S = 10.0
Receiver = Callable[[bytes], None]


@dataclass(eq=False, slots=True)
class Subscription:
    """A receiver's hold on a channel."""

    channel: str
    receiver: Receiver
    on_end: Callable[["Subscription"], None]
    carried: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    async def ready(self) -> None:
        """Wait until what others publish is received; with the bus away, until it is back.

        Read what the messages are about after that, not before: in between, one could be missed.
        """
        await self.carried.wait()

    def deliver(self, message: bytes) -> None:
        """Hand a message to the receiver, if it still wants any; its errors stop nobody else."""
        if self.ended:
            return
        try:
            self.receiver(message)
        except Exception:
            log.exception("a message of the bus could not be taken in")

    def end(self) -> None:
        """Receive nothing more, from now on; a second call does nothing."""
        if not self.ended:
            self.ended = True
            # Whose receiver it is mostly holds this: a circle, which waits for the collector.
            self.receiver = _drop
            self.on_end(self)


def _drop(message: bytes) -> None:
    """Stand for a receiver that wants nothing more."""


class Bus(Protocol):
    """Carries messages between the nodes, at most once each; any may be lost.

    What must not be lost is in the database: a message here only says where to look.
    """

    @property
    def connected(self) -> bool:
        """Whether messages are carried now; if not, the database has to be looked at."""
        ...

    def publish(self, channel: str, message: bytes) -> None:
        """Hand ``message`` to every other node that subscribed to ``channel``, in a moment.

        Never waits: with the bus away, or too much on its way, messages are dropped.

        Args:
            channel: An opaque identifier, never a person's words.
            message: Any bytes.
        """
        ...

    def subscribe(self, channel: str, receiver: Receiver) -> Subscription:
        """Call ``receiver``, which does not block, for each message of another node."""
        ...

    def on_gap(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` whenever messages of any channel may have been missed."""
        ...

    async def run(self) -> None:
        """Carry messages until :meth:`close`."""
        ...

    def close(self) -> None:
        """Deliver nothing more, and let go of the bus."""
        ...


def beacon_s(bus: Bus, *, shared: bool) -> float:
    """Tell how many seconds to wait until the database is looked at again for what others wrote.

    While hints are carried it only finds those that were lost; with the bus away it is all there
    is. Where nobody else writes it finds nothing, but for what a fault of this node left behind.

    Args:
        shared: Whether other processes write in the database.
    """
    if not shared:
        return BEACON_SOLE_S
    return BEACON_S if bus.connected else BEACON_ALONE_S
