"""People who write documents by a random schedule, with and without a line to a server."""

import asyncio
import contextlib
import functools
import random
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import InvalidHandshake

from tests.live import Live, SeededRoom, Someone
from tests.peers.provider import Provider
from tests.peers.raw import Pen
from tests.properties.page import Page
from twinspace_rt.docs.validator import Kind

FINISH_S = 60


def new_pen(kind: Kind, client_id: int) -> Pen:
    """Make an empty copy of a document of a kind."""
    return Pen(client_id) if kind is Kind.TEXT else Page(client_id)


@dataclass(eq=False)
class Desk:
    """One person's copy of one document, with or without a connection."""

    person: Someone
    document: str
    provider: Provider
    live: Live | None = None
    """The server that was connected to last."""
    serving: asyncio.Task[None] | None = None

    @property
    def online(self) -> bool:
        return self.serving is not None and not self.serving.done()


Doing = Callable[[Desk], Coroutine[Any, Any, None]]


class Schedule(ABC):
    """Plays a random schedule on a room's documents.

    Attributes:
        kinds: The documents, and what they are.
        desks: Everyone who is in the room.
        done: How often what was really done: a line that was cut already is not lost again.
    """

    def __init__(self, seeded: SeededRoom, kinds: Sequence[Kind], seed: int) -> None:
        self.seeded = seeded
        self.kinds = dict(zip(seeded.documents, kinds, strict=True))
        self.dice = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.desks: list[Desk] = []

    def sit_down(self, person: Someone, document: str) -> Desk:
        """Have somebody write in a document from now on."""
        pen = new_pen(self.kinds[document], self.dice.randrange(1, 2**32))
        desk = Desk(person, document, self.provider(person, document, pen))
        desk.provider.on_saved = functools.partial(self.saved, desk)
        self.desks.append(desk)
        return desk

    def provider(self, person: Someone, document: str, pen: Pen) -> Provider:
        """Make somebody's provider."""
        return Provider(pen)

    @abstractmethod
    def saved(self, desk: Desk) -> None:
        """Take note that somebody was told "all saved"."""

    @abstractmethod
    def server(self) -> Live:
        """Say which server somebody connects to."""

    def often(self) -> Sequence[Doing]:
        """List what is done at any step, the frequent several times."""
        return [self.edit] * 36 + [self.connect] * 12 + [self.drop, self.go, self.rest] * 3

    def next(self, step: int, plan: random.Random) -> Doing:
        """Say what is done at a step."""
        return plan.choice(self.often())

    async def play(self, steps: int) -> None:
        """Take random steps."""
        plan = random.Random(self.dice.random())
        for step in range(steps):
            doing = self.next(step, plan)
            # How often a step draws depends on the moment; what comes next does not.
            self.dice = random.Random(plan.random())
            await doing(self.dice.choice(self.desks))
            # Sometimes the server gets a word in, sometimes it does not.
            await asyncio.sleep(self.dice.choice([0, 0, 0.003, 0.02]))

    async def edit(self, desk: Desk) -> None:
        """Change something, online or not."""
        self.done["edit online" if desk.provider.connected else "edit offline"] += 1
        await desk.provider.scribble(self.dice)

    async def connect(self, desk: Desk) -> None:
        """Come back."""
        if not desk.online:
            if desk.serving is not None:
                await desk.serving
            desk.live = self.server()
            desk.serving = asyncio.create_task(self._serve(desk, desk.live))

    async def _serve(self, desk: Desk, live: Live) -> None:
        # A server that was killed a moment ago takes nobody in.
        with contextlib.suppress(OSError, EOFError, InvalidHandshake):
            await desk.provider.serve(live, self.seeded.room_id, desk.person, desk.document)

    async def drop(self, desk: Desk) -> None:
        """Lose the line, and what is on it."""
        self.done["drop"] += desk.provider.connected
        desk.provider.cut()

    async def go(self, desk: Desk) -> None:
        """Close the window."""
        self.done["go"] += desk.provider.connected
        await desk.provider.leave()

    async def rest(self, desk: Desk) -> None:
        """Let time pass."""
        await asyncio.sleep(self.dice.uniform(0, 0.05))

    async def finish(self) -> dict[str, str]:
        """Have everybody back until all have the same, and have it saved.

        Returns:
            What each document says.
        """
        give_up = time.monotonic() + FINISH_S
        while not (
            all(desk.provider.all_saved for desk in self.desks)
            and len(copies := {(d.document, str(d.provider.pen)) for d in self.desks})
            == len(self.kinds)
        ):
            assert time.monotonic() < give_up, [desk.provider.standing for desk in self.desks]
            # A line that was cut a moment ago may not know it yet.
            for desk in self.desks:
                await self.connect(desk)
            await asyncio.sleep(0.02)
        return dict(copies)

    async def close(self) -> None:
        """Cut all lines."""
        await self.cut_off(self.desks)

    async def cut_off(self, desks: Sequence[Desk]) -> None:
        """Cut some people's lines; they stay away until they connect."""
        serving = [desk.serving for desk in desks if desk.serving is not None]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for desk in desks:
            desk.serving = None
