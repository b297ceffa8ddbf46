"""What a document's joiners, writers and readers are sent, and what is refused."""

import asyncio

import pytest
from sqlalchemy import Connection, update
from websockets.exceptions import InvalidStatus

from tests.docs import forge
from tests.live import Live, SeededRoom, seed_room
from tests.peers import raw
from tests.peers.raw import Peer, Pen, Told, enter, words_of
from twinspace_rt.docs.document import Document
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.models import member
from twinspace_rt.streams.models import stream

WORDS = "written by Maja "


async def write(peer: Peer, data: bytes) -> None:
    """Send an update, which is acknowledged."""
    await peer.send(raw.update(data))
    assert await peer.expect("status") == 1


def updates(told: list[Told]) -> list[bytes]:
    """Return the updates among some messages."""
    return [t.value for t in told if t.name == "update"]


# -- joining


async def test_a_joiner_gets_updates_first_and_the_sync_step_2_last(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded, "maja") as maja:
        pen = Pen(1)
        for word in WORDS.split():
            await write(maja, pen.write(word))
    async with await Peer.open(
        live, seeded.room_id, seeded.people["eleni"], seeded.documents[1]
    ) as eleni:
        told = await eleni.join()
        assert [t.name for t in told] == ["authenticated", "step1", *["update"] * 3, "step2"]
        assert told[0].value == "read-write"
        assert raw.read_vector(told[1].value) == pen.vector
        assert words_of(updates(told)) == str(pen)
        assert told[-1].value == b"\0\0"


async def test_a_returning_client_gets_what_it_lacks_and_every_deletion(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded, "maja") as maja:
        pen = Pen(1)
        first = pen.write("first ")
        await write(maja, first)
        eleni_has = Pen(9)
        eleni_has.apply(first)
        await write(maja, pen.write("second "))
        await write(maja, pen.erase(0, 5))
    async with await Peer.open(
        live, seeded.room_id, seeded.people["eleni"], seeded.documents[1]
    ) as eleni:
        told = await eleni.join(eleni_has.vector)
        assert first not in updates(told)
        for data in [*updates(told), told[-1].value]:
            eleni_has.apply(data)
        assert str(eleni_has) == str(pen)


async def test_joining_after_a_compaction_gets_the_snapshot_and_the_tail(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    async with await enter(live, seeded, "maja") as maja:
        pen = Pen(1)
        for word in WORDS.split():
            await write(maja, pen.write(word))
        document = await live.node.library.open(seeded.documents[1])
        assert document is not None
        assert await live.node.tending.compact(document)
        await write(maja, pen.write("after"))
        async with await Peer.open(
            live, seeded.room_id, seeded.people["eleni"], seeded.documents[1]
        ) as eleni:
            told = await eleni.join()
            assert len(updates(told)) == 2
            assert words_of(updates(told)) == str(pen)
        async with await Peer.open(
            live, seeded.room_id, seeded.people["eleni"], seeded.documents[1]
        ) as eleni:
            known = {1: len(str(pen)) - len("after")}
            told = await eleni.join(known)
            assert len(updates(told)) == 1


async def test_y_websocket_asks_again_and_is_not_asked_back(live: Live, seeded: SeededRoom) -> None:
    async with await Peer.open_yjs(live, seeded.people["maja"], seeded.documents[1]) as maja:
        assert [t.name for t in await maja.join()] == ["step1", "step2"]
        await maja.send(raw.step_2(Pen(1).write(WORDS)), raw.step_1(b"\0"))
        # The second one is answered after two seconds; a sign of life may come before that.
        told = [t.name for t in await maja.until("step2") if t.name != "awareness"]
        assert told == ["update", "step2"]


async def test_an_edit_reaches_the_others_and_not_its_author(
    live: Live, seeded: SeededRoom
) -> None:
    async with (
        await enter(live, seeded, "maja") as maja,
        await enter(live, seeded, "eleni") as eleni,
    ):
        edit = Pen(1).write(WORDS)
        await write(maja, edit)
        assert await eleni.expect("update") == edit
        assert await maja.settled() == []


async def test_overlapping_edits_leave_everybody_with_the_same(
    live: Live, seeded: SeededRoom
) -> None:
    """An update that says something else about known clocks adds only what is new in it."""
    async with (
        await enter(live, seeded, "maja") as maja,
        await enter(live, seeded, "eleni") as eleni,
    ):
        await write(maja, forge.update(1, 0, forge.text("ABC", parent="t")))
        await write(maja, forge.update(1, 3, forge.text("DE", origin=(1, 2))))
        await write(maja, forge.update(1, 0, forge.text("abcdefghij", parent="t")))
        live_copy = Pen(9)
        for _ in range(3):
            live_copy.apply(await eleni.expect("update"))
        assert str(live_copy) == "ABCDEfghij"
        assert live.node is not None
        document = await live.node.library.open(seeded.documents[1])
        assert document is not None
        assert await live.node.tending.compact(document)
        async with await Peer.open(
            live, seeded.room_id, seeded.people["nikos"], seeded.documents[1]
        ) as nikos:
            assert words_of(updates(await nikos.join())) == "ABCDEfghij"


# -- refusing


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("foreign-client", forge.update(1, len(WORDS), forge.text("I am Maja", origin=(1, 15)))),
        ("schema-root", forge.update(5, 0, forge.text("hidden", parent="elsewhere"))),
        ("short", b"\x01\x01\x05"),
    ],
)
async def test_a_refused_edit_freezes_that_document_for_that_connection(
    live: Live, seeded: SeededRoom, code: str, bad: bytes
) -> None:
    async with (
        await enter(live, seeded, "maja") as maja,
        await enter(live, seeded, "eleni") as eleni,
    ):
        await write(maja, Pen(1).write(WORDS))
        await eleni.expect("update")
        await eleni.send(raw.update(bad))
        assert await eleni.expect("status") == 0
        told = await eleni.expect("stateless")
        assert told["type"] == "refused"
        assert told["code"] == code
        assert told["message"]
        # What comes after it is a fork of its own; the sender is not told the reason twice.
        await eleni.send(raw.update(Pen(7).write("more")))
        assert await eleni.expect("status") == 0
        assert await eleni.settled() == []
        # Others, and this connection's other documents, go on.
        await write(maja, forge.update(1, len(WORDS), forge.text("on", origin=(1, 15))))
        await eleni.expect("update")
        assert await maja.settled() == []


async def test_a_frozen_connection_writes_again_after_a_reload(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded, "eleni") as eleni:
        await eleni.send(raw.update(b"\xff"))
        assert await eleni.expect("status") == 0
    async with await enter(live, seeded, "eleni") as eleni:
        await write(eleni, Pen(7).write("again"))


async def test_a_y_websocket_provider_is_refused_in_silence(live: Live, seeded: SeededRoom) -> None:
    document = seeded.documents[1]
    async with await enter(live, seeded, "maja") as maja:
        async with await Peer.open_yjs(live, seeded.people["eleni"], document) as eleni:
            await eleni.join()
            await eleni.send(raw.step_2(b"\0\0"))
            good = Pen(7)
            await eleni.send(raw.update(good.write("good ")))
            await maja.expect("update")
            await eleni.send(raw.update(b"\x01\x01\x05"))
            await eleni.send(raw.update(good.write("lost ")))
            await write(maja, Pen(1).write(WORDS))
            assert (await eleni.until("update"))[:-1] == []
        assert await maja.settled() == []


# -- who may


async def test_a_visitor_and_another_rooms_pupil_find_nothing(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    elsewhere = await live.node.database.write(seed_room)
    stranger = elsewhere.people["maja"]
    vera = seeded.people["vera"]
    document = seeded.documents[1]
    for room_id, person, address in (
        (seeded.room_id, vera, f"{document}.1"),
        (elsewhere.room_id, stranger, f"{document}.1"),
        (elsewhere.room_id, stranger, "0" * 20 + ".1"),
        (elsewhere.room_id, stranger, "no address"),
    ):
        async with await Peer.open(live, room_id, person, document) as peer:
            await peer.pong()
            await peer.send(raw.auth(), raw.step_1(b"\0"), address=address)
            assert await peer.expect("denied") == "forbidden"
            await peer.send(raw.update(Pen(7).write("x")), address=address)
            assert await peer.settled() == []
    for person in (vera, stranger):
        with pytest.raises(InvalidStatus) as refused:
            await Peer.open_yjs(live, person, document)
        assert refused.value.response.status_code == 403
    opened = {one.id for one in live.node.tending.documents}
    assert document not in opened, "it was read for somebody who may not"


async def test_another_epoch_is_denied_by_its_number(live: Live, seeded: SeededRoom) -> None:
    document = seeded.documents[1]
    async with await enter(live, seeded, "maja") as maja:
        await maja.send(raw.auth(), address=f"{document}.2")
        assert await maja.expect("denied") == "epoch:1"
        await write(maja, Pen(1).write(WORDS))
    with pytest.raises(InvalidStatus) as refused:
        await Peer.open_yjs(live, seeded.people["maja"], f"{document}.2")
    assert refused.value.response.status_code == 403


async def test_a_new_epoch_sends_everyone_to_its_address(live: Live, seeded: SeededRoom) -> None:
    assert live.node is not None
    document = seeded.documents[1]
    async with (
        await enter(live, seeded, "maja") as maja,
        await Peer.open_yjs(live, seeded.people["eleni"], document) as eleni,
    ):
        await eleni.join()
        await write(maja, Pen(1).write(WORDS))

        def begin(db: Connection) -> None:
            db.execute(update(stream).where(stream.c.id == document).values(epoch=2))

        await live.node.database.write(begin)
        assert await maja.expect("denied") == "epoch:2"
        assert await eleni.closed() == 4409
        await maja.send(raw.update(Pen(5).write("into the old one")))
        await maja.send(raw.auth(), raw.step_1(b"\0"), address=f"{document}.2")
        told = await maja.until("step2")
        assert [t.name for t in told] == ["authenticated", "step1", "step2"]


async def test_a_closed_room_is_read_and_not_written(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "anna", text=True) as anna:
        async with await enter(live, seeded, "maja") as maja:
            await write(maja, Pen(1).write(WORDS))
            await anna.socket.send('{"id":1,"type":"room.hello","since":null}')
            await anna.expect("text", lambda f: f.get("id") == 1)
            await anna.socket.send(
                '{"id":2,"type":"people.set_room_state","state":"closed","nonce":"nonce-0001"}'
            )
            assert "ok" in await anna.expect("text", lambda f: f.get("id") == 2)
            assert await maja.expect("authenticated") == "readonly"
            await maja.send(raw.update(Pen(5).write("too late")))
            assert await maja.expect("status") == 0
        async with await Peer.open(
            live, seeded.room_id, seeded.people["eleni"], seeded.documents[1]
        ) as eleni:
            told = await eleni.join()
            assert told[0].value == "readonly"
            assert words_of(updates(told)) == WORDS


async def test_an_archived_document_is_read_and_not_written(live: Live, seeded: SeededRoom) -> None:
    document = seeded.documents[1]
    async with await enter(live, seeded, "anna", text=True) as anna:
        await anna.socket.send('{"id":1,"type":"room.hello","since":null}')
        await anna.expect("text", lambda f: f.get("id") == 1)
        for number, archived in ((2, "true"), (3, "false")):
            await anna.socket.send(
                f'{{"id":{number},"type":"docs.change","document_id":"{document}",'
                f'"archived":{archived},"nonce":"nonce-000{number}"}}'
            )
            await anna.expect("text", lambda f: "ok" in f)
            scope = await anna.expect("authenticated")
            assert scope == ("readonly" if archived == "true" else "read-write")
        await anna.send(raw.step_2(b"\0\0"))
        await write(anna, Pen(1).write(WORDS))


async def change_member(live: Live, seeded: SeededRoom, who: str, **values: object) -> None:
    """Change somebody's row and have the room follow, as the people's actions do."""
    assert live.node is not None
    member_id = seeded.people[who].member_id

    def change(db: Connection) -> None:
        db.execute(update(member).where(member.c.id == member_id).values(values))

    await live.node.database.write(change)
    room = live.node.hub.get(seeded.room_id)
    assert room is not None
    await room.refresh([member_id])


async def test_a_lost_role_stops_the_next_edit(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "maja") as maja:
        await write(maja, Pen(1).write(WORDS))
        await change_member(live, seeded, "maja", role="visitor", role_version=2)
        assert await maja.expect("close") == "forbidden"
        await maja.send(raw.update(Pen(5).write("more")))
        assert await maja.settled() == []
        assert live.node is not None
        document = await live.node.library.open(seeded.documents[1])
        assert document is not None
        assert document.head_seq == 1


async def test_a_role_that_is_lost_while_a_document_opens(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live.node is not None
    library, opened, asked = live.node.library, asyncio.Event(), asyncio.Event()
    really_open = library.open

    async def open_slowly(document_id: str) -> Document | None:
        asked.set()
        await opened.wait()
        return await really_open(document_id)

    monkeypatch.setattr(library, "open", open_slowly)
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        await maja.send(raw.auth())
        await asked.wait()
        await change_member(live, seeded, "maja", role="visitor", role_version=2)
        opened.set()
        assert await maja.expect("denied") == "forbidden"


async def test_a_lost_role_closes_a_y_websocket(live: Live, seeded: SeededRoom) -> None:
    """Its protocol has no word for it."""
    async with await Peer.open_yjs(live, seeded.people["maja"], seeded.documents[1]) as maja:
        await maja.join()
        await change_member(live, seeded, "maja", role="visitor", role_version=2)
        assert await maja.closed() == 4403


async def test_a_removed_pupil_is_closed_with_4410(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "maja") as maja:
        await change_member(live, seeded, "maja", removed_at=now_ms())
        assert await maja.closed() == 4410
