"""The bus of a single process."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from twinspace_rt.bus.base import Receiver, Subscription


class MemoryExchange:
    """Where the buses of one process meet."""

    def __init__(self) -> None:
        self.channels: defaultdict[str, list[tuple[MemoryBus, Subscription]]] = defaultdict(list)


class MemoryBus:
    """Carries messages between the nodes of one process (one, but in tests more).

    Each node has a ``MemoryBus`` of its own over a shared ``MemoryExchange``.
    """

    connected = True

    def __init__(self, exchange: MemoryExchange | None = None) -> None:
        self._channels = (exchange or MemoryExchange()).channels
        self._closed = asyncio.Event()

    def publish(self, channel: str, message: bytes) -> None:
        if self._closed.is_set():
            return
        for owner, subscription in self._channels.get(channel, ()):
            if owner is not self:
                # As over a network, nobody is called in the middle of what the sender does.
                asyncio.get_running_loop().call_soon(subscription.deliver, message)

    def subscribe(self, channel: str, receiver: Receiver) -> Subscription:
        subscription = Subscription(channel, receiver, self._end)
        subscription.carried.set()
        self._channels[channel].append((self, subscription))
        return subscription

    def _end(self, subscription: Subscription) -> None:
        here = self._channels[subscription.channel]
        here.remove((self, subscription))
        if not here:
            del self._channels[subscription.channel]

    def on_gap(self, callback: Callable[[], None]) -> None:
        """See :class:`~twinspace_rt.bus.base.Bus`: nothing is ever missed here."""

    async def run(self) -> None:
        await self._closed.wait()

    def close(self) -> None:
        self._closed.set()
        mine = [held for here in self._channels.values() for held in here if held[0] is self]
        for _, subscription in mine:
            subscription.end()
