"""When "saved" is said, and how often: a provider counts, and must be paid what it counted."""

import pytest

from tests.docs import forge
from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.raw import Peer, Pen, Told, enter


def statuses(told: list[Told]) -> list[int]:
    """Return the statuses among some messages."""
    return [t.value for t in told if t.name == "status"]


async def test_each_edit_is_acknowledged_once(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded) as maja:
        pen = Pen(1)
        for word in ("one ", "two ", "three "):
            await maja.send(raw.update(pen.write(word)))
        assert [await maja.expect("status") for _ in range(3)] == [1, 1, 1]
        assert await maja.settled() == []


async def test_nothing_is_acknowledged_before_the_first_sync_step_2(
    live: Live, seeded: SeededRoom
) -> None:
    pen = Pen(1)
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        await maja.join()
        edits = [pen.write(word) for word in ("one ", "two ")]
        await maja.send(*map(raw.update, edits))
        assert statuses(await maja.settled()) == []
        await maja.send(raw.step_2(pen.lacking(b"\0")))
        # One for the join, one for each edit that came after the SyncStep1 was written.
        assert [await maja.expect("status") for _ in range(3)] == [1, 1, 1]
        assert await maja.settled() == []


async def test_what_the_sync_step_1_held_is_not_paid_again(live: Live, seeded: SeededRoom) -> None:
    pen = Pen(1)
    old, new = pen.write("written offline "), pen.write("written since ")
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        await maja.join({1: len("written offline ")})
        await maja.send(raw.update(old), raw.update(new), raw.step_2(pen.lacking(b"\0")))
        assert [await maja.expect("status") for _ in range(2)] == [1, 1]
        assert await maja.settled() == []


@pytest.mark.parametrize(("after_pong", "owed"), [(False, 1), (True, 2)])
async def test_a_deletion_is_owed_if_it_came_after_the_pong(
    live: Live, seeded: SeededRoom, after_pong: bool, owed: int
) -> None:
    pen = Pen(1)
    async with await enter(live, seeded) as maja:
        await maja.send(raw.update(pen.write("abcdef")))
        assert await maja.expect("status") == 1
    deletion = pen.erase(0, 2)
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        assert (await maja.next()).name == "ping"
        await maja.send(raw.auth(), raw.step_1(raw.vector({1: 6})))
        if after_pong:
            await maja.socket.send(raw.PONG)
        await maja.send(raw.update(deletion))
        if not after_pong:
            await maja.socket.send(raw.PONG)
        await maja.expect("step2")
        await maja.send(raw.step_2(pen.lacking(b"\0")))
        assert [await maja.expect("status") for _ in range(owed)] == [1] * owed
        assert statuses(await maja.settled()) == []


async def test_a_sync_step_2_before_the_pong_is_of_an_earlier_socket(
    live: Live, seeded: SeededRoom
) -> None:
    pen = Pen(1)
    stale = pen.write("first ")
    pen.write("second ")
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        assert (await maja.next()).name == "ping"
        await maja.send(raw.auth(), raw.step_1(raw.vector(pen.vector)), raw.step_2(stale))
        await maja.socket.send(raw.PONG)
        await maja.expect("step2")
        assert statuses(await maja.settled()) == []
        await maja.send(raw.step_2(pen.lacking(b"\0")))
        assert await maja.expect("status") == 1
        assert statuses(await maja.settled()) == []
    async with await Peer.open(
        live, seeded.room_id, seeded.people["eleni"], seeded.documents[1]
    ) as eleni:
        told = await eleni.join()
        assert raw.words_of([t.value for t in told if t.name == "update"]) == "first second "


async def test_a_sync_step_2_that_fills_a_gap_pays_for_what_it_replaces(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded) as maja:
        pen = Pen(1)
        pen.write("lost ")
        await maja.send(raw.update(pen.write("two ")), raw.update(pen.write("three ")))
        vector = await maja.expect("step1")
        # One question however many gaps there are.
        assert await maja.settled() == []
        await maja.send(raw.step_2(pen.lacking(vector)))
        assert [await maja.expect("status") for _ in range(2)] == [1, 1]
        assert await maja.settled() == []
        await maja.send(raw.update(pen.write("four")))
        assert await maja.expect("status") == 1


async def test_a_duplicate_is_acknowledged_and_told_to_nobody(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded) as maja, await enter(live, seeded, "eleni") as eleni:
        edit = raw.update(Pen(1).write("once "))
        await maja.send(edit, edit)
        assert [await maja.expect("status") for _ in range(2)] == [1, 1]
        await eleni.expect("update")
        assert await eleni.settled() == []


async def test_a_deletion_of_what_is_not_there_yet_is_a_gap(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded) as maja:
        await maja.send(raw.update(forge.deletion({1: [(0, 3)]})))
        vector = await maja.expect("step1")
        pen = Pen(1)
        pen.write("abcdef")
        pen.erase(0, 3)
        await maja.send(raw.step_2(pen.lacking(vector)))
        assert await maja.expect("status") == 1


async def test_a_gap_in_a_sync_step_2_itself_closes_with_4510(
    live: Live, seeded: SeededRoom
) -> None:
    pen = Pen(1)
    first = pen.write("lost ")
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        await maja.join()
        await maja.send(raw.step_2(pen.write("found ")))
        assert await maja.closed() == 4510
    async with await enter(live, seeded) as maja:
        await maja.send(raw.update(first))
        assert await maja.expect("status") == 1


async def test_sync_step_1_that_wait_get_one_answer(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded) as maja:
        pen = Pen(1)
        await maja.send(raw.update(pen.write("words")))
        assert await maja.expect("status") == 1
        await maja.send(*[raw.step_1(raw.vector({2: n})) for n in range(1, 40)])
        await maja.send(raw.step_1(raw.vector({2: 40} | pen.vector)))
        # At most one in two seconds, and of those that wait the last: the provider's counter
        # starts at 1 with each, so more answers would pay for edits that are not saved.
        assert [told.name for told in await maja.until("step2")] == ["step1", "step2"]
        await maja.send(raw.step_2(b"\0\0"))
        assert await maja.expect("status") == 1
        assert await maja.settled() == []


async def test_saved_is_in_the_database(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded) as maja:
        pen = Pen(1)
        for number in range(20):
            await maja.send(raw.update(pen.write(f"{number} ")))
            assert await maja.expect("status") == 1
            with live.database() as database:
                stored = database.execute(
                    "select body from entry where stream_id = ? order by seq",
                    (seeded.documents[1],),
                )
                assert raw.words_of([body for (body,) in stored]) == str(pen)
            database.close()


async def test_what_a_freeze_refused_is_paid_after_the_thaw(live: Live, seeded: SeededRoom) -> None:
    assert live.node is not None
    async with await enter(live, seeded) as maja:
        room = live.node.hub.get(seeded.room_id)
        assert room is not None
        room.set_state(room.state.CLOSED)
        assert await maja.expect("authenticated") == "readonly"
        pen = Pen(1)
        await maja.send(raw.update(pen.write("one ")), raw.update(pen.write("two ")))
        assert [await maja.expect("status") for _ in range(2)] == [0, 0]
        room.set_state(room.state.OPEN)
        assert await maja.expect("authenticated") == "read-write"
        await maja.send(raw.step_2(pen.lacking(await maja.expect("step1"))))
        assert [await maja.expect("status") for _ in range(2)] == [1, 1]
        assert await maja.settled() == []


async def test_who_joined_in_a_freeze_is_paid_after_the_thaw(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    async with await enter(live, seeded, "eleni"):
        room = live.node.hub.get(seeded.room_id)
        assert room is not None
        room.set_state(room.state.CLOSED)
        pen = Pen(1)
        offline = pen.write("offline ")
        async with await Peer.open(
            live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
        ) as maja:
            told = await maja.join(pen.vector)
            assert Told("authenticated", "readonly", maja.address) in told
            # Counted by the provider: 1 for the join, 1 for what is typed since.
            await maja.send(raw.update(offline), raw.update(pen.write("typed ")))
            await maja.send(raw.step_2(pen.lacking(b"\0")))
            assert await maja.expect("status") == 0
            room.set_state(room.state.OPEN)
            assert await maja.expect("authenticated") == "read-write"
            await maja.send(raw.step_2(pen.lacking(await maja.expect("step1"))))
            assert [await maja.expect("status", lambda v: v == 1) for _ in range(2)] == [1, 1]
            assert statuses(await maja.settled()) == []
            await maja.send(raw.update(pen.write("after")))
            assert await maja.expect("status") == 1


async def test_a_reader_with_nothing_new_is_all_saved(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "eleni") as eleni:
        pen = Pen(1)
        await eleni.send(raw.update(pen.write("known ")))
        assert await eleni.expect("status") == 1
        assert live.node is not None
        room = live.node.hub.get(seeded.room_id)
        assert room is not None
        room.set_state(room.state.CLOSED)
        async with await enter(live, seeded) as maja:
            # `enter` has had its status. What others wrote may come back from a reader too.
            await maja.send(raw.step_1(raw.vector(pen.vector)))
            await maja.expect("step2")
            await maja.send(raw.step_2(pen.lacking(b"\0")))
            assert await maja.expect("status") == 1
