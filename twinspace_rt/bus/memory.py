"""The bus of a single process."""

from collections import defaultdict
from collections.abc import Callable

from twinspace_rt.bus.base import Receiver


class MemoryBus:
    """Carries messages between the nodes of one process (one, but in tests more).

    Each node has a ``MemoryBus`` of its own over a shared ``MemoryExchange``.
    """

    def __init__(self, exchange: "MemoryExchange | None" = None) -> None:
        self._exchange = exchange or MemoryExchange()

    async def publish(self, channel: str, message: bytes) -> None:
        for owner, receiver in list(self._exchange.receivers[channel]):
            if owner is not self:
                receiver(message)

    def subscribe(self, channel: str, receiver: Receiver) -> Callable[[], None]:
        key = (self, receiver)
        self._exchange.receivers[channel].append(key)
        return lambda: self._exchange.receivers[channel].remove(key)


class MemoryExchange:
    """Where the buses of one process meet."""

    def __init__(self) -> None:
        self.receivers: defaultdict[str, list[tuple[MemoryBus, Receiver]]] = defaultdict(list)
