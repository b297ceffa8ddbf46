"""What a socket may ask for, and how one ends that asks for more."""

import asyncio

import pytest
from websockets.asyncio.client import connect

from tests.live import Live, SeededRoom, seed_room
from tests.peers import raw
from tests.peers.raw import Peer, Pen, Told, enter
from twinspace_rt.docs.channel import FRAME_BYTES, PACED_TOGETHER_BYTES, YjsChannel
from twinspace_rt.docs.document import BEHIND_BYTES, EDIT_BYTES, Document
from twinspace_rt.docs.library import TRAFFIC_BYTES_PER_S
from twinspace_rt.docs.update import UPDATE_LIMITS
from twinspace_rt.errors import CloseCode
from twinspace_rt.rooms.bucket import Bucket
from twinspace_rt.rooms.connection import Connection, Pause


async def open_document(live: Live, seeded: SeededRoom) -> Document:
    """Return the plain document as the server has it."""
    assert live.node is not None
    document = await live.node.library.open(seeded.documents[1])
    assert document is not None
    return document


async def test_compression_is_not_agreed_to(live: Live, seeded: SeededRoom) -> None:
    async with connect(
        f"{live.ws}/ws/rooms/{seeded.room_id}",
        additional_headers={"Cookie": seeded.people["maja"].cookie, "Origin": live.origin},
        compression="deflate",
    ) as socket:
        assert socket.response is not None
        assert socket.request is not None
        assert "permessage-deflate" in socket.request.headers["Sec-WebSocket-Extensions"]
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


# -- sessions


async def test_two_providers_on_one_socket_are_two_sessions(live: Live, seeded: SeededRoom) -> None:
    document = seeded.documents[1]
    first, second = f"{document}.1\0aa", f"{document}.1\0bb"
    async with await Peer.open(live, seeded.room_id, seeded.people["maja"], document) as maja:
        await maja.pong()
        for address in (first, second):
            await maja.send(raw.auth(), raw.step_1(b"\0"), address=address)
            assert {t.key for t in await maja.until("step2")} == {address}
            await maja.send(raw.step_2(b"\0\0"), address=address)
            await maja.expect("status")
        pen = Pen(1)
        edit = pen.write("from the first ")
        await maja.send(raw.update(edit), address=first)
        assert sorted((await maja.next(), await maja.next()), key=str) == [
            Told("status", 1, first),
            Told("update", edit, second),
        ]
        # The one that is closed is not answered: a new provider would take that for its own.
        await maja.send(bytes((raw.CLOSE,)), address=second)
        await maja.send(raw.update(pen.write("alone")), address=first)
        assert await maja.next() == Told("status", 1, first)
        assert await maja.settled() == []


async def test_a_fifth_session_of_a_document_is_denied(live: Live, seeded: SeededRoom) -> None:
    document = seeded.documents[1]
    async with await Peer.open(live, seeded.room_id, seeded.people["maja"], document) as maja:
        await maja.pong()
        for number_ in range(4):
            await maja.send(raw.auth(), address=f"{document}.1\0{number_}")
            assert await maja.expect("authenticated") == "read-write"
        await maja.send(raw.auth(), address=f"{document}.1\0five")
        assert await maja.expect("denied") == "too_many_sessions"
        await maja.send(bytes((raw.CLOSE,)), address=f"{document}.1\0{0}")
        await maja.send(raw.auth(), address=f"{document}.1\0five")
        assert await maja.expect("authenticated") == "read-write"


async def test_a_33rd_document_on_a_socket_is_denied(live: Live) -> None:
    assert live.node is not None
    seeded = await live.node.database.write(lambda db: seed_room(db, documents=["text"] * 33))
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[0]
    ) as maja:
        for document in seeded.documents[:32]:
            await maja.send(raw.auth(), address=f"{document}.1")
            assert await maja.expect("authenticated") == "read-write"
        await maja.send(raw.auth(), address=f"{seeded.documents[32]}.1")
        assert await maja.expect("denied") == "too_many_documents"


async def test_auth_again_changes_nothing(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "maja") as maja:
        await maja.send(raw.auth("another token"), raw.auth())
        assert await maja.settled() == []
        await maja.send(raw.update(Pen(1).write("x")))
        assert await maja.expect("status") == 1
        assert len((await open_document(live, seeded)).sessions) == 1


async def test_auth_without_end_closes_with_1013(live: Live, seeded: SeededRoom) -> None:
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        for _ in range(200):
            await maja.send(raw.auth(), address="0" * 20 + ".1")
        assert await maja.closed() == 1013


async def test_frames_wait_in_order_while_a_document_is_opened(
    live: Live, seeded: SeededRoom
) -> None:
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        pen = Pen(1)
        await maja.socket.send(raw.PONG)
        await maja.send(raw.auth(), raw.step_1(b"\0"))
        await maja.send(*(raw.update(pen.write(f"{n} ")) for n in range(50)))
        await maja.send(raw.step_2(pen.lacking(await maja.expect("step1"))))
        assert [await maja.expect("status") for _ in range(51)] == [1] * 51


async def test_bytes_that_nobody_asked_for_are_paced(live: Live, seeded: SeededRoom) -> None:
    assert live.node is not None
    large = raw.step_2(bytes(1024 * 1024))
    async with (
        await enter(live, seeded, "maja") as maja,
        await Peer.open(live, seeded.room_id, seeded.people["eleni"], seeded.documents[1]) as eleni,
    ):
        room = live.node.hub.get(seeded.room_id)
        assert room is not None
        buckets = {
            c.principal.member_id: live.node.library.traffic_of(c.principal)
            for c in room.connections
        }
        await maja.send(large, large, large)
        assert await maja.expect("status") == 0
        # An answer, and what was typed offline, come as fast as they can.
        await eleni.join()
        await eleni.send(raw.update(bytes(1024 * 1024)), large)
        assert await eleni.expect("status") == 0
        paced = buckets[seeded.people["maja"].member_id]
        await raw.eventually(lambda: paced.owe(0) > 0)
        assert buckets[seeded.people["eleni"].member_id].owe(0) == 0


async def test_empty_edits_cost_something_too(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live.node is not None
    library, count = live.node.library, 100
    async with await enter(live, seeded, "maja") as maja:
        bucket = Bucket(TRAFFIC_BYTES_PER_S, count * FRAME_BYTES, clock=lambda: 0.0)
        monkeypatch.setattr(library, "traffic_of", lambda principal: bucket)
        document = await open_document(live, seeded)
        async with document.committed():
            await maja.send(*[raw.update(b"\0\0")] * count)
            await maja.settled()
            assert live.node.tending.waiting.bytes > count * EDIT_BYTES
        assert [await maja.expect("status") for _ in range(count)] == [1] * count
    await raw.eventually(lambda: bucket.owe(0) > 0)


async def test_who_was_not_read_for_a_while_is_read_again_without_a_document(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live.node is not None
    async with await enter(live, seeded, "maja") as maja:
        document = await open_document(live, seeded)
        [session] = document.sessions
        with monkeypatch.context() as full:
            full.setattr(live.node.tending.waiting, "max_bytes", -1)
            await raw.eventually(lambda: bool(session.connection._paused))
            document.superseded(2)
        await maja.settled()


@pytest.mark.parametrize("why", [Pause.TRAFFIC, Pause.OPENING])
async def test_who_has_to_wait_does_so_when_the_node_reads_on(
    why: Pause, live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S8: what one owes is not let off because storage is back, or a document open."""
    assert live.node is not None
    library, waiting, asked = live.node.library, live.node.tending.waiting, asyncio.Event()
    async with await enter(live, seeded) as maja:
        [session] = (await open_document(live, seeded)).sessions
        connection = session.connection
        if why is Pause.TRAFFIC:
            bucket = Bucket(0.001, 0, clock=lambda: 0.0)
            monkeypatch.setattr(library, "traffic_of", lambda principal: bucket)
            await maja.send(raw.update(Pen(1).write("x" * PACED_TOGETHER_BYTES)))
            await maja.expect("status")
        else:
            monkeypatch.setattr(library, "admit", lambda *_: asked.wait())
            await maja.send(raw.auth(), address=f"{seeded.documents[0]}.1")
            await maja.send(*[raw.update(bytes(1024 * 1024))] * 2)
        await raw.eventually(lambda: connection._paused == why)
        with monkeypatch.context() as full:
            full.setattr(waiting, "max_bytes", -1)
            await raw.eventually(lambda: waiting._was_full)
            assert connection._paused == why | Pause.STORAGE
        await raw.eventually(lambda: not waiting._was_full)
        assert connection._paused == why


@pytest.mark.parametrize("what", ["structs", "bytes", "clients"])
async def test_an_edit_may_be_as_large_as_a_document(
    live: Live, seeded: SeededRoom, what: str
) -> None:
    """A table from a spreadsheet, a long text, a copy that the browser had kept."""
    pen = Pen(1)
    async with (
        await enter(live, seeded, "eleni") as eleni,
        await enter(live, seeded, "maja") as maja,
    ):
        if what == "structs":
            with pen.doc.transaction():
                for _ in range(UPDATE_LIMITS.structs + 1):
                    pen.text.insert(0, "x")
        elif what == "bytes":
            pen.write("x" * 3 * UPDATE_LIMITS.size_bytes)
        else:
            pen.write("x")
            for number in range(2, UPDATE_LIMITS.clients + 2):
                pen.apply(Pen(number).write("x"))
        await maja.send(raw.update(pen.lacking(raw.vector({}))))
        assert await maja.expect("status") == 1
        given = [await eleni.expect("update")]
        assert raw.words_of(given) == str(pen)
        await maja.send(raw.update(pen.write("and on")))
        assert await maja.expect("status") == 1
        given.append(await eleni.expect("update"))
        assert raw.words_of(given) == str(pen)


async def test_a_large_edit_is_given_time_to_be_taken(live: Live, seeded: SeededRoom) -> None:
    """Over a school line it takes a minute, and whoever takes it meanwhile is not slow."""
    assert live.node is not None
    pen = Pen(1)
    async with (
        await enter(live, seeded, "eleni", receive_buffer=4096) as eleni,
        await enter(live, seeded, "maja") as maja,
    ):
        room = live.node.hub.get(seeded.room_id)
        assert room is not None
        slow = min(room.connections, key=lambda one: one.number)
        await maja.send(raw.update(pen.write("x" * 3 * UPDATE_LIMITS.size_bytes)))
        assert await maja.expect("status") == 1
        assert slow.outbox_bytes > 2 * UPDATE_LIMITS.size_bytes
        slow.check_age(asyncio.get_running_loop().time() + 60)
        assert not slow.closed
        assert raw.words_of([await eleni.expect("update")]) == str(pen)
        await raw.eventually(lambda: slow.outbox_bytes == 0)


async def test_who_does_not_take_an_answer_is_given_no_other(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    document, other = f"{seeded.documents[1]}.1", f"{seeded.documents[0]}.1"
    pen = Pen(1)
    async with await enter(live, seeded, "eleni") as eleni:
        for _ in range(2):
            await eleni.send(raw.update(pen.write("x" * 900_000)))
            assert await eleni.expect("status") == 1
    size = len(str(pen))
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], document, receive_buffer=4096
    ) as maja:
        await maja.pong()
        room = live.node.hub.get(seeded.room_id)
        assert room is not None
        connection = max(room.connections, key=lambda one: one.number)
        for _ in range(20):
            await maja.send(raw.auth(), raw.step_1(b"\0"), bytes((raw.CLOSE,)))
        last = f"{document}\0last"
        await maja.send(raw.auth(), raw.step_1(b"\0"), address=last)
        await maja.send(raw.auth(), address=other)
        tended = live.node.tending
        await raw.eventually(lambda: any(d.sessions for d in tended.documents if d.id in other))
        assert connection.outbox_bytes < BEHIND_BYTES + 2 * size
        answers = []
        while Told("step2", b"\0\0", last) not in answers:
            answers.append(await maja.next())
        assert sum(len(t.value) for t in answers if t.key == last and t.name == "update") > size


# -- ends


async def test_a_late_close_leaves_the_new_connection_alone(live: Live, seeded: SeededRoom) -> None:
    pen = Pen(1)
    old = await enter(live, seeded, "maja")
    for _ in range(60):
        new = await enter(live, seeded, "maja")
        ending = asyncio.create_task(old.socket.close())
        await new.send(raw.update(pen.write("x")))
        assert await new.expect("status") == 1
        await ending
        await new.send(raw.update(pen.write("y")))
        assert await new.expect("status") == 1
        old = new
    document = await open_document(live, seeded)
    assert len(document.sessions) == 1
    assert live.node is not None
    room = live.node.hub.get(seeded.room_id)
    assert room is not None
    assert len(room.connections) == 1
    await old.socket.close()
    await raw.eventually(lambda: not document.sessions)


async def test_a_socket_cut_in_the_middle_of_opening_leaves_nothing_behind(
    live: Live, seeded: SeededRoom
) -> None:
    for _ in range(30):
        maja = await Peer.open(live, seeded.room_id, seeded.people["maja"], seeded.documents[1])
        await maja.send(raw.auth(), raw.step_1(b"\0"))
        maja.socket.transport.abort()
    document = await open_document(live, seeded)
    assert live.node is not None
    hub = live.node.hub
    await raw.eventually(lambda: not document.sessions and hub.get(seeded.room_id) is None)


async def test_who_is_shown_out_while_a_document_is_opened_leaves_nothing_behind(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live.node is not None
    library, hub = live.node.library, live.node.hub
    document = await open_document(live, seeded)
    entered, go_on = asyncio.Event(), asyncio.Event()
    open_yjs = library.open_yjs

    async def slowly(connection: Connection, address: str) -> YjsChannel | None:
        entered.set()
        await go_on.wait()
        return await open_yjs(connection, address)

    monkeypatch.setattr(library, "open_yjs", slowly)
    async with await Peer.open_yjs(live, seeded.people["maja"], seeded.documents[1]) as maja:
        await entered.wait()
        room = hub.get(seeded.room_id)
        assert room is not None
        room.close_where(lambda _: True, CloseCode.REMOVED, "removed")
        go_on.set()
        assert await maja.closed() == 4410
    await raw.eventually(lambda: hub.get(seeded.room_id) is None)
    assert not document.sessions
