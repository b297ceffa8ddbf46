"""Brings a database to the form this version of the server works with."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from twinspace_rt.db.metadata import metadata
from twinspace_rt.errors import BadSetting

SCRIPTS = Path(__file__).with_name("migrations")
MIGRATING = 0x7477696E
"""The number of the lock among those that a PostgreSQL database lets applications choose."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(connection: Connection, upto: str = "head") -> None:
    """Apply every migration that this database has not had yet, in the caller's transaction.

    Nodes that start at once do it one after the other; all but the first find nothing to do.

    Raises:
        BadSetting: A newer version of the server has been here.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
    at = MigrationContext.configure(connection).get_current_revision()
    if at is not None and at not in revisions():
        raise BadSetting(
            "This database was used by a newer version of the server: start that version, or go "
            "back to a copy from before. [database.newer]"
        )
    command.upgrade(_config(connection), upto)


def downgrade(connection: Connection, revision: str) -> None:
    """Take migrations back, down to ``revision`` (``base``: all of them)."""
    command.downgrade(_config(connection), revision)


def revisions() -> list[str]:
    """List all migrations, the first one first."""
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def differences(connection: Connection) -> list[object]:
    """List where the migrated database and the tables in the code differ; none is right."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def write_revision(connection: Connection, message: str) -> None:
    """Write the next migration from what the tables in the code have that the database lacks."""
    command.revision(_config(connection), message, autogenerate=True)
