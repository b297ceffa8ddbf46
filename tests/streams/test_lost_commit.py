"""A commit whose answer is lost: told as not stored, and harmless to send again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.streams.nodes import running, shared_postgresql
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.streams.log import HeadMoved, NewEntry

COMMITTED, STORED = b"COMMIT\0", b"SELECT 1\0"
"""How PostgreSQL says that a transaction, and a statement that is one by itself, has ended."""


async def test_what_was_stored_unheard_is_found_when_it_is_sent_again(
    postgresql_url: str, tmp_path: Path
) -> None:
    async with shared_postgresql(postgresql_url) as shared, _line(postgresql_url, tmp_path) as line:
        [room], [document] = await shared.streams(1), await shared.streams(1, "text")
        beside = await shared.node()
        through = PostgresqlDatabase(line.url)
        async with running(through) as node:
            line.cut_at = COMMITTED
            outcomes = await asyncio.gather(
                node.say(room, "hej", nonce="nonce-1"),
                node.log.append(document, 1, 0, [NewEntry("m", b"a")]),
                return_exceptions=True,
            )
            assert [getattr(outcome, "code", "") for outcome in outcomes] == ["database_away"] * 2
            assert await beside.seqs(room) == await beside.seqs(document) == [1]

            assert await node.say(room, "hej", nonce="nonce-1") == 1
            with pytest.raises(HeadMoved):
                await node.log.append(document, 1, 0, [NewEntry("m", b"a")])
            assert await beside.seqs(room) == await beside.seqs(document) == [1]
        await through.close()


async def test_an_append_stored_unheard_is_found_by_itself(
    postgresql_url: str, tmp_path: Path
) -> None:
    """Appends alone are one statement, which is run again when the line is lost."""
    async with shared_postgresql(postgresql_url) as shared, _line(postgresql_url, tmp_path) as line:
        [document] = await shared.streams(1, "text")
        beside = await shared.node()
        through = PostgresqlDatabase(line.url)
        async with running(through) as node:
            await node.log.append(document, 1, 0, [NewEntry("m", b"a")])
            line.cut_at = STORED
            with pytest.raises(HeadMoved):
                await node.log.append(document, 1, 1, [NewEntry("m", b"b")])
            assert line.cut_at == b""
            await node.log.append(document, 1, 2, [NewEntry("m", b"c")])
            assert await beside.seqs(document) == [1, 2, 3]
        await through.close()


class _Line:
    """Carries bytes to a PostgreSQL and back, and may be cut when a word is on its way back."""

    def __init__(self, folder: Path) -> None:
        self.url = f"postgresql+asyncpg://twinspace@/postgres?host={folder}"
        self.cut_at = b""

    async def carry(
        self, server: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        from_server, to_server = await asyncio.open_unix_connection(server)

        async def back() -> None:
            while data := await from_server.read(65536):
                if self.cut_at and self.cut_at in data:
                    self.cut_at = b""
                    break
                writer.write(data)
            writer.transport.abort()

        returning = asyncio.create_task(back())
        try:
            while data := await reader.read(65536):
                to_server.write(data)
        except ConnectionError:
            pass
        to_server.close()
        await returning


@asynccontextmanager
async def _line(url: str, folder: Path) -> AsyncIterator[_Line]:
    server = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
    line = _Line(folder)
    listener = await asyncio.start_unix_server(
        lambda reader, writer: line.carry(server, reader, writer), folder / ".s.PGSQL.5432"
    )
    try:
        yield line
    finally:
        listener.close()
