"""A document that somebody may not open takes nothing from them, and tells them nothing.

Neither frame of either protocol gets an answer, is stored, or reaches those who are in the document
(PROTOCOL.md A3, H3).
"""

import itertools

import pytest

from tests.live import Live, Someone
from tests.peers import raw
from tests.peers.raw import Peer, Pen
from tests.security.asking import browser, knock
from tests.security.conftest import Country
from tests.security.projects import moderator
from twinspace_rt.ids import new_id

_clients = itertools.count(60)


def messages() -> dict[str, bytes]:
    """Write one message of each kind, by a client that nobody has seen."""
    words = Pen(client := next(_clients)).write("not for you ")
    return {
        "SyncStep1": raw.step_1(raw.vector({})),
        "SyncStep2": raw.step_2(words),
        "Update": raw.update(words),
        "Awareness": raw.awareness((client, 1, '{"user":{"name":"Somebody"},"cursor":null}')),
        "QueryAwareness": bytes((raw.QUERY_AWARENESS,)),
    }


async def inside(live: Live, room_id: str, person: Someone, document: str) -> Peer:
    """Join a document and show a cursor in it."""
    peer = await Peer.open(live, room_id, person, document)
    await peer.join()
    await peer.send(raw.step_2(b"\0\0"), raw.awareness((7, 1, '{"cursor":null}')))
    assert await peer.expect("status") == 1
    return peer


async def all_taken(live: Live, document_id: str) -> None:
    """Wait until everything that a document has taken by now is committed and told."""
    assert live.node is not None
    document = await live.node.library.open(document_id)
    assert document is not None
    async with document.committed():
        pass


@pytest.mark.parametrize("who", ["pupil", "teacher", "visitor of the project"])
async def test_a_foreign_document_is_denied_as_if_it_were_not_there(
    country: Country, who: str
) -> None:
    live, here, elsewhere = country.live, country.here, country.elsewhere
    own = here if who.startswith("visitor") else elsewhere
    person = own.people["vera" if own is here else "maja" if who == "pupil" else "anna"]
    page, sent = here.ids["document_id"], messages()
    before = await country.rows()
    async with await inside(live, here.room_id, here.people["maja"], page) as maja:
        for address in (*here.addresses, page, f"{page}.7", f"{page}.1\0session"):
            async with await Peer.open(live, own.room_id, person, address) as peer:
                await peer.pong()
                assert await peer.settled() == []
                for one in (address, f"{new_id()}.1"):
                    # Before it is asked for, and after it was denied.
                    await peer.send(*sent.values(), address=one)
                    assert await peer.settled() == []
                    await peer.send(raw.auth(), *sent.values(), address=one)
                    assert await peer.expect("denied") == "forbidden"
                    await peer.send(*sent.values(), address=one)
                    assert await peer.settled() == []
        nothing = await knock(live, f"/ws/yjs/{new_id()}.1", person.token)
        for address in here.addresses:
            for message in sent.values():
                assert await knock(live, f"/ws/yjs/{address}", person.token, message) == nothing
        assert nothing.startswith("403 ")
        await all_taken(live, page)
        assert await maja.settled() == []
    assert await country.rows() == before


@pytest.mark.parametrize("stock", [False, True], ids=["hocuspocus", "y-websocket"])
async def test_a_moderator_on_a_visit_reads_and_writes_nothing(
    country: Country, stock: bool
) -> None:
    live, here, page = country.live, country.here, country.here.ids["document_id"]
    assert live.node is not None
    person = await live.node.database.write(lambda db: moderator(db, "SE"))
    async with browser(live, person.token) as window:
        await window.post(f"/api/rooms/{here.room_id}/visit", json={})
    sent, before = messages(), await country.rows()
    async with await inside(live, here.room_id, here.people["maja"], page) as maja:
        opening = (
            Peer.open_yjs(live, person, page)
            if stock
            else Peer.open(live, here.room_id, person, page)
        )
        async with await opening as peer:
            assert here.mark in str([told.value for told in await peer.join()])
            await peer.send(sent["SyncStep2"], sent["Update"])
            if not stock:
                assert await peer.expect("status") == 0
            await peer.send(sent["QueryAwareness"])
            await peer.expect("awareness", lambda states: 7 in states)
        await all_taken(live, page)
        assert [told for told in await maja.settled() if told.name != "awareness"] == []
        assert await country.rows() == before
        # The same words from somebody who may are let through.
        async with await inside(live, here.room_id, here.people["olga"], page) as olga:
            await olga.send(sent["Update"])
            assert await olga.expect("status") == 1
        assert raw.words_of([await maja.expect("update")]) == "not for you "
