"""Nodes that share one database, embedded or PostgreSQL: what the log's contract is held on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, func, insert, select

from twinspace_rt.db.engine import Database, SqliteDatabase
from twinspace_rt.db.metadata import metadata
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.ids import new_id
from twinspace_rt.protocol import Push
from twinspace_rt.streams.log import Event, HeadMoved, Log, NewEntry, Transaction, create_stream
from twinspace_rt.streams.models import entry, stream


class Said(Push, tag="test.said"):
    """An event of these tests."""

    text: str


@dataclass
class Node:
    """One node: its log, and the events that were handed to its rooms."""

    database: Database
    log: Log
    delivered: list[Event] = field(default_factory=list)

    async def say(self, room_id: str, text: str, *, nonce: str | None = None) -> int:
        """Append an event to a room, once for each nonce; returns its ``seq``."""
        return await self.log.act(lambda tx: say(tx, room_id, text, nonce), room_id)

    async def write(self, stream_id: str, *words: str) -> None:
        """Append entries to a document, judging them anew whenever its head has moved."""
        entries = [NewEntry("m", word.encode()) for word in words]
        while True:
            try:
                await self.log.append(stream_id, 1, await self.head(stream_id), entries)
                return
            except HeadMoved:
                continue

    async def head(self, stream_id: str) -> int:
        """Read a stream's head."""
        query = select(stream.c.head_seq).where(stream.c.id == stream_id)
        return int(await self.database.read(lambda db: db.execute(query).scalar_one()))

    async def seqs(self, stream_id: str) -> list[int]:
        """Read which entries a stream has."""
        query = select(entry.c.seq).where(entry.c.stream_id == stream_id).order_by(entry.c.seq)
        return list(await self.database.read(lambda db: db.execute(query).scalars().all()))

    async def bodies(self, stream_id: str) -> list[str]:
        """Read a document's entries."""
        query = select(entry.c.body).where(entry.c.stream_id == stream_id).order_by(entry.c.seq)
        bodies = await self.database.read(lambda db: db.execute(query).scalars().all())
        return [bytes(body).decode() for body in bodies]


def say(transaction: Transaction, room_id: str, text: str, nonce: str | None = None) -> int:
    """Append an event to a room, as an action does."""
    earlier = transaction.repeated(room_id, "m", nonce) if nonce else None
    if earlier is not None:
        return earlier.seq
    return transaction.emit(room_id, Said(text=text), member_id="m", nonce=nonce)


@asynccontextmanager
async def running(database: Database) -> AsyncIterator[Node]:
    """Run a node's log; it commits as fast as it can."""
    delivered: list[Event] = []
    node = Node(database, Log(database, interval_s=0, deliver=delivered.extend), delivered)
    writer = asyncio.create_task(node.log.run())
    try:
        yield node
    finally:
        node.log.close()
        await writer


@dataclass
class Shared:
    """A database that nodes share.

    Attributes:
        database: A way in beside the nodes'.
        lose: Has the transaction of a connection fail for good, from here on.
        mend: Ends what ``lose`` began; runs in a transaction of its own.
    """

    database: Database
    open: Callable[[], Database]
    lose: Callable[[Connection], None]
    mend: Callable[[Connection], None]
    stack: AsyncExitStack

    async def node(self) -> Node:
        """Start one more node."""
        return await self.stack.enter_async_context(running(self.open()))

    async def streams(self, count: int, kind: str = "room") -> list[str]:
        """Make empty streams."""
        ids = [new_id() for _ in range(count)]

        def create(db: Connection) -> None:
            for id_ in ids:
                create_stream(db, id_, id_, kind)

        await self.database.write(create)
        return ids


@asynccontextmanager
async def shared_sqlite(folder: Path) -> AsyncIterator[Shared]:
    """Share an embedded database: nodes of one process, as far as it lets them."""
    database = SqliteDatabase(folder / "test.db")
    database.write_now(metadata.create_all)

    def lose(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as few as it has now
        connection.execute(
            insert(entry).values(
                stream_id="", epoch=1, seq=1, member_id="", at=0, body=b"x" * 1_000_000
            )
        )

    def mend(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        yield Shared(database, lambda: database, lose, mend, stack)


@asynccontextmanager
async def shared_postgresql(url: str) -> AsyncIterator[Shared]:
    """Share a PostgreSQL: each node has its own connections."""

    def lose(connection: Connection) -> None:
        connection.execute(select(func.pg_terminate_backend(func.pg_backend_pid())))

    async with AsyncExitStack() as stack:

        def open_database() -> Database:
            database = PostgresqlDatabase(url)
            stack.push_async_callback(database.close)
            return database

        yield Shared(open_database(), open_database, lose, lambda _: None, stack)
