"""A new epoch for every stream: what was put back is another lineage than what people remember."""

from sqlalchemy import Connection, case, exists, select, update

from twinspace_rt.streams.models import archive, doc_client, entry, snapshot, stream

FIRST_SECOND = 1_767_225_600
"""2026-01-01 00:00 UTC, in seconds since 1970."""
EPOCH_MAX = 2**31 - 1
"""What a column of epochs holds, and 68 years of seconds."""


def begin_epochs(connection: Connection, now: int) -> None:
    """Move every stream, with all that it holds, to an epoch that it has never had.

    Counting one on would not do: put back twice from one backup, a stream would get the same epoch
    for two lineages. So the new epoch is at least the seconds since ``FIRST_SECOND``: more than
    repairs, each of which counts one on, can have reached since the time before. Only two copies
    put back at once, within one second, get the same.

    Args:
        connection: No node may use the database meanwhile.
        now: Milliseconds since 1970.
    """
    least = now // 1000 - FIRST_SECOND
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
