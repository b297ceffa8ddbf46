"""Reading streams: what was missed, and what a follower has to read."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from twinspace_rt.db.many import is_one_of
from twinspace_rt.streams.models import entry, stream
from twinspace_rt.streams.transaction import Event, decode_event
from twinspace_rt.streams.transaction import Head as Head

RESUME_MAX_EVENTS = 2000
# Asked for by everyone who comes. Made once: to make a statement takes longer than to ask it.
_HEAD = select(stream.c.epoch, stream.c.head_seq, stream.c.state).where(
    stream.c.id == bindparam("stream_id")
)
_EVENTS = (
    select(entry.c.seq, entry.c.body)
    .where(
        entry.c.stream_id == bindparam("stream_id"),
        entry.c.epoch == bindparam("epoch"),
        entry.c.seq > bindparam("after"),
    )
    .order_by(entry.c.seq)
)


class EventsGone(Exception):
    """Not all that was missed is held any more, or it is another lineage: reload everything."""


def stream_head(connection: Connection, stream_id: str) -> Head:
    """Read where a stream stands.

    Raises:
        LookupError: There is no such stream.
    """
    row = connection.execute(_HEAD, {"stream_id": stream_id}).one_or_none()
    if row is None:
        raise LookupError("no such stream")
    return Head(row.epoch, row.head_seq, row.state)


def events_after(
    connection: Connection, stream_id: str, epoch: int, seq: int, *, head: Head | None = None
) -> list[Event]:
    """Read all events of a room after ``seq``, in order.

    Args:
        head: Where the room stands, if that has been read in this transaction.

    Raises:
        EventsGone: They cannot all be given: another epoch, a ``seq`` beyond the head, entries no
            longer held, or more than ``RESUME_MAX_EVENTS``. Never a part of what was missed.
    """
    head = head or stream_head(connection, stream_id)
    missed = head.seq - seq
    if epoch != head.epoch or not 0 <= missed <= RESUME_MAX_EVENTS:
        raise EventsGone
    if missed == 0:
        return []
    rows = connection.execute(_EVENTS, {"stream_id": stream_id, "epoch": epoch, "after": seq}).all()
    if len(rows) != missed:
        raise EventsGone
    return [decode_event(stream_id, epoch, row.seq, row.body) for row in rows]


def heads(connection: Connection, stream_ids: Sequence[str]) -> dict[str, Head]:
    """Read where several streams stand, in one query: the beacon."""
    rows = connection.execute(
        select(stream.c.id, stream.c.epoch, stream.c.head_seq, stream.c.state).where(
            is_one_of(connection, stream.c.id, stream_ids)
        )
    )
    return {row.id: Head(row.epoch, row.head_seq, row.state) for row in rows}
