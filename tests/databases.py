"""The database a test is given: the embedded one or, with ``pytest --postgresql``, a PostgreSQL."""

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from twinspace_rt.db.engine import Database, SqliteDatabase
from twinspace_rt.db.metadata import metadata
from twinspace_rt.db.migrate import migrate
from twinspace_rt.db.postgresql import PostgresqlDatabase

TEMPLATE = "template_of_tests"
_numbers = itertools.count(1)
_server: list[str] = []


def use_postgresql(url: str) -> None:
    """Give every test from here on a new database of this PostgreSQL."""
    create_database(url, TEMPLATE)
    PostgresqlDatabase(f"{url}&database={TEMPLATE}").write_now(migrate)
    _server.append(url)


def open_new(folder: Path) -> Database:
    """Open an empty database with all tables."""
    if _server:
        return PostgresqlDatabase(create_database(_server[0], f"d{next(_numbers)}", TEMPLATE))
    database = SqliteDatabase(folder / "twinspace.db")
    database.write_now(metadata.create_all)
    return database


def create_database(url: str, name: str, template: str = "template1") -> str:
    """Create a database beside the one at ``url``; returns its address."""
    _run(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{url}&database={name}"


def move_database(url: str, folder: Path) -> None:
    """Have a database that nobody uses lie in an empty folder, which may be a disk of its own."""
    server, _, name = url.rpartition("&database=")
    _run(server, f"CREATE TABLESPACE place_of_{name} LOCATION '{folder}'")
    _run(server, f"ALTER DATABASE {name} SET TABLESPACE place_of_{name}")


def drop_database(url: str, name: str) -> None:
    """Remove a database, whoever uses it; one that is not there is no error."""
    _run(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _run(url: str, statement: str) -> None:
    async def run() -> None:
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    with ThreadPoolExecutor(1) as thread:  # the caller's loop may be running
        thread.submit(asyncio.run, run()).result()
