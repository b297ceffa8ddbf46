"""People who write unique words and messages, and know which were acknowledged."""

import asyncio
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
_WORD = re.compile(rb"w\d+-\d+")


def crowd(writers: int, *, chatters: int = CHATTERS) -> dict[str, tuple[Role, int]]:
    """Name the people of a room for :class:`Writers`, two listeners at their end."""
    # The chat is closed to pupils at some hours.
    roles = [Role.TEACHER] * chatters + [Role.PUPIL] * (writers - chatters) + [Role.TEACHER] * 2
    return {f"person{n}": (role, n % 2) for n, role in enumerate(roles)}


class Scribe(Provider):
    """A provider that notes how long others' words took, and what it is told of storage."""

    def __init__(self, pen: Pen, sent_at: dict[bytes, float], *, text: bool) -> None:
        super().__init__(pen, text=text)
        self.connections = 0
        self.acknowledged: list[float] = []
        """When it was told that one more of its messages is saved; seconds."""
        self.delays: list[tuple[float, float]] = []
        """When a word was heard first, and how long after it was written; seconds."""
        self.storage: list[tuple[float, bool]] = []
        """When it was told that edits can be stored, or not."""
        self.reasons: set[str] = set()
        """Why they could not, by the codes it was told."""
        self._sent_at = sent_at
        self.known: set[bytes] = set()
        """Words that are not to be heard any more: its own, which a whole snapshot brings too."""

    async def serve(self, live: Live, room_id: str, person: Someone, document: str) -> int:
        self.connections += 1
        return await super().serve(live, room_id, person, document)

    async def _take(self, peer: Peer, told: Told) -> None:
        now = time.monotonic()
        if told.name == "update":
            for word in set(_WORD.findall(told.value)) - self.known:
                self.known.add(word)
                self.delays.append((now, now - self._sent_at.get(word, now)))
        elif told.name == "stateless" and told.value["type"] == "storage":
            self.storage.append((now, told.value["available"]))
            if not told.value["available"]:
                self.reasons.add(told.value["code"])
        elif told.name == "status" and told.value == 1:
            self.acknowledged.append(now)
        await super()._take(peer, told)


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

    async def write(self, sent_at: dict[bytes, float]) -> None:
        """Write the next word."""
        self.words.append(f"w{self.number}-{len(self.words)}")
        word = self.words[-1].encode()
        self.provider.known.add(word)
        sent_at[word] = time.monotonic()
        await self.provider.write(f"{self.words[-1]} ")

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
    """

    def __init__(
        self,
        storage: Storage,
        seeded: SeededRoom,
        server: Callable[[int], Live],
        *,
        chatters: int = CHATTERS,
        pause_s: tuple[float, float] = (0.1, 0.4),
    ) -> None:
        self.storage, self.seeded, self._server = storage, seeded, server
        self._pause_s = pause_s
        self._stop = asyncio.Event()
        self.sent_at: dict[bytes, float] = {}
        self.converged_after = 0.0
        """How long after the last word everyone had all of them; seconds."""
        self.all: list[Writer] = []
        *writing, first, second = seeded.people.values()
        for number, person in enumerate(writing):
            scribe = Scribe(Pen(1000 + number), self.sent_at, text=number < chatters)
            document = seeded.documents[number % len(seeded.documents)]
            writer = Writer(number, person, scribe, document)
            scribe.on_text = writer.heard
            self.all.append(writer)
        self.chatters = self.all[:chatters]
        self.listeners = [Listener(first), Listener(second)]
        self._staying: list[asyncio.Task[None]] = []
        self._working: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        room_id = self.seeded.room_id
        for w in self.all:
            at = stay_connected(
                w.provider, partial(self._server, w.number), room_id, w.person, w.document
            )
            self._staying.append(asyncio.create_task(at))
            self._working.append(asyncio.create_task(self._work(w)))
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
            await writer.write(self.sent_at)
            if writer in self.chatters and writer.provider.connected and dice.random() < 0.3:
                await writer.chat()
            await asyncio.sleep(dice.uniform(*self._pause_s))

    @property
    def delays(self) -> list[tuple[float, float]]:
        """When anybody heard a word first, and how long after it was written."""
        return [delay for w in self.all for delay in w.provider.delays]

    def check_claims(self) -> tuple[int, int]:
        """Check that all that was acknowledged is in the database; returns how much that was."""
        claimed = [word for w in self.all for word in w.saved_words]
        answered = [text for w in self.all for text, known in w.said.items() if known]
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
        give_up = time.monotonic() + FINISH_S
        while late := {w.number: w.provider.waiting for w in self.all if not w.provider.all_saved}:
            assert time.monotonic() < give_up, f"messages not acknowledged: {late}"
            await asyncio.sleep(0.02)
        await self.converged()
        self.converged_after = time.monotonic() - max(self.sent_at.values())
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

    async def converged(self) -> None:
        """Wait until all who write one document have the same text and the same state vector."""
        give_up = time.monotonic() + FINISH_S
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
