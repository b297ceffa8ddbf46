"""What a provider has left in its queue for an earlier socket is not taken for today's words."""

import asyncio

import pytest

from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.drive import drive
from tests.peers.joining import (
    FAREWELL,
    WORDS,
    coming,
    document_of,
    expect_joined,
    expect_paid,
    leave_at_once,
    room_of,
    written,
)
from tests.peers.line import open_line
from tests.peers.raw import Peer, Pen, enter
from tests.peers.test_acknowledgement import statuses
from twinspace_rt.docs.delivery import PARTIAL_BYTES
from twinspace_rt.docs.validator import UPDATE_LIMITS


@pytest.mark.parametrize("behind_a_pong", [False, True])
async def test_what_was_typed_offline_is_not_paid(
    live: Live, seeded: SeededRoom, behind_a_pong: bool
) -> None:
    pen = await written(live, seeded)
    offline = [pen.erase(0, 1), pen.write("ghi"), pen.erase(1, 2)]
    async with coming(live, seeded) as maja:
        await maja.send(raw.auth(), raw.step_1(raw.vector(pen.vector)))
        # The queue: what was said to a socket that was closing, and what was typed offline.
        if behind_a_pong:
            await maja.socket.send(raw.PONG)
        await maja.send(raw.step_2(b"\0\0"), *map(raw.update, offline))
        await maja.socket.send(raw.PONG)
        typed = [pen.erase(2, 3), pen.write("jk")]
        await maja.send(*map(raw.update, typed))
        await maja.expect("step2")
        assert statuses(await maja.settled()) == []
        await maja.send(raw.step_2(pen.lacking(b"\0")))
        await expect_paid(maja, 1 + len(typed))


@pytest.mark.parametrize("has_joined", [False, True])
async def test_what_began_before_the_provider_counted_is_not_paid(
    live: Live, seeded: SeededRoom, has_joined: bool
) -> None:
    """A provider with `flushDelay` sends what was typed offline and since then as one update."""
    pen = await written(live, seeded)
    before = dict(pen.vector)
    pen.write("offline ")
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        await maja.join(pen.vector)
        answer = raw.step_2(pen.lacking(b"\0"))
        pen.write("since ")
        gathered = raw.update(pen.lacking(raw.vector(before)))
        await maja.send(*((answer, gathered) if has_joined else (gathered, answer)))
        await expect_paid(maja, 1)


async def test_what_was_gathered_in_a_freeze_is_not_paid_after_it(
    live: Live, seeded: SeededRoom
) -> None:
    pen = await written(live, seeded)
    before = dict(pen.vector)
    async with await enter(live, seeded, "eleni"):
        room = room_of(live, seeded)
        room.set_state(room.state.CLOSED)
        pen.write("offline ")
        async with await Peer.open(
            live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
        ) as maja:
            await maja.join(pen.vector)
            await maja.send(raw.step_2(pen.lacking(b"\0")))
            pen.write("since ")
            await maja.send(raw.update(pen.lacking(raw.vector(before))))
            assert [await maja.expect("status") for _ in range(2)] == [0, 0]
            room.set_state(room.state.OPEN)
            vector = await maja.expect("step1", lambda known: known == raw.vector(before))
            await maja.send(raw.step_2(pen.lacking(vector)))
            await expect_paid(maja, 1)


async def test_what_is_held_by_the_sync_step_2_is_held_to_its_limits(
    live: Live, seeded: SeededRoom
) -> None:
    """Offline one may undo the deletion of a text that the server has never seen."""
    pen = Pen(1)
    async with coming(live, seeded) as maja:
        await maja.send(raw.auth(), raw.step_1(b"\0"))
        with pen.doc.transaction():
            for _ in range(UPDATE_LIMITS.structs + 1):
                pen.text.insert(0, "x")
        await maja.send(raw.update(pen.lacking(b"\0")))
        await maja.socket.send(raw.PONG)
        await expect_joined(maja, pen, paid=2)


@pytest.mark.parametrize("behind_a_pong", [False, True])
@pytest.mark.parametrize("knows", [b"\0", raw.vector({1: len(WORDS)})], ids=["nothing", "all"])
async def test_the_words_of_a_predecessor_are_nobodys(
    live: Live, seeded: SeededRoom, knows: bytes, behind_a_pong: bool
) -> None:
    """A provider closed offline leaves its words to its successor at the same address."""
    await written(live, seeded)
    async with coming(live, seeded) as maja:
        await maja.send(raw.auth(), raw.step_1(b"\0"))
        if behind_a_pong:
            await maja.socket.send(raw.PONG)
        await maja.send(raw.update(Pen(2).write("of the one that has gone")), raw.step_1(knows))
        await maja.send(FAREWELL)
        await maja.socket.send(raw.PONG)
        given = [told.value for told in await maja.until("step2") if told.name == "update"]
        assert raw.words_of(given) == WORDS, "its own copy was empty"
        await maja.send(raw.step_2(b"\0\0"))
        await expect_paid(maja, 1)


async def test_a_farewell_takes_with_it_what_has_not_been_judged(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded, "eleni"), coming(live, seeded) as maja:
        async with document_of(live, seeded).committed():
            await maja.send(raw.auth(), raw.step_1(b"\0"))
            await maja.send(raw.update(Pen(2).write("of the one that has gone")), FAREWELL)
            await maja.socket.send(raw.PONG)
            await maja.settled()
        await expect_joined(maja)


async def test_who_really_left_at_once_may_come_back(live: Live, seeded: SeededRoom) -> None:
    async with coming(live, seeded) as maja:
        await leave_at_once(maja)
        await maja.settled()
        await maja.send(raw.auth(), raw.step_1(b"\0"))
        assert await maja.expect("authenticated") == "read-write"
        await expect_joined(maja)


async def test_who_left_at_once_is_let_go_of(live: Live, seeded: SeededRoom) -> None:
    async with coming(live, seeded) as maja:
        await leave_at_once(maja)
        document = document_of(live, seeded)
        for beat in range(3):
            assert (len(document.sessions) == 1) is (beat < 2), "it has not answered yet"
            for connection in room_of(live, seeded).connections:
                connection.keep_alive()
            await maja.settled()
            await maja.settled()


@pytest.mark.parametrize("behind_a_pong", [False, True])
async def test_one_more_auth_in_the_queue_begins_anew(
    live: Live, seeded: SeededRoom, behind_a_pong: bool
) -> None:
    pen = await written(live, seeded)
    async with coming(live, seeded) as maja:
        await maja.send(raw.auth(), raw.step_1(raw.vector(pen.vector)))
        if behind_a_pong:
            await maja.socket.send(raw.PONG)
        await maja.send(FAREWELL, raw.auth(), raw.update(Pen(2).write("of the second of three")))
        assert await maja.closed() == 4510
        assert statuses(maja.told) == []
    async with coming(live, seeded) as maja:
        await maja.send(raw.auth(), raw.step_1(raw.vector(pen.vector)))
        await maja.socket.send(raw.PONG)
        await expect_joined(maja, pen)


async def test_a_queue_that_comes_before_its_successor_is_taken_as_it_was_meant(
    live: Live, seeded: SeededRoom
) -> None:
    """Some clients answer the Ping before they say who they are."""
    pen = await written(live, seeded)
    async with coming(live, seeded) as maja:
        await maja.socket.send(raw.PONG)
        await maja.send(raw.auth(), raw.step_1(raw.vector(pen.vector)), FAREWELL)
        await maja.send(raw.auth(), raw.step_1(b"\0"))
        passed = await maja.until("step2")
        passed += await maja.until("step2")
        given = [told.value for told in passed if told.name == "update"]
        assert raw.words_of(given) == WORDS, "its own copy was empty"
        await maja.send(raw.step_2(b"\0\0"))
        await expect_paid(maja, 1)


async def test_a_farewell_at_once_closes_the_document_and_no_more(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded) as maja:
        await maja.send(FAREWELL, raw.update(Pen(2).write("after its farewell")))
        assert await maja.settled() == []
        await maja.send(raw.auth(), raw.step_1(b"\0"))
        await expect_joined(maja)


async def test_an_answer_that_comes_after_the_farewell_is_not_given_to_the_successor(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be "synced" by it without what its predecessor had."""
    assert live.node is not None
    engine = live.node.engine
    missing = engine.missing
    asked, go_on, made = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slowly(snapshot: bytes, state_vector: bytes) -> bytes:
        asked.set()
        await go_on.wait()
        try:
            return await missing(snapshot, state_vector)
        finally:
            made.set()

    async with await enter(live, seeded, "eleni") as eleni:
        await eleni.send(raw.update(Pen(1).write("x" * (PARTIAL_BYTES + 1))))
        assert await eleni.expect("status") == 1
        assert await live.node.tending.compact(document_of(live, seeded))
    monkeypatch.setattr(engine, "missing", slowly)
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        await maja.pong()
        await maja.send(raw.auth(), raw.step_1(raw.vector({1: 5})))
        await asked.wait()
        await maja.send(FAREWELL, raw.auth())
        await maja.settled()
        go_on.set()
        await made.wait()
        assert [told.name for told in await maja.settled()] == []
        await maja.send(raw.step_1(b"\0"))
        await expect_joined(maja)


@pytest.mark.parametrize("moment", ["greeting", "opening", "waiting"])
async def test_a_ping_in_between_takes_nothing_away(
    live: Live, seeded: SeededRoom, moment: str
) -> None:
    """What is deleted while the answer waits is counted, however often the line is kept alive."""
    pen = await written(live, seeded)
    async with await enter(live, seeded, "eleni"), coming(live, seeded) as maja:
        room = room_of(live, seeded)
        async with document_of(live, seeded).committed():
            await maja.send(raw.auth(), raw.step_1(raw.vector(pen.vector)))
            await maja.expect("authenticated")
            if moment == "greeting":
                for connection in [*room.connections] * 2:
                    connection.keep_alive()
            await maja.socket.send(raw.PONG)
            if moment != "opening":
                await maja.send(raw.update(pen.erase(0, 1)))
            for connection in room.connections:
                connection.keep_alive()
            await maja.settled()
            if moment == "opening":
                await maja.send(raw.update(pen.erase(0, 1)))
                await maja.settled()
        await expect_joined(maja, pen, paid=2)


async def test_a_thaw_in_the_handshake_is_not_asked_about_twice(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded, "eleni"):
        room = room_of(live, seeded)
        room.set_state(room.state.CLOSED)
        async with coming(live, seeded) as maja:
            await maja.send(raw.auth(), raw.step_1(b"\0"))
            assert await maja.expect("authenticated") == "readonly"
            room.set_state(room.state.OPEN)
            await maja.socket.send(raw.PONG)
            told = await maja.until("step2")
            assert [one.name for one in told if one.name == "step1"] == ["step1"]
            await maja.send(raw.step_2(b"\0\0"))
            await expect_paid(maja, 1)


@pytest.mark.parametrize(
    "scene", ["closing", "farewell", "successor", "gathered", "stranger", "recreated"]
)
async def test_a_stock_providers_queue(live: Live, seeded: SeededRoom, scene: str) -> None:
    async with open_line(live.port, delay_s=0.03) as line:
        run = await drive(
            "queue.mjs",
            live,
            seeded,
            timeout_s=200,
            port=line.port,
            document=seeded.documents[1],
            scene=scene,
        )
    assert run.end["unowed"] == 0
    assert run.end["text"] == run.end["expected"]
