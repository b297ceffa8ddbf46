"""kill -9 at random moments under fifty writers: nothing acknowledged is lost, nothing doubled."""

import asyncio
import contextlib
import random
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import crowding
from tests.live import (
    Live,
    SeededRoom,
    Someone,
    free_port,
    seed_before_start,
    start_process,
    stop_process,
)
from tests.peers.provider import Provider, stay_connected
from tests.peers.raw import Peer, Pen, eventually, words_of
from twinspace_rt.rooms.access import Role

WRITERS = 50
DOCUMENTS = 10
CHATTERS = 10
HELLO = 1_000_000  # its reply is no "ok"
SERVING_AGAIN_MAX_S = 3.0


@dataclass
class Writer:
    """Writes numbered words into a document, and some chat too; knows what was acknowledged."""

    number: int
    person: Someone
    provider: Provider
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


async def work(writer: Writer, dice: random.Random, stop: asyncio.Event) -> None:
    """Write as a fast typist does, connected or not, until told to stop."""
    while not stop.is_set():
        await writer.write()
        if writer.number < CHATTERS and writer.provider.connected and dice.random() < 0.3:
            await writer.chat()
        await asyncio.sleep(dice.uniform(0.1, 0.4))


def in_database(path: Path, documents: list[str]) -> tuple[Counter[str], Counter[str]]:
    """Read every word of the documents and every message, and how often each is there."""
    words: Counter[str] = Counter()
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for document in documents:
            bodies = database.execute(
                "select body from snapshot where stream_id = :id union all select * from"
                " (select body from entry where stream_id = :id order by seq)",
                {"id": document},
            )
            words.update(words_of([body for (body,) in bodies]).split())
        said = Counter(text for (text,) in database.execute("select text from chat_message"))
    return words, said


def check_claims(writers: list[Writer], live: Live, seeded: SeededRoom) -> tuple[int, int]:
    """Check that all that was acknowledged is in the database; returns how much that was."""
    words, said = in_database(live.settings.sqlite_path, seeded.documents)
    claimed = [word for writer in writers for word in writer.saved_words]
    answered = [text for writer in writers for text, known in writer.said.items() if known]
    assert [word for word in claimed if words[word] != 1] == []
    assert [text for text in answered if said[text] != 1] == []
    return len(claimed), len(answered)


async def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    await kill_again_and_again(tmp_path, times=10)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_kill_9_a_hundred_times(tmp_path: Path) -> None:
    await kill_again_and_again(tmp_path, times=100)


async def kill_again_and_again(folder: Path, *, times: int) -> None:
    """Kill the server under its writers and start it again; nothing acknowledged may be lost."""
    dice = random.Random(17)
    # The chat is closed to pupils at some hours.
    roles = [Role.TEACHER] * CHATTERS + [Role.PUPIL] * (WRITERS - CHATTERS)
    people = {f"person{n}": (role, n % 2) for n, role in enumerate(roles)}
    seeded = seed_before_start(folder, people=people, documents=["text"] * DOCUMENTS)
    live = await asyncio.to_thread(start_process, folder, free_port())
    writers = []
    for number, person in enumerate(seeded.people.values()):
        provider = Provider(Pen(1000 + number), text=number < CHATTERS)
        document = seeded.documents[number % DOCUMENTS]
        writers.append(Writer(number, person, provider, document))
        provider.on_text = writers[-1].heard
    stop = asyncio.Event()
    downtimes = []
    tasks = [
        asyncio.create_task(
            stay_connected(w.provider, lambda: live, seeded.room_id, w.person, w.document)
        )
        for w in writers
    ]
    working = [asyncio.create_task(work(w, random.Random(w.number), stop)) for w in writers]
    try:
        for _ in range(times):
            await eventually(lambda: any(w.provider.all_saved for w in writers))
            await asyncio.sleep(dice.uniform(0.1, 0.8))
            await asyncio.to_thread(stop_process, live, kill=True)
            # What had been acknowledged is still on its way to some.
            await eventually(lambda: not any(w.provider.connected for w in writers))
            check_claims(writers, live, seeded)
            started = time.monotonic()
            live = await asyncio.to_thread(start_process, folder, live.port)
            downtimes.append(time.monotonic() - started)
        stop.set()
        await asyncio.gather(*working)
        await eventually(lambda: all(w.provider.all_saved for w in writers))
        async with asyncio.timeout(30):
            for writer in writers[:CHATTERS]:
                while not all(writer.said.values()):
                    await writer.chat()
                    await asyncio.sleep(0.1)

        def texts(document: str) -> set[str]:
            return {str(w.provider.pen) for w in writers if w.document == document}

        await eventually(lambda: all(len(texts(document)) == 1 for document in seeded.documents))
        words, said = check_claims(writers, live, seeded)
        assert words == sum(len(w.words) for w in writers)
        assert [w.provider.refused for w in writers if w.provider.refused] == []
        in_documents, in_chat = in_database(live.settings.sqlite_path, seeded.documents)
        # Nothing is there that nobody has sent.
        assert sum(in_documents.values()) == words
        assert sum(in_chat.values()) == said > 0
        shown = Counter(word for d in seeded.documents for word in texts(d).pop().split())
        assert shown == in_documents
    finally:
        for task in (*tasks, *working):
            task.cancel()
        await asyncio.gather(*tasks, *working, return_exceptions=True)
        await asyncio.to_thread(stop_process, live, kill=True)
    worst = max(downtimes)
    print(
        f"\nkill -9 x{times}: {words} words and {said} messages acknowledged, 0 lost, 0 doubled; "
        f"serving again in {sorted(downtimes)[len(downtimes) // 2]:.2f} s, {worst:.2f} s at worst"
    )
    assert worst <= SERVING_AGAIN_MAX_S * crowding()
