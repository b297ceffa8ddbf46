"""With each SyncStep1 a provider counts anew, whoever asked for it and when (PROTOCOL.md S2)."""

import pytest

from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.joining import (
    coming,
    document_of,
    expect_joined,
    expect_paid,
    room_of,
    written,
)
from tests.peers.raw import Peer, Pen, enter
from tests.peers.test_acknowledgement import statuses


async def test_what_began_before_a_sync_asked_for_is_not_paid(
    live: Live, seeded: SeededRoom
) -> None:
    pen = await written(live, seeded)
    before = dict(pen.vector)
    async with await enter(live, seeded) as maja:
        pen.write("gathered ")
        await maja.send(raw.step_1(raw.vector(pen.vector)))
        pen.write("since ")
        await maja.send(raw.update(pen.lacking(raw.vector(before))))
        await expect_joined(maja, pen)


async def test_a_sync_asked_for_offline_takes_nothing_away(live: Live, seeded: SeededRoom) -> None:
    pen = await written(live, seeded)
    asked = raw.step_1(raw.vector(pen.vector))
    async with coming(live, seeded) as maja:
        await maja.send(raw.auth(), asked)
        # Typed since the socket has opened, which is sent before the queue.
        await maja.send(raw.update(pen.write("ghi")), asked)
        await maja.socket.send(raw.PONG)
        await expect_joined(maja, pen, paid=2)


async def test_a_sync_asked_for_after_the_queue_is_what_is_paid(
    live: Live, seeded: SeededRoom
) -> None:
    pen = await written(live, seeded)
    asked = raw.step_1(raw.vector(pen.vector))
    async with coming(live, seeded) as maja:
        await maja.send(raw.auth(), asked)
        await maja.socket.send(raw.PONG)
        await maja.send(raw.update(pen.erase(0, 1)), asked)
        await expect_joined(maja, pen)


async def test_with_each_sync_step_1_the_provider_counts_from_one(
    live: Live, seeded: SeededRoom
) -> None:
    pen = await written(live, seeded)
    async with await enter(live, seeded) as maja:
        async with document_of(live, seeded).committed():
            # Asked for a sync while edits are on their way: they are not counted any more.
            await maja.send(*(raw.update(pen.write("x")) for _ in range(3)))
            await maja.send(raw.step_1(raw.vector(pen.vector)))
            await maja.settled()
        await expect_joined(maja, pen)


@pytest.mark.parametrize(
    "again",
    [
        pytest.param([raw.step_1(b"\0"), raw.step_2(b"\0\0")], id="before-the-answer"),
        pytest.param([raw.step_2(b"\0\0"), raw.step_1(b"\0")], id="after-the-answer"),
    ],
)
async def test_of_two_syncs_asked_for_one_is_paid(
    live: Live, seeded: SeededRoom, again: list[bytes]
) -> None:
    async with await enter(live, seeded) as maja:
        # `enter` has had an answer a moment ago: the next ones come two seconds later.
        await maja.send(raw.step_1(b"\0"))
        await maja.expect("step2")
        async with document_of(live, seeded).committed():
            await maja.send(*again)
            await maja.settled()
        await expect_joined(maja)


async def test_a_sync_asked_for_before_it_has_joined_is_paid_once(
    live: Live, seeded: SeededRoom
) -> None:
    pen = await written(live, seeded)
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        await maja.join(pen.vector)
        uncounted = [raw.update(pen.erase(0, 1)), raw.update(pen.write("x"))]
        await maja.send(*uncounted, raw.step_1(raw.vector(pen.vector)))
        await maja.send(raw.update(pen.write("counted")), raw.step_2(pen.lacking(b"\0")))
        await expect_paid(maja, 2)


async def test_a_sync_asked_for_while_it_joins_is_what_is_paid(
    live: Live, seeded: SeededRoom
) -> None:
    """What it typed after its SyncStep2 is not counted any more, and may not be stored yet."""
    pen = await written(live, seeded)
    async with (
        await enter(live, seeded, "eleni"),
        await Peer.open(live, seeded.room_id, seeded.people["maja"], seeded.documents[1]) as maja,
    ):
        await maja.join(pen.vector)
        async with document_of(live, seeded).committed():
            await maja.send(raw.step_2(b"\0\0"), raw.update(pen.write("typed")))
            await maja.send(raw.step_1(raw.vector(pen.vector)))
            await maja.settled()
        told = await maja.until("step2")
        assert statuses(told) == []
        await maja.send(raw.step_2(pen.lacking(b"\0")))
        await expect_paid(maja, 1)


async def test_a_sync_asked_for_in_a_freeze_is_paid_once_after_the_thaw(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded) as maja:
        room = room_of(live, seeded)
        room.set_state(room.state.CLOSED)
        assert await maja.expect("authenticated") == "readonly"
        pen = Pen(2)
        async with document_of(live, seeded).committed():
            await maja.send(*(raw.update(pen.write("a")) for _ in range(3)))
            await maja.send(raw.step_1(raw.vector(pen.vector)))
            await maja.settled()
        assert [await maja.expect("status") for _ in range(3)] == [0] * 3
        await maja.expect("step2")
        await maja.send(raw.step_2(pen.lacking(b"\0")))
        assert await maja.expect("status") == 0
        room.set_state(room.state.OPEN)
        await maja.expect("authenticated")
        await maja.expect("step1")
        await maja.send(raw.step_2(pen.lacking(await maja.expect("step1"))))
        await expect_paid(maja, 1)
