"""Checks each "all saved" of a provider against what the database held at that moment."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.live import Live
from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.docs.validator import (
    TRUSTED_LIMITS,
    DocumentState,
    Kind,
    Refused,
    parse,
    schema_for,
)


@dataclass(frozen=True)
class Signal:
    """A provider said "all saved": when (``CLOCK_MONOTONIC``, in ns), and of how many edits."""

    at: int
    edits: int


@dataclass(frozen=True)
class Commit:
    """Entries of a document that were on the disk at a moment."""

    at: int
    bodies: Sequence[bytes]


class Commits:
    """What was committed to some documents, and when."""

    def __init__(self, path: str, documents: Sequence[str]) -> None:
        self.of: dict[str, list[Commit]] = {document: [] for document in documents}
        self._last = dict.fromkeys(documents, 0)
        self._database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)

    def look(self, at: int | None = None) -> None:
        """Note what has been committed since the last look, as of now or an earlier moment."""
        now = time.monotonic_ns() if at is None else at
        for document, last in self._last.items():
            rows = self._database.execute(
                "select upto_seq, body from snapshot where stream_id = :stream and upto_seq > :last"
                " union all"
                " select seq, body from entry where stream_id = :stream and seq > :last"
                " order by 1",
                {"stream": document, "last": last},
            ).fetchall()
            if rows:
                self._last[document] = rows[-1][0]
                self.of[document].append(Commit(now, [body for _, body in rows]))

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


@contextmanager
def recorded(live: Live, documents: Sequence[str]) -> Iterator[Commits]:
    """Note each commit of a server in this process before anybody is told of it."""
    assert live.node is not None
    database = live.node.database
    assert isinstance(database, SqliteDatabase)
    commits = Commits(str(live.settings.sqlite_path), documents)

    def noting(write: Callable[..., Any]) -> Callable[..., Any]:
        def write_and_note(*arguments: Any) -> Any:
            result = write(*arguments)
            commits.look()
            return result

        return write_and_note

    write_now, write_driver_now = database.write_now, database.write_driver_now
    database.write_now = noting(write_now)  # type: ignore[method-assign]
    database.write_driver_now = noting(write_driver_now)  # type: ignore[method-assign]
    try:
        yield commits
    finally:
        database.write_now = write_now  # type: ignore[method-assign]
        database.write_driver_now = write_driver_now  # type: ignore[method-assign]
        commits.close()


class Held:
    """What a document is known to hold."""

    def __init__(self, kind: Kind) -> None:
        self._state = DocumentState(schema_for(kind, 1))

    def take(self, bodies: Sequence[bytes]) -> None:
        """Take in committed entries, in order."""
        for body in bodies:
            verdict = self._state.check(parse(body, TRUSTED_LIMITS), None, trusted=True)
            self._state.apply(verdict)

    def holds(self, update: bytes) -> bool:
        """Tell whether all insertions and deletions of an edit are in the document."""
        try:
            verdict = self._state.check(parse(update, TRUSTED_LIMITS), None, trusted=True)
        except Refused:
            return False
        return verdict.canonical is None


def false_signals(
    kind: Kind, commits: Sequence[Commit], edits: Sequence[bytes], signals: Sequence[Signal]
) -> list[Signal]:
    """Return the signals that claimed an edit which was not committed yet."""
    held = Held(kind)
    waiting = iter(commits)
    commit = next(waiting, None)
    proved = 0
    wrong = []
    for signal in sorted(signals, key=lambda s: s.at):
        while commit is not None and commit.at <= signal.at:
            held.take(commit.bodies)
            commit = next(waiting, None)
        while proved < signal.edits and held.holds(edits[proved]):
            proved += 1
        if proved < signal.edits:
            wrong.append(signal)
    return wrong
