"""What waits in a document's queue, and what becomes of each edit."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from twinspace_rt.docs.session import Asked, Session
from twinspace_rt.docs.typed import Typed, as_one

RAPID_EDITS: Final = 4
"""Nobody types so much between two commits, but what works by program does."""


@dataclass(slots=True)
class Edit:
    """An Update or a SyncStep2.

    Attributes:
        asked: For a SyncStep2 why the server had asked for it, if it had.
        pongs: How many Pongs had come before it.
        since: What its session's `since` was when it came.
        owed: Whether its provider counts it, if that is an Update and `since` is still the same.
        counted: Whether its new client ids have been counted: where another node was first, it is
            judged anew, perhaps many times.
    """

    session: Session
    data: bytes
    step_2: bool
    asked: Asked | None
    pongs: int
    since: int
    owed: bool = True
    counted: bool = False


@dataclass(slots=True)
class Sync:
    """A SyncStep1 to be answered."""

    session: Session
    vector: dict[int, int]


@dataclass(slots=True)
class Turn:
    """A place in the queue for whoever needs the committed state."""

    ready: asyncio.Future[None]
    done: asyncio.Future[None]


Item = Edit | Sync | Turn


@dataclass(slots=True)
class Taken:
    """An edit the validator took in, or found to hold nothing new.

    Attributes:
        canonical: What is new in it, to be stored; ``None`` if nothing is.
        ranges: ``(client, from, to)``: who inserted what.
        new_clients: Ids to be bound to the member.
        typed: What it is, if it came the short way.
    """

    edit: Edit
    canonical: bytes | None
    ranges: tuple[tuple[int, int, int], ...]
    new_clients: tuple[int, ...]
    typed: Typed | None = None


@dataclass(slots=True)
class Missed:
    """An edit that builds on something not here."""

    edit: Edit


@dataclass(slots=True)
class Rejected:
    """An edit that is refused; ``first`` if this freezes the document for its session."""

    edit: Edit
    code: str
    first: bool


Outcome = Taken | Missed | Rejected | Sync


class Doubted(Exception):
    """An edit would be refused by what this node knows; another node may know more."""


def new_ones(outcomes: Sequence[Outcome]) -> list[Taken]:
    """Pick what has to be stored; what one session typed in a row is one edit of it."""
    if len(outcomes) == 1:  # as nearly always where a few people write
        return [o for o in outcomes if isinstance(o, Taken) and o.canonical is not None]
    new: list[Taken] = []
    rows: list[_Row] = []
    last: dict[int, _Row] = {}
    for outcome in outcomes:
        if not isinstance(outcome, Taken) or outcome.canonical is None:
            continue
        typed = outcome.typed
        if typed is not None:
            row = last.get(typed.client)
            if row is not None and row.takes(outcome.edit.session, typed):
                row.typed.append(typed)
                continue
            last[typed.client] = row = _Row(len(new), outcome.edit.session, [typed])
            rows.append(row)
        new.append(outcome)
    for row in rows:
        if len(row.typed) > 1:
            new[row.place] = _joined(new[row.place], row.typed)
    return new


@dataclass(slots=True)
class _Row:
    """What one client typed in a row, and where among what is stored it stands."""

    place: int
    session: Session
    typed: list[Typed]

    def takes(self, session: Session, typed: Typed) -> bool:
        # What others wrote in between may stand behind it: they cannot know of it yet.
        return typed.goes_on and typed.start == self.typed[-1].end and session is self.session


def _joined(first: Taken, row: Sequence[Typed]) -> Taken:
    place = (row[0].client, row[0].start, row[-1].end)
    return Taken(first.edit, as_one(first.edit.data, row), (place,), ())


def is_rapid(outcomes: Sequence[Outcome]) -> bool:
    """Tell whether one session sent `RAPID_EDITS` or more between two commits."""
    if len(outcomes) < RAPID_EDITS:
        return False
    sessions = Counter([id(o.edit.session) for o in outcomes if not isinstance(o, Sync)])
    return max(sessions.values(), default=0) >= RAPID_EDITS


class Budget(Protocol):
    """Counts the bytes of edits that wait, over all documents of a node."""

    def add(self, count: int) -> None:
        """Count bytes in (or, negative, out)."""
        ...
