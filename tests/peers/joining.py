"""A provider that joins the plain document, step by step, and what it is paid for."""

import contextlib
from collections.abc import AsyncIterator

from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter
from tests.peers.test_acknowledgement import statuses
from twinspace_rt.docs.document import Document
from twinspace_rt.rooms.room import Room

FAREWELL = bytes((raw.CLOSE,))
WORDS = "abcdef"


def room_of(live: Live, seeded: SeededRoom) -> Room:
    """The room, as the server has it open."""
    assert live.node is not None
    room = live.node.hub.get(seeded.room_id)
    assert room is not None
    return room


def document_of(live: Live, seeded: SeededRoom) -> Document:
    """The plain document, as the server has it open."""
    assert live.node is not None
    return next(one for one in live.node.tending.documents if one.id == seeded.documents[1])


@contextlib.asynccontextmanager
async def coming(live: Live, seeded: SeededRoom) -> AsyncIterator[Peer]:
    """Connect; the server's first Ping has come and is not answered yet."""
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as peer:
        assert (await peer.next()).name == "ping"
        yield peer


async def written(live: Live, seeded: SeededRoom) -> Pen:
    """Have something in the document; returns who wrote it."""
    pen = Pen(1)
    async with await enter(live, seeded) as maja:
        await maja.send(raw.update(pen.write(WORDS)))
        assert await maja.expect("status") == 1
    return pen


async def expect_paid(peer: Peer, count: int) -> None:
    """Expect so many acknowledgements, and no more; from then on its edits are refused."""
    # Whatever is paid comes before the refusal of what nobody can read.
    await peer.send(raw.update(b"\xff"))
    assert statuses(await peer.until("stateless")) == [1] * count + [0]


async def expect_joined(peer: Peer, pen: Pen | None = None, paid: int = 1) -> None:
    """Answer the server's question with what a pen has, and expect to be paid so often in all."""
    await peer.expect("step2")
    await peer.send(raw.step_2(pen.lacking(b"\0") if pen else b"\0\0"))
    await expect_paid(peer, paid)


async def leave_at_once(peer: Peer) -> None:
    """Say farewell before the server has asked, which it does all the same."""
    await peer.send(raw.auth(), raw.step_1(b"\0"), FAREWELL)
    await peer.socket.send(raw.PONG)
    await peer.expect("step2")
