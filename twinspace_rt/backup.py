"""Keeping a copy of the embedded database, and going back to a copy of either."""

import contextlib
import hashlib
import os
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, select, update
from sqlalchemy.sql.schema import Table

from twinspace_rt.accounts.invitations import revoke_every_invitation
from twinspace_rt.accounts.models import session
from twinspace_rt.admin import holds_anybody
from twinspace_rt.app import build_node
from twinspace_rt.db.engine import lock_database
from twinspace_rt.db.metadata import metadata
from twinspace_rt.errors import TwinspaceError
from twinspace_rt.protocol import now_ms
from twinspace_rt.settings import Settings
from twinspace_rt.streams.epochs import begin_epochs
from twinspace_rt.streams.models import stream

NOT_COMPARED = {"invitation", "node", "session", "spent_ticket", "wrong_try"}
"""Tables of what passes by itself, or ends when a copy is put back."""
READ_AT_ONCE = 500
SUMS = 1 << 256


class BackupFailed(TwinspaceError):
    """No copy was made; the message says why."""


class PutBackFailed(TwinspaceError):
    """Nothing was put back; the message says why, and ends with a stable code."""


class StillInUse(TwinspaceError):
    """Somebody uses the database that was to be changed as a whole."""


@dataclass(frozen=True)
class PutBack:
    """What was made fit to be served, and the folder in which what was there before is now."""

    done: Counter[str]
    """How many there were of ``rooms``, ``documents``, ``sign-ins`` and ``links``."""
    aside: Path | None
    """None if nothing was there, or it is PostgreSQL's."""


def back_up(settings: Settings, target: Path) -> None:
    """Copy the embedded database, as it is at this moment, while a server may be writing to it.

    The copy is one state of the whole database, checked, readable by its owner alone, and on the
    disk when this returns. Until then there is nothing at ``target``. SQLite's own backup would
    start again whenever the server writes; this one reads a snapshot, and the server's log file
    grows for as long as it takes.

    Raises:
        BackupFailed: The data are in PostgreSQL, or there are none, or ``target`` exists, or it
            cannot be written.
    """
    if settings.database_url:
        raise BackupFailed("The data are in PostgreSQL: use pg_dump, as deploy/backup.md shows.")
    if not settings.sqlite_path.exists():
        raise BackupFailed(
            f"There is no {settings.sqlite_path}. Set TWINSPACE_DATA_DIR as for the server."
        )
    if target.exists():
        raise BackupFailed(f"{target} exists already; give another name.")
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        try:
            _copy(settings.sqlite_path, part)
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
        _to_disk(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"No copy was made: {error}.") from error


def _copy(source: Path, part: Path) -> None:
    part.touch(mode=0o600)
    with contextlib.closing(_read_only(source)) as database:
        database.execute("VACUUM INTO ?", (str(part),))
    with contextlib.closing(_read_only(part)) as copy:
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"{source} is damaged: {verdict}")
    _to_disk(part)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_back(settings: Settings, copy: Path | None = None) -> PutBack:
    """Go back to a copy, and make it fit to be served.

    Every room and document begins a new epoch: what people's browsers remember of the time after
    the copy is then never merged into what was before it, and no client id that was given out in
    that time can be taken by somebody else. Every sign-in ends, and every link that was not used:
    some had ended, or were used, after the copy.

    With the embedded database, what is there stays untouched until the copy is whole and fit; then
    it is moved aside, and never removed. Its files belong to whom the folder of the data belongs.

    Args:
        copy: The copy of the embedded database. Into PostgreSQL its own programs put it back.

    Raises:
        DatabaseBusy, StillInUse: A server uses the database.
        PutBackFailed: There is no copy, or nobody in it, or it is damaged, or there is no room for
            it.
    """
    if settings.database_url:
        if copy is not None:
            raise PutBackFailed(
                "The data are in PostgreSQL: use pg_restore first, as deploy/backup.md shows. "
                "[copy.postgresql]"
            )
        return PutBack(_renew(settings), None)
    if copy is None or not copy.is_file():
        raise PutBackFailed(f"There is no {copy or 'copy named'}. [copy.missing]")
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            lock_database(settings.sqlite_path),
            tempfile.TemporaryDirectory(prefix="again-", dir=folder) as again,
        ):
            fit = replace(settings, data_dir=Path(again))
            _copy(copy, fit.sqlite_path)
            return PutBack(_renew(fit), _exchange(fit.sqlite_path, settings.sqlite_path))
    except (OSError, sqlite3.Error) as error:
        raise PutBackFailed(f"Nothing was put back: {error}. [copy.failed]") from error


def _renew(settings: Settings) -> Counter[str]:
    database = build_node(settings).database
    try:
        return database.write_now(_begin_anew)
    finally:
        database.close_now()


def _exchange(new: Path, database: Path) -> Path | None:
    """Put a database in the place of another; returns the folder where that one is now."""
    folder, aside = database.parent, None
    if there := _files(database):
        named = time.strftime("before-%Y%m%d-%H%M%S-")
        aside = Path(tempfile.mkdtemp(prefix=named, dir=folder))
        for path in there:
            path.rename(aside / path.name)
        _to_disk(aside)
        _hand_over(aside)
    for path in _files(new):
        path.rename(folder / path.name)
    _to_disk(folder)
    _hand_over(*folder.glob(f"{database.name}*"))
    return aside


def _files(database: Path) -> list[Path]:
    # SQLite's log belongs to its database: beside another one it would be taken for that one's.
    paths = (database.with_name(database.name + end) for end in ("", "-wal", "-shm"))
    return [path for path in paths if path.exists()]


def _hand_over(*paths: Path) -> None:
    """Let what root makes belong to whom its folder belongs: the server's own user, perhaps."""
    if os.geteuid() == 0:
        for path in paths:
            owner = path.parent.stat()
            os.chown(path, owner.st_uid, owner.st_gid)


def _begin_anew(db: Connection) -> Counter[str]:
    if db.dialect.name == "postgresql":
        others = db.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).scalar_one()
        if others:
            raise StillInUse(
                f"The database has {others} other connections. Stop every server first, "
                "and close what else is connected."
            )
    if not holds_anybody(db):
        raise PutBackFailed(
            "There is nobody in this database: it is no copy of a server. [copy.empty]"
        )
    now = now_ms()
    begin_epochs(db, now)
    ended = db.execute(update(session).where(session.c.revoked_at.is_(None)).values(revoked_at=now))
    kinds = select(stream.c.kind == "room", func.count()).group_by(stream.c.kind)
    links = revoke_every_invitation(db, now)
    done = Counter({"rooms": 0, "documents": 0, "sign-ins": ended.rowcount, "links": links})
    for is_room, count in db.execute(kinds):
        done["rooms" if is_room else "documents"] += count
    return done


def checksums(settings: Settings) -> list[str]:
    """Sum up all that a database holds: a line for each table, room and document.

    Two databases with the same lines hold the same, whichever kind they are; epochs, sign-ins
    and links, which change when a copy is put back, are left out.

    Raises:
        DatabaseBusy: A server uses the embedded database.
    """
    database = build_node(settings).database
    try:
        return list(database.write_now(lambda db: list(_sums(db))))
    finally:
        database.close_now()


def _sums(db: Connection) -> Iterator[str]:
    streams: dict[str, int] = {}
    for table in metadata.sorted_tables:
        if table.name in NOT_COMPARED:
            continue
        rows, total = 0, 0
        for stream_id, value in _row_sums(db, table):
            rows, total = rows + 1, (total + value) % SUMS
            if stream_id is not None:
                streams[stream_id] = (streams.get(stream_id, 0) + value) % SUMS
        yield f"table {table.name} {rows} {total:064x}"
    for row in db.execute(select(stream.c.id, stream.c.kind).order_by(stream.c.kind, stream.c.id)):
        kind = "room" if row.kind == "room" else "document"
        yield f"{kind} {row.id} {streams[row.id]:064x}"


def _row_sums(db: Connection, table: Table) -> Iterator[tuple[str | None, int]]:
    # Sums do not depend on an order: databases sort texts differently.
    columns = [column for column in table.c if column.name != "epoch"]
    key = "id" if table is stream else "stream_id"
    query = select(*columns).execution_options(yield_per=READ_AT_ONCE)
    for row in db.execute(query):
        body = msgspec.json.encode([str(table.name), *row])
        yield row._mapping.get(key), int.from_bytes(hashlib.sha256(body).digest(), "big")
