"""What waits in a document's queue, and what becomes of each edit."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from twinspace_rt.docs.session import Asked, Session


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
    """

    edit: Edit
    canonical: bytes | None
    ranges: tuple[tuple[int, int, int], ...]
    new_clients: tuple[int, ...]


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
    """Pick the edits that have to be stored."""
    return [o for o in outcomes if isinstance(o, Taken) and o.canonical is not None]


class Budget(Protocol):
    """Counts the bytes of edits that wait, over all documents of a node."""

    def add(self, count: int) -> None:
        """Count bytes in (or, negative, out)."""
        ...
