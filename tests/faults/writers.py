"""People who write unique words and messages, and know which were acknowledged."""

import asyncio
import math
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Self

from tests.faults.listener import Listener
from tests.faults.storage import Storage, count_words
from tests.live import Live, SeededRoom, Someone
from tests.peers.provider import Provider, stay_connected
from tests.peers.raw import Peer, Pen, Told, words_of
from twinspace_rt.rooms.access import Role

CHATTERS = 10
HELLO = 1_000_000  # its reply is no "ok"
FINISH_S = 120
AGAIN_S = 0.25
"""Sooner they would take the processor that a server needs for its start; browsers come later."""
_WORD = re.compile(rb"w\d+-\d+")


def crowd(writers: int, *, chatters: int = CHATTERS) -> dict[str, tuple[Role, int]]:
    """Name the people of a room for :class:`Writers`, two listeners at their end."""
    # The chat is closed to pupils at some hours.
    roles = [Role.TEACHER] * chatters + [Role.PUPIL] * (writers - chatters) + [Role.TEACHER] * 2
    return {f"person{n}": (role, n % 2) for n, role in enumerate(roles)}


class Scribe(Provider):
    """A provider that notes when words were written and heard, and what it is told of storage."""

    def __init__(self, pen: Pen, *, text: bool) -> None:
        super().__init__(pen, text=text)
        self.connections = 0
        self.acknowledged: list[float] = []
        """When it was told that one more of its messages is saved; seconds."""
        self.written: dict[bytes, float] = {}
        """When it wrote each of its words; seconds."""
        self.heard: dict[bytes, float] = {}
        """When it was told of each word first; seconds."""
        self.storage: list[tuple[float, bool]] = []
        """When it was told that edits can be stored, or not."""
        self.reasons: set[str] = set()
        """Why they could not, by the codes it was told."""

    async def serve(self, live: Live, room_id: str, person: Someone, document: str) -> int:
        self.connections += 1
        return await super().serve(live, room_id, person, document)

    async def _take(self, peer: Peer, told: Told) -> None:
        now = time.monotonic()
        if told.name == "update":
            for word in _WORD.findall(told.value):
                self.heard.setdefault(word, now)
        elif told.name == "stateless" and told.value["type"] == "storage":
            self.storage.append((now, told.value["available"]))
            if not told.value["available"]:
                self.reasons.add(told.value["code"])
        elif told.name == "status" and told.value == 1:
            self.acknowledged.append(now)
        await super()._take(peer, told)

    async def write_word(self, word: str, more: str = "") -> None:
        """Write a word that nobody else writes, and something behind it."""
        self.written[word.encode()] = time.monotonic()
        await self.write(f"{word} {more}")

    def waits_for(
        self, other: "Scribe", since: float = -math.inf, until: float = math.inf
    ) -> list[float]:
        """Tell how long each word that another wrote in a time took to come here; seconds.

        One that has not come took for ever.
        """
        return [
            self.heard.get(word, math.inf) - at
            for word, at in other.written.items()
            if since <= at <= until
        ]


@dataclass
class Writer:
    """Writes numbered words into a document, and some chat too; knows what was acknowledged."""

    number: int
    person: Someone
    provider: Scribe
    document: str
    words: list[str] = field(default_factory=list)
    said: dict[str, bool] = field(default_factory=dict)
    """Each chat message, and whether the server has answered that it is there."""
    greeted: Peer | None = None
    """The connection on which hello was said."""

    @property
    def saved_words(self) -> list[str]:
        return self.words[: self.provider.saved]

    async def write(self) -> None:
        """Write the next word."""
        self.words.append(f"w{self.number}-{len(self.words)}")
        await self.provider.write_word(self.words[-1])

    async def chat(self) -> None:
        """Say something new, or once more what has not been answered."""
        if self.greeted is not self.provider.connection:
            self.greeted = self.provider.connection
            await self.provider.say({"id": HELLO, "type": "room.hello", "since": None})
        waiting = [text for text, answered in self.said.items() if not answered]
        text = waiting[0] if waiting else f"c{self.number}-{len(self.said)}"
        self.said.setdefault(text, False)
        number = int(text.partition("-")[2])
        await self.provider.say(
            {
                "id": number + 1,
                "type": "chat.post",
                "channel_id": "everyone",
                "text": text,
                "nonce": f"nonce-{text}",
            }
        )

    def heard(self, frame: Any) -> None:
        """Take a reply: the command's number tells which message it is about."""
        if "ok" in frame:
            self.said[f"c{self.number}-{frame['id'] - 1}"] = True
        elif "error" in frame and frame["id"] == HELLO:
            self.greeted = None


class Writers:
    """People at work in a room, each connected again after every end, until the block ends.

    Args:
        storage: What the servers have.
        seeded: A room of :func:`crowd`.
        server: Which server a person goes to, asked at each connecting.
        chatters: How many of them chat too.
        pause_s: Between how many seconds somebody writes a word.
        reading: How many of them, the last, write nothing.
    """

    def __init__(
        self,
        storage: Storage,
        seeded: SeededRoom,
        server: Callable[[int], Live],
        *,
        chatters: int = CHATTERS,
        pause_s: tuple[float, float] = (0.1, 0.4),
        reading: int = 0,
    ) -> None:
        self.storage, self.seeded, self._server = storage, seeded, server
        self._pause_s = pause_s
        self._stop = asyncio.Event()
        self._writing = asyncio.Event()
        self._writing.set()
        self.converged_after = 0.0
        """How long after the last word everyone had all of them; seconds."""
        self.all: list[Writer] = []
        *writing, first, second = seeded.people.values()
        for number, person in enumerate(writing):
            scribe = Scribe(Pen(1000 + number), text=number < chatters)
            document = seeded.documents[number % len(seeded.documents)]
            writer = Writer(number, person, scribe, document)
            scribe.on_text = writer.heard
            self.all.append(writer)
        self.chatters = self.all[:chatters]
        self.at_work = self.all[: len(self.all) - reading]
        self.listeners = [Listener(first), Listener(second)]
        self._staying: list[asyncio.Task[None]] = []
        self._working: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        room_id = self.seeded.room_id
        for w in self.all:
            at = stay_connected(
                w.provider,
                partial(self._server, w.number),
                room_id,
                w.person,
                w.document,
                wait_s=AGAIN_S,
            )
            self._staying.append(asyncio.create_task(at))
        self._working = [asyncio.create_task(self._work(w)) for w in self.at_work]
        for n, listener in enumerate(self.listeners):
            stay = listener.stay(partial(self._server, n), room_id)
            self._staying.append(asyncio.create_task(stay))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks = [*self._staying, *self._working]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, writer: Writer) -> None:
        """Write as a fast typist does, connected or not, until told to stop."""
        dice = random.Random(writer.number)
        while not self._stop.is_set():
            await self._writing.wait()
            await writer.write()
            if writer in self.chatters and writer.provider.connected and dice.random() < 0.3:
                await writer.chat()
            await asyncio.sleep(dice.uniform(*self._pause_s))

    def waits(
        self, since: float, until: float, between: Callable[[Live, Live], bool]
    ) -> list[float]:
        """Tell how long each word that was written in a time took to each reader; seconds.

        One that has not come took for ever. ``between`` chooses by the author's server and the
        reader's.
        """
        return [
            wait
            for author in self.all
            for reader in self.all
            if reader is not author
            and reader.document == author.document
            and between(self._server(author.number), self._server(reader.number))
            for wait in reader.provider.waits_for(author.provider, since, until)
        ]

    async def rest(self) -> None:
        """Have nobody write any more, and wait until all is saved and everyone has the same."""
        self._writing.clear()
        await self._all_equal()

    def go_on(self) -> None:
        """Have everyone write again who rests."""
        self._writing.set()

    def check_claims(self) -> tuple[int, int]:
        """Check that all that was acknowledged is in the database; returns how much that was."""
        claimed = [word for w in self.all for word in w.saved_words]
        answered = [text for w in self.all for text, known in list(w.said.items()) if known]
        words = count_words(self.storage.texts(self.seeded.documents))
        said = Counter(text for _, text in self.storage.said(self.seeded.room_id))
        assert [word for word in claimed if words[word] != 1] == []
        assert [text for text in answered if said[text] != 1] == []
        return len(claimed), len(answered)

    async def finish(self) -> tuple[int, int]:
        """Stop writing, wait until all is saved and everyone has the same, and check it all.

        Returns:
            How many words and messages were written: each is once in every copy, in a fresh
            client's and in the database, and nothing else is.
        """
        self._stop.set()
        await asyncio.gather(*self._working)
        await self._all_equal()
        last = max(at for w in self.all for at in w.provider.written.values())
        self.converged_after = time.monotonic() - last
        give_up = time.monotonic() + FINISH_S
        for writer in self.chatters:
            while late_chat := [text for text, answered in writer.said.items() if not answered]:
                assert time.monotonic() < give_up, f"messages not answered: {late_chat}"
                await writer.chat()
                await asyncio.sleep(0.1)
        assert [w.provider.refused for w in self.all if w.provider.refused] == []
        words, said = await asyncio.to_thread(self.check_claims)
        await self._check_copies(words)
        await self._check_chat(said)
        await asyncio.to_thread(self.storage.check_gapless)
        return words, said

    async def _all_equal(self) -> None:
        """Wait until all is saved, and each document's writers have one text and state vector."""
        give_up = time.monotonic() + FINISH_S
        while late := {w.number: w.provider.waiting for w in self.all if not w.provider.all_saved}:
            assert time.monotonic() < give_up, f"messages not acknowledged: {late}"
            await asyncio.sleep(0.02)
        for document in self.seeded.documents:
            pens = [w.provider.pen for w in self.all if w.document == document]
            while len({str(pen) for pen in pens}) > 1 or any(
                pen.vector != pens[0].vector for pen in pens
            ):
                lengths = [len(pen.text) for pen in pens]
                assert time.monotonic() < give_up, f"copies differ in {document}: {lengths}"
                await asyncio.sleep(0.02)

    async def _check_copies(self, count: int) -> None:
        stored = await asyncio.to_thread(self.storage.texts, self.seeded.documents)
        words = count_words(stored)
        assert count == sum(len(w.words) for w in self.all)
        # Nothing is there that nobody has sent.
        assert sum(words.values()) == count
        for w in self.all:
            assert str(w.provider.pen) == stored[w.document]
        for number, document in enumerate(self.seeded.documents):
            live, person = self._server(number), self.all[number].person
            async with await Peer.open(live, self.seeded.room_id, person, document) as fresh:
                joined = await fresh.join()
            told = [t.value for t in joined if t.name in {"update", "step2"}]
            assert words_of(told) == stored[document]

    async def _check_chat(self, count: int) -> None:
        said = await asyncio.to_thread(self.storage.said, self.seeded.room_id)
        assert len(said) == count
        for listener in self.listeners:
            await listener.heard_all(said)
