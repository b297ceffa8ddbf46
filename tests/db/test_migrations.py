"""Migrations lead from nothing to the tables in the code, on both databases, and back."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, inspect, select, text

import twinspace_rt.app  # noqa: F401 - brings in every table
from tests.databases import create_database, drop_database
from tests.db.filler import Rows, fill, read
from twinspace_rt.accounts.models import invitation
from twinspace_rt.db.engine import Database, SqliteDatabase
from twinspace_rt.db.migrate import differences, downgrade, migrate, revisions
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.errors import BadSetting


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        embedded = SqliteDatabase(tmp_path / "twinspace.db")
        yield embedded
        embedded.close_now()
    else:
        server = request.getfixturevalue("postgresql_url")
        yield PostgresqlDatabase(create_database(server, "migrated"))
        drop_database(server, "migrated")


def test_migrations_make_the_tables_in_the_code(database: Database) -> None:
    database.write_now(migrate)
    assert database.write_now(differences) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    database.write_now(migrate)
    database.write_now(migrate)
    assert database.write_now(differences) == []


def test_every_migration_can_be_taken_back(database: Database) -> None:
    database.write_now(migrate)
    database.write_now(partial(downgrade, revision="base"))
    left = database.write_now(lambda db: set(inspect(db).get_table_names()))
    assert left == {"alembic_version"}
    database.write_now(migrate)
    assert database.write_now(differences) == []


def test_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    database.write_now(migrate)
    newer = text("update alembic_version set version_num = '9999'")
    database.write_now(lambda db: db.execute(newer) and None)
    with pytest.raises(BadSetting, match="newer version"):
        database.write_now(migrate)


def test_the_history_is_one_line() -> None:
    assert revisions() == sorted(revisions())


def test_rows_of_every_version_are_the_same_in_all_that_follow(database: Database) -> None:
    """Each table is filled in the version that it came with, up to the last and back again."""
    had: dict[str, Rows] = {}
    for revision in revisions():
        database.write_now(partial(migrate, upto=revision))
        for before in had.values():
            assert database.write_now(partial(read, known=before)) == before
        database.write_now(fill)
        had[revision] = database.write_now(read)
        assert [name for name, rows in had[revision].items() if not rows] == []
    assert database.write_now(differences) == []
    for revision in reversed(revisions()):
        database.write_now(partial(downgrade, revision=revision))
        assert database.write_now(read) == had[revision]
    database.write_now(migrate)
    first = had[revisions()[0]]
    assert database.write_now(partial(read, known=first)) == first


def test_a_visitors_link_of_an_older_version_makes_a_guest(database: Database) -> None:
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

    def kinds(connection: Connection) -> dict[str, str]:
        links = select(invitation.c.id, invitation.c.kind)
        return {row.id: row.kind for row in connection.execute(links)}

    database.write_now(make_links)
    database.write_now(migrate)
    assert database.write_now(kinds) == {
        "visitor": "visitor",
        "used": "teacher",
        "teacher": "teacher",
    }
    database.write_now(partial(downgrade, revision="0005"))
    assert set(database.write_now(kinds).values()) == {"teacher"}
