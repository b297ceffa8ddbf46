"""A new epoch for every stream: what was put back is another lineage than what people remember."""

from sqlalchemy import Connection, case, exists, select, update

from twinspace_rt.streams.models import archive, doc_client, entry, snapshot, stream

FIRST_MINUTE = 29_453_760
"""2026-01-01 00:00 UTC, in minutes since 1970."""


def begin_epochs(connection: Connection, now: int) -> None:
    """Move every stream, with all that it holds, to an epoch that it has never had.

    Counting one on would not do: put back twice from one backup, a stream would get the same epoch
    for two lineages. So the new epoch is at least the minutes since ``FIRST_MINUTE``, which an
    address holds (at most seven digits) for nineteen years. Twice within one minute gives the same
    epoch to a stream put back both times.

    Args:
        connection: No node may use the database meanwhile.
        now: Milliseconds since 1970.
    """
    least = now // 60_000 - FIRST_MINUTE
    new = case((stream.c.epoch < least, least), else_=stream.c.epoch + 1)
    for table in (entry, archive, snapshot, doc_client):
        # Older lineages stay where they are: their client ids are never taken again.
        mine = (stream.c.id == table.c.stream_id) & (stream.c.epoch == table.c.epoch)
        connection.execute(
            update(table)
            .where(exists().where(mine))
            .values(epoch=select(new).where(stream.c.id == table.c.stream_id).scalar_subquery())
        )
    connection.execute(update(stream).values(epoch=new))
