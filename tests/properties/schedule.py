"""People who write one document by a random schedule, with and without a line to a server."""

import asyncio
import contextlib
import functools
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import InvalidHandshake

from tests.live import Live, SeededRoom, Someone
from tests.peers.provider import Provider
from tests.peers.raw import Pen, eventually

FINISH_S = 60


@dataclass(eq=False)
class Desk:
    """One person's copy, with or without a connection."""

    person: Someone
    provider: Provider
    serving: asyncio.Task[None] | None = None

    @property
    def online(self) -> bool:
        return self.serving is not None and not self.serving.done()


Doing = Callable[[Desk], Coroutine[Any, Any, None]]


class Schedule(ABC):
    """Plays a random schedule on one document; a server in this process can be looked into.

    Attributes:
        desks: Everyone who is still in the room.
        done: How often what was done.
    """

    def __init__(self, live: Live, seeded: SeededRoom, seed: int) -> None:
        assert live.node is not None
        self.node = live.node
        self.live, self.seeded = live, seeded
        self.dice = random.Random(seed)
        self.document = seeded.documents[0]
        self.desks = [
            Desk(person, self.provider(person, Pen(self.dice.randrange(1, 2**32))))
            for person in seeded.people.values()
        ]
        self.done: dict[str, int] = {}
        for desk in self.desks:
            desk.provider.on_saved = functools.partial(self.saved, desk)

    def provider(self, person: Someone, pen: Pen) -> Provider:
        """Make somebody's provider."""
        return Provider(pen)

    @abstractmethod
    def saved(self, desk: Desk) -> None:
        """Take note that somebody was told "all saved"."""

    def server(self) -> Live:
        """Say which server somebody connects to."""
        return self.live

    def doings(self) -> Sequence[Doing]:
        """List what may be done, the frequent several times."""
        return (
            [self.edit] * 36
            + [self.connect] * 12
            + [self.drop, self.go, self.rest] * 3
            + [self.compact] * 2
            + [self.evict]
        )

    async def play(self, steps: int) -> None:
        """Take random steps."""
        doings = self.doings()
        plan = random.Random(self.dice.random())
        for _ in range(steps):
            doing = plan.choice(doings)
            # How often a step draws depends on the moment; what comes next does not.
            self.dice = random.Random(plan.random())
            name = getattr(doing, "__name__", "")
            self.done[name] = self.done.get(name, 0) + 1
            await doing(self.dice.choice(self.desks))
            # Sometimes the server gets a word in, sometimes it does not.
            await asyncio.sleep(self.dice.choice([0, 0, 0.003, 0.02]))

    async def edit(self, desk: Desk) -> None:
        """Insert or delete something, online or not."""
        pen = desk.provider.pen
        length = len(pen.text)
        if length > 5 and self.dice.random() < 0.3:
            start = self.dice.randrange(length - 1)
            await desk.provider.erase(start, min(length, start + self.dice.randint(1, 6)))
        else:
            place = self.dice.randrange(length + 1)
            await desk.provider.write("abcdefgh"[: self.dice.randint(1, 8)], place)

    async def connect(self, desk: Desk) -> None:
        """Come back."""
        if not desk.online:
            if desk.serving is not None:
                await desk.serving
            desk.serving = asyncio.create_task(self._serve(desk, self.server()))

    async def _serve(self, desk: Desk, live: Live) -> None:
        # A server that was killed a moment ago takes nobody in.
        with contextlib.suppress(OSError, EOFError, InvalidHandshake):
            await desk.provider.serve(live, self.seeded.room_id, desk.person, self.document)

    async def drop(self, desk: Desk) -> None:
        """Lose the line, and what is on it."""
        desk.provider.cut()

    async def go(self, desk: Desk) -> None:
        """Close the window."""
        await desk.provider.leave()

    async def rest(self, desk: Desk) -> None:
        """Let time pass."""
        await asyncio.sleep(self.dice.uniform(0, 0.05))

    async def compact(self, desk: Desk) -> None:
        """Replace the log by a snapshot, whoever is writing."""
        document = await self.node.library.open(self.document)
        assert document is not None
        await self.node.library.compact(document)

    async def evict(self, desk: Desk) -> None:
        """Have everybody gone until the server has let go of the document."""
        await self.close()
        shelf = self.node.library
        await eventually(lambda: not any(d.id == self.document for d in shelf.documents))

    async def finish(self) -> str:
        """Have everybody back until all have the same, and have it saved; returns the text."""
        give_up = time.monotonic() + FINISH_S
        while not (
            all(desk.provider.all_saved for desk in self.desks)
            and len({str(desk.provider.pen) for desk in self.desks}) == 1
        ):
            assert time.monotonic() < give_up, [desk.provider.standing for desk in self.desks]
            # A line that was cut a moment ago may not know it yet.
            for desk in self.desks:
                await self.connect(desk)
            await asyncio.sleep(0.02)
        return str(self.desks[0].provider.pen)

    async def close(self) -> None:
        """Cut all lines."""
        serving = [desk.serving for desk in self.desks if desk.serving is not None]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for desk in self.desks:
            desk.serving = None
