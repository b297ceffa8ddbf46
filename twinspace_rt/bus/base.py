"""What every bus promises."""

from collections.abc import Callable
from typing import Protocol

Receiver = Callable[[bytes], None]


class Bus(Protocol):
    """Carries messages between the nodes, at most once each; any may be lost.

    What must not be lost is in the database: a message here only says where to look.
    """

    async def publish(self, channel: str, message: bytes) -> None:
        """Hand ``message`` to every other node that subscribed to ``channel``."""
        ...

    def subscribe(self, channel: str, receiver: Receiver) -> Callable[[], None]:
        """Call ``receiver`` for each message on ``channel``; returns what ends it."""
        ...
