"""A crowd that types at the pace of people, and how long letters took to arrive and be saved."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.people import WAIT_S, Person
from tests.peers.raw import Pen
from twinspace_rt.docs import wire
from twinspace_rt.docs.update import SYNC_LIMITS, parse
from twinspace_rt.docs.wire import SyncType

LETTERS = "abcdefghijklmnopqrstuvwxyz "


@dataclass
class Typed:
    """What came of it; times in seconds."""

    expected: int = 0
    delivered: int = 0
    latencies: list[float] = field(default_factory=list)
    """From sending a letter to its arrival at another person, commit included."""
    saved: list[float] = field(default_factory=list)
    """From sending a letter to the server's "saved" at its author."""
    sent: int = 0
    took_s: float = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether everything has arrived and been called saved."""
        return self.delivered >= self.expected and len(self.saved) >= self.sent


class Incomplete(RuntimeError):
    """Not every letter came where it should; the message counts them."""

    def __init__(self, typed: Typed, people: Sequence[Person]) -> None:
        super().__init__(
            f"{typed.delivered} of {typed.expected} letters arrived,"
            f" {len(typed.saved)} of {typed.sent} were saved,"
            f" {sum(person.lost for person in people)} of {len(people)} people were cut off,"
            f" {sum(person.asked - 1 for person in people)} asked for what was missing,"
            f" {sum(map(len, (person.told for person in people)))} told of trouble"
            f" {next((person.told[0] for person in people if person.told), '')}"
        )


class _Writer:
    """One person's letters, and when each was sent."""

    def __init__(self, person: Person, client: int, updates: int, typed: Typed) -> None:
        pen = Pen(client)
        letters = (LETTERS[n % len(LETTERS)] for n in range(updates))
        self._messages = [wire.sync(SyncType.UPDATE, pen.write(letter)) for letter in letters]
        self._person = person
        self._typed = typed
        self._unsaved: deque[float] = deque()
        self.sent_at: list[float] = []
        person.on_saved = self._note_saved

    def type_letter(self) -> None:
        now = time.perf_counter()
        self._unsaved.append(now)
        self._person.send(self._messages[len(self.sent_at)])
        self.sent_at.append(now)

    def _note_saved(self) -> None:
        self._typed.saved.append(time.perf_counter() - self._unsaved.popleft())


class _Reader:
    """One person's view of the others' letters."""

    def __init__(self, person: Person, writers: dict[int, _Writer], typed: Typed) -> None:
        self._writers = writers
        self._typed = typed
        self._seen: dict[int, int] = {}
        person.on_update = self._take

    def _take(self, update: bytes) -> None:
        now = time.perf_counter()
        for block in parse(update, SYNC_LIMITS).blocks:
            before = self._seen.get(block.client, 0)
            self._seen[block.client] = block.end
            sent_at = self._writers[block.client].sent_at[before : block.end]
            self._typed.latencies.extend(now - sent for sent in sent_at)
            self._typed.delivered += len(sent_at)


async def type_together(
    groups: Sequence[Sequence[Person]], *, rate: float, updates: int, dice: random.Random
) -> Typed:
    """Have everyone of each document type, evenly staggered, and wait for all to arrive.

    Everyone has joined. A server's "saved" is counted one for each letter.

    Raises:
        Incomplete: Somebody was cut off, or a letter is still missing after ``WAIT_S``.

    Args:
        groups: The people at each document.
        rate: Letters a second of each person.
        updates: Letters of each person.
        dice: Draws the client ids.
    """
    typed = Typed()
    writers: list[_Writer] = []
    for group in groups:
        async with asyncio.timeout(WAIT_S):
            await asyncio.gather(*(person.first_saved for person in group))
        ids = dice.sample(range(1, 2**32), len(group))
        by_client = {
            client: _Writer(person, client, updates, typed)
            for client, person in zip(ids, group, strict=True)
        }
        for person in group:
            _Reader(person, by_client, typed)
        writers.extend(by_client.values())
        typed.expected += len(group) * (len(group) - 1) * updates
    typed.sent = len(writers) * updates
    started = time.perf_counter()
    for number in range(typed.sent):
        due = started + number / len(writers) / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        writers[number % len(writers)].type_letter()
    people = [person for group in groups for person in group]
    give_up = time.perf_counter() + WAIT_S
    while not typed.is_complete:
        if time.perf_counter() > give_up or any(person.lost for person in people):
            raise Incomplete(typed, people)
        await asyncio.sleep(0.005)
    typed.took_s = time.perf_counter() - started
    return typed
