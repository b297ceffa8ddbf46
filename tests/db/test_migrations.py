"""Migrations lead from nothing to the tables in the code, on both databases, and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.ext.asyncio import create_async_engine

import twinspace_rt.app  # noqa: F401 - brings in every table
from tests.live import seed_room
from tests.programs import postgresql
from twinspace_rt.accounts.models import invitation
from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.db.metadata import metadata
from twinspace_rt.db.migrate import differences, downgrade, migrate, revisions
from twinspace_rt.errors import BadSetting


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "twinspace.db")
    yield database
    database.close_now()


def test_migrations_make_the_tables_in_the_code(sqlite: SqliteDatabase) -> None:
    sqlite.write_now(migrate)
    assert sqlite.write_now(differences) == []


def test_migrating_again_changes_nothing(sqlite: SqliteDatabase) -> None:
    sqlite.write_now(migrate)
    sqlite.write_now(migrate)
    assert sqlite.write_now(differences) == []


def test_every_migration_can_be_taken_back(sqlite: SqliteDatabase) -> None:
    sqlite.write_now(migrate)
    sqlite.write_now(lambda db: downgrade(db, "base"))
    left = sqlite.write_now(lambda db: set(inspect(db).get_table_names()))
    assert left == {"alembic_version"}
    sqlite.write_now(migrate)
    assert sqlite.write_now(differences) == []


def test_database_of_a_newer_version_is_left_alone(sqlite: SqliteDatabase) -> None:
    sqlite.write_now(migrate)
    sqlite.write_now(lambda db: db.execute(text("update alembic_version set version_num = '9999'")))
    with pytest.raises(BadSetting, match="newer version"):
        sqlite.write_now(migrate)


def test_the_history_is_one_line() -> None:
    assert revisions() == sorted(revisions())


FIRST = "0001"


def everything(connection: Connection) -> dict[str, list[str]]:
    """Read all rows of the tables that the first version had."""
    had = set(inspect(connection).get_table_names())
    return {
        table.name: sorted(map(str, connection.execute(select(table))))
        for table in metadata.sorted_tables
        if table.name in had
    }


def migrate_with_data(connection: Connection) -> None:
    """Come from the first version up with a room in it: nothing of it changes."""
    migrate(connection, FIRST)
    seed_room(connection)
    before = everything(connection)
    assert before["document"]
    migrate(connection)
    assert {name: rows for name, rows in everything(connection).items() if name in before} == before
    assert differences(connection) == []
    downgrade(connection, FIRST)
    assert everything(connection) == before
    migrate(connection)


def test_a_visitors_link_of_an_older_version_makes_a_guest(sqlite: SqliteDatabase) -> None:
    def make_links(connection: Connection) -> None:
        migrate(connection, "0005")
        for name, role, used_at in [
            ("visitor", "visitor", None),
            ("used", "visitor", 1),
            ("teacher", "teacher", None),
        ]:
            connection.execute(
                insert(invitation).values(
                    id=name,
                    token_hash=name.encode(),
                    purpose="account",
                    kind="teacher",
                    role=role,
                    created_at=0,
                    expires_at=2,
                    used_at=used_at,
                )
            )

    sqlite.write_now(make_links)
    sqlite.write_now(migrate)
    links = select(invitation.c.id, invitation.c.kind)
    kinds = sqlite.read_now(lambda db: {row.id: row.kind for row in db.execute(links)})
    assert kinds == {"visitor": "visitor", "used": "teacher", "teacher": "teacher"}


def test_a_room_of_the_first_version_is_still_there(sqlite: SqliteDatabase) -> None:
    sqlite.write_now(migrate_with_data)


async def test_postgresql_gets_the_same_tables() -> None:
    with postgresql() as address:
        engine = create_async_engine(address)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(migrate)
            async with engine.begin() as connection:
                assert await connection.run_sync(differences) == []
                await connection.run_sync(lambda db: downgrade(db, "base"))
                await connection.run_sync(migrate_with_data)
        finally:
            await engine.dispose()
