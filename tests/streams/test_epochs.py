"""A copy that is put back is another lineage, each time that it is."""

import pytest
from sqlalchemy import Connection, insert, select, update

from tests.streams.nodes import Shared
from twinspace_rt.ids import new_id
from twinspace_rt.streams.epochs import FIRST_SECOND, begin_epochs
from twinspace_rt.streams.log import create_stream
from twinspace_rt.streams.models import archive, doc_client, entry, snapshot, stream

AGE_S = 5000
NOW = (FIRST_SECOND + AGE_S) * 1000


def lived_in(connection: Connection, epoch: int) -> str:
    """Make a document in its ``epoch``, with something in every table, and a client of before."""
    document = new_id()
    create_stream(connection, document, new_id(), "text")
    place = {"stream_id": document, "epoch": epoch}
    who = {"member_id": "m", "at": 1, "body": b"x"}
    connection.execute(
        update(stream).where(stream.c.id == document).values(epoch=epoch, head_seq=2)
    )
    connection.execute(insert(entry).values(**place, seq=2, **who))
    connection.execute(insert(archive).values(**place, from_seq=1, upto_seq=1, **who))
    kept = {"at": 1, "body": b"x", "validator": b"", "sha256": b""}
    connection.execute(insert(snapshot).values(**place, upto_seq=1, **kept))
    for client_id, born in ((7, epoch), (6, epoch - 1)):
        connection.execute(
            insert(doc_client).values(
                stream_id=document, client_id=client_id, epoch=born, member_id="m"
            )
        )
    return document


def epochs_of(connection: Connection, document: str) -> dict[str, list[int]]:
    """Read in which epochs a document's rows are."""
    found = {
        table.name: connection.execute(
            select(table.c.epoch).where(table.c.stream_id == document).order_by(table.c.epoch)
        )
        for table in (entry, archive, snapshot, doc_client)
    }
    head = connection.execute(select(stream.c.epoch).where(stream.c.id == document))
    return {name: list(rows.scalars()) for name, rows in {**found, "stream": head}.items()}


@pytest.mark.parametrize(
    ("before", "after"), [(2, AGE_S), (AGE_S, AGE_S + 1), (AGE_S + 9, AGE_S + 10)]
)
async def test_all_that_a_stream_holds_moves_and_what_was_before_stays(
    shared: Shared, before: int, after: int
) -> None:
    document = await shared.database.write(lambda db: lived_in(db, before))
    await shared.database.write(lambda db: begin_epochs(db, NOW))
    assert await shared.database.read(lambda db: epochs_of(db, document)) == {
        "stream": [after],
        "entry": [after],
        "archive": [after],
        "snapshot": [after],
        "doc_client": [before - 1, after],
    }


async def test_two_lineages_of_one_copy_have_different_epochs(shared: Shared) -> None:
    def put_back(db: Connection, at: int) -> list[int]:
        document = lived_in(db, 2)
        begin_epochs(db, at)
        return epochs_of(db, document)["stream"]

    first = await shared.database.write(lambda db: put_back(db, NOW))
    second = await shared.database.write(lambda db: put_back(db, NOW + 1000))
    assert first != second
