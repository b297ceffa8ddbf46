"""The database of servers that are killed and cut off, and what is really in it."""

import contextlib
import itertools
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, NullPool, create_engine, select, union_all

from tests.databases import create_database, drop_database
from tests.live import Live, SeededRoom, free_port, seed_before_start, seed_room, start_process
from tests.peers.raw import words_of
from twinspace_rt.chat.models import message
from twinspace_rt.db.engine import Database, SqliteDatabase
from twinspace_rt.db.migrate import migrate
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.streams.models import entry, snapshot, stream

T = TypeVar("T")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Storage:
    """A file in ``folder``, or the PostgreSQL database at ``url``."""

    folder: Path
    url: str = ""

    @property
    def name(self) -> str:
        """What to call it where a figure is printed."""
        return "PostgreSQL" if self.url else "SQLite"

    def seed(self, **room: object) -> SeededRoom:
        """Put a room into it, before any server has it."""
        if not self.url:
            return seed_before_start(self.folder, **room)
        database = PostgresqlDatabase(self.url)
        database.write_now(migrate)
        return database.write_now(lambda db: seed_room(db, **room))  # type: ignore[arg-type]

    def start(self, node: str = "", *, port: int = 0, **environment: str) -> Live:
        """Start a server on it, as a process of its own; ``node`` names one of several."""
        if self.url:
            environment = {"TWINSPACE_DATABASE_URL": self.url, **environment}
        return start_process(self.folder / node, port or free_port(), **environment)

    def open(self) -> Database:
        """Open it as a server does; no other one has it."""
        if self.url:
            return PostgresqlDatabase(self.url)
        return SqliteDatabase(self.folder / "twinspace.db")

    @contextlib.contextmanager
    def copy(self) -> "Iterator[Storage]":
        """Copy it while no server has it; the copy is gone after the block."""
        name = f"copy{next(_numbers)}"
        folder = self.folder.with_name(name)
        if self.url:
            server, _, original = self.url.rpartition("&database=")
            url = create_database(server, name, original)
            yield Storage(folder, url)
            drop_database(server, name)
        else:
            shutil.copytree(self.folder, folder)
            yield Storage(folder)
            shutil.rmtree(folder)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Look into it beside the servers; blocks meanwhile."""
        if self.url:
            return PostgresqlDatabase(self.url).write_now(work)
        path = self.folder / "twinspace.db"
        engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", poolclass=NullPool)
        with engine.begin() as connection:
            return work(connection)

    def texts(self, documents: Sequence[str]) -> dict[str, str]:
        """Replay plain documents from their snapshots and entries."""
        return self.read(lambda db: {id_: words_of(bodies(db, id_)) for id_ in documents})

    def said(self, room_id: str) -> list[tuple[int, str]]:
        """Read the chat's messages in their order, each with its place among the events."""
        query = select(message.c.seq, message.c.text).where(message.c.room_id == room_id)
        rows = self.read(lambda db: db.execute(query.order_by(message.c.seq)).all())
        return [(row.seq, row.text) for row in rows]

    def check_gapless(self) -> None:
        """Check that every stream has its entries from the snapshot to its head, each once."""
        assert self.read(gaps) == {}


def gaps(db: Connection) -> dict[str, list[int]]:
    """Find streams that lack entries between their snapshot and head, or have others."""
    heads = {row.id: row for row in db.execute(select(stream)).all()}
    held: dict[str, list[int]] = {id_: [] for id_ in heads}
    for row in db.execute(select(entry.c.stream_id, entry.c.seq).order_by(entry.c.seq)):
        held[row.stream_id].append(row.seq)
    return {
        id_: seqs
        for id_, seqs in held.items()
        if seqs != list(range(heads[id_].snapshot_seq + 1, heads[id_].head_seq + 1))
    }


def bodies(db: Connection, document: str) -> list[bytes]:
    """Read a document's snapshot, if it has one, and what came after it, as of one moment."""
    before = select(snapshot.c.upto_seq.label("seq"), snapshot.c.body)
    after = select(entry.c.seq, entry.c.body)
    # One statement: between two, a compaction may put a snapshot in place of the entries.
    both = union_all(
        before.where(snapshot.c.stream_id == document), after.where(entry.c.stream_id == document)
    )
    return [body for _, body in db.execute(both.order_by("seq")).all()]


def count_words(texts: dict[str, str]) -> Counter[str]:
    """Count how often each word is in these texts."""
    return Counter(word for text in texts.values() for word in text.split())


@contextlib.contextmanager
def new_database(url: str) -> Iterator[str]:
    """Make an empty database in a PostgreSQL, and remove it in the end."""
    name = f"faults{next(_numbers)}"
    yield create_database(url, name)
    drop_database(url, name)
