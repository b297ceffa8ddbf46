"""Cursors: named by the server, owned by their connection, told in batches, never stored."""

import json
from typing import Any

import pytest

from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter

LIE = '{"user":{"id":"x","name":"The headmaster","color":"red"},"cursor":{"anchor":1},"evil":1}'


async def state_of(peer: Peer, client: int) -> Any:
    """Return the state that is next told of a client."""
    told = await peer.expect("awareness", lambda states: client in states)
    return told[client][1]


async def test_a_cursor_gets_its_persons_own_name(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "anna") as anna, await enter(live, seeded, "maja") as maja:
        await maja.send(raw.awareness((7, 3, LIE)))
        assert await state_of(anna, 7) == {
            "cursor": {"anchor": 1},
            "user": {
                "id": seeded.people["maja"].member_id,
                "name": f"Maja {seeded.room_id[:4]}",
            },
        }
        # Not to its owner: a client that reads itself with another clock renews itself for ever.
        assert await maja.settled() == []


PLACE = {"type": None, "tname": "t", "item": {"client": 7, "clock": 3}, "assoc": -1}


@pytest.mark.parametrize(
    "place",
    [
        None,
        0,
        5,
        {"anchor": 1, "head": 4},
        {"anchor": PLACE, "head": PLACE | {"tname": None}},
        {"anchor": {"tname": "default"}, "head": {"type": {"client": 1, "clock": 0}}},
    ],
)
async def test_a_place_is_told_as_it_was_sent(live: Live, seeded: SeededRoom, place: Any) -> None:
    async with await enter(live, seeded, "anna") as anna, await enter(live, seeded, "maja") as maja:
        await maja.send(raw.awareness((7, 1, json.dumps({"selection": place, "cursor": place}))))
        told = await state_of(anna, 7)
        assert (told["selection"], told["cursor"]) == (place, place)


@pytest.mark.parametrize(
    "message",
    [
        "meet me at six",
        ["meet", "me"],
        -1,
        1.5,
        1 << 53,
        True,
        {},
        {"anchor": "meet me"},
        {"anchor": 1, "head": 2, "more": "meet me"},
        {"anchor": PLACE | {"tname": "meet me"}, "head": PLACE},
        {"anchor": PLACE | {"assoc": 1234}, "head": PLACE},
        {"anchor": PLACE | {"item": {"client": 1, "clock": 2, "note": "meet me"}}, "head": PLACE},
    ],
    ids=json.dumps,
)
async def test_nothing_passes_below_a_cursor_that_could_be_a_message(
    live: Live, seeded: SeededRoom, message: Any
) -> None:
    async with await enter(live, seeded, "anna") as anna, await enter(live, seeded, "maja") as maja:
        await maja.send(raw.awareness((7, 1, json.dumps({"selection": 2, "cursor": message}))))
        told = await state_of(anna, 7)
        assert told.keys() == {"selection", "user"}


async def test_a_foreign_cursor_is_dropped_without_a_word(live: Live, seeded: SeededRoom) -> None:
    async with (
        await enter(live, seeded, "anna") as anna,
        await enter(live, seeded, "maja") as maja,
        await enter(live, seeded, "eleni") as eleni,
    ):
        await maja.send(raw.awareness((7, 1, "{}")))
        await state_of(anna, 7)
        # As honest providers do: what they know of others, and removals after a timeout.
        await eleni.send(raw.awareness((7, 100, '{"cursor":5}'), (8, 1, '{"cursor":8}')))
        await eleni.send(raw.awareness((7, 101, "null")))
        told = await anna.expect("awareness")
        assert set(told) == {8}
        await anna.send(bytes((raw.QUERY_AWARENESS,)))
        everyone = await anna.expect("awareness")
        assert everyone[7][1]["user"]["id"] == seeded.people["maja"].member_id
        assert set(everyone) == {7, 8}


async def test_an_id_that_has_written_is_its_members(live: Live, seeded: SeededRoom) -> None:
    async with (
        await enter(live, seeded, "maja") as maja,
        await enter(live, seeded, "eleni") as eleni,
    ):
        await maja.send(raw.update(Pen(7).write("mine")))
        assert await maja.expect("status") == 1
        await eleni.expect("update")
        await eleni.send(raw.awareness((7, 5, '{"cursor":1}'), (8, 5, '{"cursor":1}')))
        assert set(await maja.expect("awareness")) == {8}


async def test_who_leaves_takes_the_cursor_along_and_comes_back_at_once(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded, "anna") as anna:
        async with await enter(live, seeded, "maja") as maja:
            await maja.send(raw.awareness((7, 9, '{"cursor":1}')))
            first = await anna.expect("awareness")
        gone = await anna.expect("awareness")
        assert gone[7][1] is None
        assert gone[7][0] > first[7][0]
        async with await enter(live, seeded, "maja") as maja:
            await maja.send(raw.awareness((7, 9, '{"cursor":2}')))
            back = await anna.expect("awareness")
            assert back[7][1]["cursor"] == 2
            assert back[7][0] > gone[7][0]


async def test_a_reconnection_takes_its_cursor_from_the_dying_socket(
    live: Live, seeded: SeededRoom
) -> None:
    async with await enter(live, seeded, "anna") as anna:
        old = await enter(live, seeded, "maja")
        await old.send(raw.awareness((7, 9, '{"cursor":1}')))
        await state_of(anna, 7)
        async with await enter(live, seeded, "maja") as new:
            await new.send(raw.awareness((7, 9, '{"cursor":2}')))
            assert (await state_of(anna, 7))["cursor"] == 2
            # The old socket's end comes late, and is not the new one's.
            await old.socket.close()
            await new.send(raw.awareness((8, 1, '{"cursor":8}')))
            assert set(await anna.expect("awareness")) == {8}


async def test_a_second_window_does_not_take_what_it_relays(live: Live, seeded: SeededRoom) -> None:
    async with (
        await enter(live, seeded, "maja") as maja,
        await enter(live, seeded, "maja") as second,
    ):
        await maja.send(raw.awareness((7, 9, '{"cursor":1}')))
        told = await second.expect("awareness")
        await second.send(raw.awareness((7, told[7][0], '{"cursor":1}')))
        await second.send(raw.awareness((8, 1, '{"cursor":8}')))
        assert set(await maja.expect("awareness")) == {8}


async def test_cursors_are_small_and_few(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "anna") as anna, await enter(live, seeded, "maja") as maja:
        large = '{"cursor":"' + "x" * 3000 + '"}'
        await maja.send(raw.awareness((7, 1, large), (8, 1, '{"cursor":1}')))
        assert set(await anna.expect("awareness")) == {8}
        await maja.send(raw.awareness(*((id_, 1, '{"cursor":1}') for id_ in range(100, 140))))
        assert len(await anna.expect("awareness")) == 7


async def test_many_moves_are_told_as_one(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "anna") as anna, await enter(live, seeded, "maja") as maja:
        await maja.send(*(raw.awareness((7, n, f'{{"cursor":{n}}}')) for n in range(200)))
        await maja.settled()
        seen = [await state_of(anna, 7)]
        while seen[-1]["cursor"] != 199:
            seen.append(await state_of(anna, 7))
        assert len(seen) < 100


async def test_a_joiner_sees_who_is_there(live: Live, seeded: SeededRoom) -> None:
    async with await enter(live, seeded, "maja") as maja:
        await maja.send(raw.awareness((7, 1, '{"cursor":1}')))
        await maja.settled()
        async with await Peer.open(
            live, seeded.room_id, seeded.people["anna"], seeded.documents[1]
        ) as anna:
            await anna.pong()
            await anna.send(raw.auth())
            assert await state_of(anna, 7)


@pytest.mark.parametrize(
    "body",
    [
        raw.awareness((7, 1, "{")),
        raw.awareness((7, 1, "NaN")),
        b"\x01\x05\x01\x07",
        b"\x01\x02\xff\xff",
    ],
)
async def test_a_malformed_cursor_closes_with_4400(
    live: Live, seeded: SeededRoom, body: bytes
) -> None:
    async with await enter(live, seeded, "maja") as maja:
        await maja.send(body)
        assert await maja.closed() == 4400
