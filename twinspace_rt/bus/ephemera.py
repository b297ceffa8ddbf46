"""What nodes show each other on one channel for the moment: last values, each with its node.

Nothing of this is stored, and any message may be lost; what was lost is told again within half a
minute.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from twinspace_rt.bus.neighbours import Neighbours

ANSWER_S = 0.05


class Message(Struct, array_like=True, tag=True):
    """What nodes say to each other: all of it names the node that says it."""

    node: str


class Alive(Message):
    """The node is there."""


class Left(Message):
    """The node shows nothing here any more (or, among all nodes, it ends)."""


class Told(Message):
    """Values that the node shows; ``None``: not any more. An answer never asks."""

    values: Mapping[str, bytes | None]
    whole: bool = False
    """Whether these are all that it shows."""
    ask: bool = False
    """Whether it wants to know what the others show."""


class Passed(Message):
    """A word of the moment, which nobody keeps."""

    message: bytes


encoder = msgspec.msgpack.Encoder()
decoder = msgspec.msgpack.Decoder(Alive | Left | Told | Passed)


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
        met: Callable[[], None],
    ) -> None:
        self._neighbours = neighbours
        self._channel = channel
        self._whole = whole
        self._told = told
        self._passed = passed
        self._met = met
        self._shown: dict[str, set[str]] = {}
        self._whole_at: dict[str, float] = {}
        self._answer: asyncio.TimerHandle | None = None
        self._subscription = neighbours.bus.subscribe(channel, self._receive)
        self._opening = asyncio.get_running_loop().create_task(self._ask_first())

    @property
    def is_shared(self) -> bool:
        """Whether another node shares the channel, as far as this one has heard."""
        return bool(self._shown)

    async def _ask_first(self) -> None:
        await self._subscription.ready()
        self.tell_whole(ask=True)

    def tell(self, values: Mapping[str, bytes | None]) -> None:
        """Show these values from now on, and those that are ``None`` no more."""
        if values and self.is_shared:
            self._send(Told(self._neighbours.node_id, values))

    def tell_whole(self, *, ask: bool = False) -> None:
        """Tell all that this node shows, and ask the others for theirs if none is known."""
        ask = ask or not self.is_shared
        self._send(Told(self._neighbours.node_id, self._whole(), whole=True, ask=ask))

    def pass_on(self, message: bytes) -> None:
        """Hand the other nodes a message of the moment."""
        if self.is_shared:
            self._send(Passed(self._neighbours.node_id, message))

    def put_right(self) -> None:
        """Ask and tell everything soon."""
        self._neighbours.put_right(self)

    def close(self) -> None:
        """Show nothing any more, hear nothing, and hold none of those who did."""
        self._opening.cancel()
        if self._answer is not None:
            self._answer.cancel()
        self._subscription.end()
        self._neighbours.forget(self)
        self._whole, self._told, self._passed, self._met = dict, _ignore, _ignore, _ignore
        if self._neighbours.alive:  # perhaps of one that has only just asked
            self._send(Left(self._neighbours.node_id))

    def lost(self, node: str) -> None:
        """Take away what a node showed; one that showed nothing is ignored."""
        shown = self._shown.pop(node, None)
        self._whole_at.pop(node, None)
        if shown:
            self._told(node, dict.fromkeys(shown))

    def drop_older(self, limit: float) -> None:
        """Take away what nodes show that have told nothing whole since ``limit``.

        They have left the channel, and their word of it was lost.
        """
        for node in [node for node, at in self._whole_at.items() if at < limit]:
            self.lost(node)

    def _send(self, message: Message) -> None:
        self._neighbours.publish(self._channel, message)

    def _receive(self, data: bytes) -> None:
        message = decoder.decode(data)
        self._neighbours.heard(message.node)
        match message:
            case Left():
                self.lost(message.node)
            case Told():
                self._take(message)
            case Passed():
                self._passed(message.message)

    def _take(self, told: Told) -> None:
        values = told.values
        is_new = told.node not in self._shown
        if is_new and not told.whole:
            self._neighbours.put_right(self)  # what it showed before has been missed
        shown = self._shown.setdefault(told.node, set())
        if told.whole or told.node not in self._whole_at:
            self._whole_at[told.node] = asyncio.get_running_loop().time()
        if told.whole:
            values = dict.fromkeys(shown - values.keys()) | dict(values)
        for key, value in values.items():
            (shown.discard if value is None else shown.add)(key)
        if values:
            self._told(told.node, values)
        if is_new or told.ask:  # its leave may have been lost, and it may have come again
            self._met()
        if told.ask and self._answer is None:
            # However many ask at once, one answer reaches them all.
            self._answer = asyncio.get_running_loop().call_later(ANSWER_S, self._give_answer)

    def _give_answer(self) -> None:
        self._answer = None
        self._send(Told(self._neighbours.node_id, self._whole(), whole=True))


def _ignore(*_: object) -> None:
    """Stand for a callback of who shows nothing any more."""
