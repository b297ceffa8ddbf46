"""Documents of two ages: just made, and written in for long, compacted and opened anew since."""

from tests.docs import forge
from tests.live import Live, SeededRoom
from tests.peers.raw import Pen
from twinspace_rt.streams.log import NewEntry

AGES = ("fresh", "long-lived")
ENTRIES = 400
SINCE = 20
"""Entries after the snapshot."""


async def age(live: Live, seeded: SeededRoom, document_id: str, *, client: int) -> None:
    """Have maja write in a document for long, by a client of this id; nobody has it open then."""
    assert live.node is not None
    library = live.node.library
    rich = document_id == seeded.documents[0]
    edits = _rich(client) if rich else _plain(client)
    member_id = seeded.people["maja"].member_id
    entries = [NewEntry(member_id, edits[0], [client])]
    entries += [NewEntry(member_id, edit) for edit in edits[1:]]
    await live.node.hub.log.append(document_id, 1, 0, entries[:-SINCE])
    document = await library.open(document_id)
    assert document is not None
    assert await live.node.tending.compact(document)
    await live.node.hub.log.append(document_id, 1, document.head_seq, entries[-SINCE:])
    live.node.tending.let_go(document)
    again = await library.open(document_id)
    assert again is not None
    assert again is not document
    assert again.loaded.snapshot is not None
    assert len(again.loaded.tail) == SINCE


def _plain(client: int) -> list[bytes]:
    pen = Pen(client)
    edits = [pen.write(f"word{n} ", len(pen.text) // 2) for n in range(ENTRIES)]
    return [*edits, pen.erase(10, 200), pen.write("at last ")]


def _rich(client: int) -> list[bytes]:
    def paragraph(clock: int) -> bytes:
        place = {"origin": (client, clock - 1)} if clock else {"parent": "default"}
        return forge.update(client, clock, forge.element("paragraph", **place))

    return [*map(paragraph, range(ENTRIES)), forge.deletion({client: [(9, 99)]})]
