"""Compaction killed at any of its lines: the document says what it said before."""

import contextlib
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from tests import figures
from tests.faults.storage import Storage, bodies, new_database
from tests.live import REPOSITORY, SeededRoom
from tests.peers.raw import Pen, words_of
from tests.streams.nodes import running
from twinspace_rt.docs.store import read_stored, rebuild
from twinspace_rt.streams.log import NewEntry
from twinspace_rt.streams.models import archive, entry, stream

EDITS = 60


@dataclass
class Paper:
    """A plain document that two people write, straight into its stream."""

    storage: Storage
    seeded: SeededRoom
    dice: random.Random = field(default_factory=lambda: random.Random(9))
    pens: dict[str, Pen] = field(default_factory=lambda: {"maja": Pen(1), "eleni": Pen(2)})
    head: int = 0
    _bound: set[int] = field(default_factory=set)

    @property
    def id(self) -> str:
        return self.seeded.documents[1]

    @property
    def text(self) -> str:
        return str(self.pens["maja"])

    async def grow(self) -> None:
        """Write and delete a little."""
        database = self.storage.open()
        async with running(database) as node:
            for _ in range(EDITS):
                name = self.dice.choice(list(self.pens))
                pen, other = self.pens[name], self.pens["eleni" if name == "maja" else "maja"]
                length = len(pen.text)
                if length > 9 and self.dice.random() < 0.2:
                    start = self.dice.randrange(length - 5)
                    change = pen.erase(start, start + self.dice.randint(1, 5))
                else:
                    change = pen.write(f"word{self.head} ", self.dice.randint(0, length))
                other.apply(change)
                fresh = {pen.doc.client_id} - self._bound
                self._bound |= fresh
                new = NewEntry(self.seeded.people[name].member_id, change, sorted(fresh))
                await node.log.append(self.id, 1, self.head, [new])
                self.head += 1
        await database.close()


def check(storage: Storage, document: str, text: str, head: int) -> bool:
    """Check that a document says this, and has its history whole; returns if it is compacted."""

    def look(db: Connection) -> bool:
        assert words_of(bodies(db, document)) == text
        stored = read_stored(db, document)
        assert stored is not None
        loaded = rebuild(stored)
        assert loaded.head_seq == head
        parts = [loaded.snapshot] if loaded.snapshot else []
        assert words_of([*parts, *(e.body for e in loaded.tail)]) == text
        old = select(archive.c.from_seq, archive.c.upto_seq).where(archive.c.stream_id == document)
        new = select(entry.c.seq, entry.c.seq).where(entry.c.stream_id == document)
        ranges = sorted([tuple(row) for query in (old, new) for row in db.execute(query)])
        assert [seq for start, end in ranges for seq in range(start, end + 1)] == list(
            range(1, head + 1)
        )
        covered = select(stream.c.snapshot_seq).where(stream.c.id == document)
        return bool(db.execute(covered).scalar_one() == head)

    return storage.read(look)


class Compactor:
    """Has a document compacted by a process that dies where it is told to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def compact(self, storage: Storage, document: str, *, dies_at: int = 0) -> tuple[int, int, int]:
        """Compact, or die at a line of it.

        Returns:
            The exit status; how many lines it took, and at which of them storing began.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = f"{storage.folder} {storage.url or '-'} {document} {dies_at}\n"
        self._process.stdin.write(order)
        self._process.stdin.flush()
        status, lines, storing = map(int, self._process.stdout.readline().split())
        return status, lines, storing


@contextlib.contextmanager
def compactor() -> Iterator[Compactor]:
    command = [sys.executable, "-m", "tests.faults.mortal_compaction"]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Compactor(process)


def spread(first: int, last: int, count: int) -> list[int]:
    """Choose numbers evenly from one to another."""
    return [first + n * (last - first) // (count - 1) for n in range(count)]


@pytest.mark.parametrize(
    ("rounds", "points"),
    [(1, 6), pytest.param(20, 50, marks=[pytest.mark.long, pytest.mark.timeout(3600)])],
)
@pytest.mark.parametrize("grown", [False, True], ids=["sqlite", "postgresql"])
async def test_compaction_killed_at_any_line(
    tmp_path: Path, postgresql_url: str, grown: bool, rounds: int, points: int
) -> None:
    with (
        new_database(postgresql_url) if grown else contextlib.nullcontext("") as url,
        compactor() as process,
    ):
        storage = Storage(tmp_path / "paper", url)
        paper = Paper(storage, storage.seed())
        kills, stored = 0, 0
        for _ in range(rounds):
            await paper.grow()
            with storage.copy() as copy:
                status, lines, storing = process.compact(copy, paper.id)
                assert status == 0
                assert check(copy, paper.id, paper.text, paper.head)
            for dies_at in [*spread(1, lines, points // 2), *spread(storing, lines, points // 2)]:
                with storage.copy() as copy:
                    status, *_ = process.compact(copy, paper.id, dies_at=dies_at)
                    assert status == -signal.SIGKILL
                    kills += 1
                    stored += check(copy, paper.id, paper.text, paper.head)
                    # Whoever comes next does it, if it was not done.
                    assert process.compact(copy, paper.id)[0] == 0
                    assert check(copy, paper.id, paper.text, paper.head)
            assert process.compact(storage, paper.id)[0] == 0
    figures.tell(
        f"compaction killed x{kills} at {points} of {lines} lines on {storage.name}: the text is "
        f"the same each time; the snapshot was stored {stored} times, not {kills - stored} times"
    )
    assert 0 < stored < kills
