"""Documents that cannot be trusted: suspect at the first sign, read-only at the third.

An input that kills the engine, or that the stored bytes do not bear out, must cost its own document
at most. ``open -> suspect -> quarantined``: a suspect document is written on and compacted again,
and is cleared if that succeeds; a quarantined one is read from its last good snapshot. The entries
after it stay stored, for whoever repairs it.
"""

import logging

from sqlalchemy import Connection, update

from twinspace_rt.docs.engine import EngineError
from twinspace_rt.docs.messages import DocumentChanged
from twinspace_rt.docs.queries import document_facts
from twinspace_rt.docs.store import NEVER
from twinspace_rt.streams.log import Transaction
from twinspace_rt.streams.models import stream

log = logging.getLogger(__name__)
STRIKES_MAX = 3
STRIKE_PAUSE_S = 10.0
_GUILTY = frozenset({"crashed", "timeout", "refused", "mismatch"})


def speaks_against(error: EngineError) -> bool:
    """Tell whether a failure of the engine is the input's; ``busy`` and ``closed`` are not."""
    return error.code in _GUILTY


def do_suspect(connection: Connection, document_id: str) -> None:
    """Note that the engine has failed on this document, so that a restart does not forget it."""
    _move(connection, document_id, "open", "suspect")


def do_clear(connection: Connection, document_id: str) -> None:
    """Take the suspicion from a document that the engine has proved after all."""
    _move(connection, document_id, "suspect", "open")


def do_release(connection: Connection, document_id: str) -> str | None:
    """Let people write in a quarantined document again; returns its room, if it was one."""
    return _move(connection, document_id, "quarantined", "open")


def do_quarantine(transaction: Transaction, document_id: str) -> None:
    """Let nobody write in this document any more, and tell its room; again it does nothing."""
    for state in ("open", "suspect"):
        room_id = _move(transaction.connection, document_id, state, "quarantined")
        if room_id is not None:
            log.error("quarantined document=%s room=%s", document_id, room_id)
            facts = document_facts(transaction.connection, document_id)
            transaction.emit(room_id, DocumentChanged(document=facts), member_id=NEVER)


def _move(connection: Connection, document_id: str, was: str, now: str) -> str | None:
    return connection.execute(
        update(stream)
        .where(stream.c.id == document_id, stream.c.state == was)
        .values(state=now)
        .returning(stream.c.room_id)
    ).scalar_one_or_none()
