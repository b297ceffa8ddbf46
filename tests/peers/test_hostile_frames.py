"""Hostile frames at a document that was just made, and at one that was written in for long.

A malformed frame closes its sender with 4400, one that is too large with 1009, and an update that
is none gets its refusal (PROTOCOL.md, section 2 and H5). The others in the document notice nothing.
"""

import random

import pytest

from tests.docs import forge
from tests.docs.forge import number, string
from tests.faults import attacks
from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.aged import AGES, age
from tests.peers.raw import Peer, Pen, Told, enter

HONEST = forge.update(5, 0, forge.element("paragraph", parent="default"))


async def goes_on(peer: Peer) -> None:
    """Have somebody write, who has been told of nothing yet."""
    assert await peer.settled() == []
    await peer.send(raw.update(Pen(5).write("going on")))
    assert await peer.expect("status") == 1


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(number(raw.SYNC_REPLY) + b"\x00\x01\x00", id="sync-reply"),
        pytest.param(number(raw.STATELESS) + string("{}"), id="stateless"),
        pytest.param(number(raw.BROADCAST) + string("{}"), id="broadcast"),
        pytest.param(number(raw.STATUS) + b"\x01", id="status"),
        pytest.param(b"\x09", id="ping-with-address"),
        pytest.param(b"\x0a", id="pong-with-address"),
        pytest.param(b"\x0b", id="unknown"),
        pytest.param(b"\xc8\x01", id="far-away"),
        pytest.param(b"", id="no-type"),
        pytest.param(b"\x00\x03\x00", id="sync-type"),
        pytest.param(raw.step_1(b"\0") + b"x", id="trailing"),
        pytest.param(b"\x00\x00\x05\x00", id="short"),
        pytest.param(raw.step_1(b"\x01\x01"), id="broken-vector"),
        pytest.param(b"\x80\x00", id="long-number"),
        pytest.param(bytes((raw.AUTH, 2)) + string("read-write"), id="the-servers-auth"),
    ],
)
async def test_what_a_client_must_not_send_closes_with_4400(
    live: Live, seeded: SeededRoom, page: str, message: bytes
) -> None:
    async with (
        await enter(live, seeded, "maja") as maja,
        await enter(live, seeded, "eleni") as eleni,
    ):
        await maja.send(message)
        assert await maja.closed() == 4400
        await goes_on(eleni)


@pytest.mark.parametrize(
    "address", ["a\0b\0c", "dokument-ö", "x" * 65], ids=["two-sessions", "not-ascii", "long"]
)
async def test_a_malformed_address_closes_with_4400(
    live: Live, seeded: SeededRoom, page: str, address: str
) -> None:
    async with await enter(live, seeded, "maja") as maja:
        await maja.send(raw.auth(), address=address)
        assert await maja.closed() == 4400


@pytest.mark.parametrize("message", [raw.auth(), bytes((raw.CLOSE,)), raw.PING, raw.PONG])
async def test_y_websocket_knows_neither_auth_nor_close(
    live: Live, seeded: SeededRoom, page: str, message: bytes
) -> None:
    async with await Peer.open_yjs(live, seeded.people["maja"], page) as maja:
        await maja.join()
        await maja.send(message)
        assert await maja.closed() == 4400


async def test_a_text_frame_where_none_was_asked_for_closes_with_4400(
    live: Live, seeded: SeededRoom, page: str
) -> None:
    async with await enter(live, seeded, "maja") as maja:
        await maja.socket.send('{"id":1,"type":"room.hello"}')
        assert await maja.closed() == 4400


async def test_a_frame_that_is_too_large_is_not_read(
    live: Live, seeded: SeededRoom, page: str
) -> None:
    size = live.settings.frame_max_bytes + 1
    async with await enter(live, seeded, "maja") as maja:
        # The header alone: whoever waited for the rest would have to keep it.
        maja.socket.transport.write(b"\x82\xff" + size.to_bytes(8, "big") + b"mask" + bytes(100))
        assert await maja.closed() == 1009


async def outcome_of(peer: Peer, key: str, update: bytes) -> str:
    """Send an update in a session of its own; returns the code it is refused with, if it is."""
    await peer.send(raw.auth(), raw.step_2(b"\0\0"), raw.update(update), address=key)
    while (told := await peer.next()).key != key or not _is_outcome(told):
        pass
    await peer.send(bytes((raw.CLOSE,)), address=key)
    if told.name == "stateless":
        return str(told.value["code"])
    return "gap" if told.name == "step1" else "taken"


def _is_outcome(told: Told) -> bool:
    return told.name in {"stateless", "step1"} or (told.name, told.value) == ("status", 1)


@pytest.mark.parametrize("kind", ["text", "rich"])
@pytest.mark.parametrize("old", [False, True], ids=AGES)
async def test_each_hostile_update_is_refused_and_others_go_on(
    live: Live, seeded: SeededRoom, kind: str, old: bool
) -> None:
    assert live.node is not None
    place = int(kind == "text")
    page = seeded.documents[place]
    if old:
        await age(live, seeded, page, client=attacks.VICTIM)
    document = await live.node.library.open(page)
    assert document is not None
    before, dice = document.head_seq, random.Random(7)
    root = "t" if kind == "text" else "default"
    tried = [one for _ in range(2) for one in attacks.structured(dice, root)]
    async with (
        await enter(live, seeded, "maja", place) as maja,
        await Peer.open(live, seeded.room_id, seeded.people["eleni"], page) as eleni,
    ):
        await eleni.pong()
        for index, (codes, hostile) in enumerate(tried):
            # Where nobody has written yet, there is nobody in whose name to write.
            if old or codes != {"foreign-client"}:
                assert await outcome_of(eleni, f"{page}.1\0{index}", hostile) in codes, index
        assert await maja.settled() == []
        assert document.head_seq == before
        honest = Pen(5).write("going on") if kind == "text" else HONEST
        await maja.send(raw.update(honest))
        assert await maja.expect("status") == 1
        assert document.head_seq == before + 1
