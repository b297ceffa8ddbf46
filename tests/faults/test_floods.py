"""Floods of one member, of every kind there is: others write on, and what is kept stays small.

Each flood tells what ends it. What it may take is counted meanwhile: connections, sessions,
documents, bytes that wait (PROTOCOL.md C7, C9).
"""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed

from tests.client import RoomClient
from tests.live import Live, SeededRoom, seed_room, serve_here
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter, eventually
from twinspace_rt.ids import new_id

ROOM_MAX = 12
AT_ONCE = 300
EDITS = 25
Flood = Callable[[Live, SeededRoom], Awaitable[None]]


@pytest_asyncio.fixture(scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server whose rooms are soon full."""
    folder = tmp_path_factory.mktemp("data")
    async with serve_here(folder, room_max_connections=ROOM_MAX) as server:
        yield server


@pytest_asyncio.fixture
async def seeded(live: Live) -> SeededRoom:
    """A room of each test's own."""
    assert live.node is not None
    return await live.node.database.write(seed_room)


async def auths(live: Live, seeded: SeededRoom) -> None:
    """Beyond 64 at once, and ten a second, the socket is closed."""
    async with await enter(live, seeded, "eleni") as peer:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(AT_ONCE):
                await peer.send(raw.auth(), address=f"{new_id()}.1")
        assert await peer.closed() == 1013


async def sessions(live: Live, seeded: SeededRoom) -> None:
    """Four of a document are let in (A2)."""
    async with await enter(live, seeded, "eleni") as peer:
        with contextlib.suppress(ConnectionClosed):
            for number in range(AT_ONCE):
                await peer.send(raw.auth(), raw.step_1(b"\0"), address=f"{peer.address}\0{number}")
        assert await peer.closed() == 1013
        answers = Counter(
            told.value for told in peer.told if told.name in {"authenticated", "denied"}
        )
        assert answers.pop("read-write") == 3
        assert set(answers) == {"too_many_sessions"}


async def sockets(live: Live, seeded: SeededRoom) -> None:
    """There is place for two others beside one's own (C9)."""
    async with contextlib.AsyncExitStack() as stack:
        peers = []
        for _ in range(3 * ROOM_MAX):
            opening = Peer.open(live, seeded.room_id, seeded.people["eleni"], "x")
            peers.append(await stack.enter_async_context(await opening))

        def place_is_kept() -> bool:
            codes = Counter(peer.socket.close_code for peer in peers)
            return codes[1013] >= len(peers) - (ROOM_MAX - 2)

        await eventually(place_is_kept)


async def joins(live: Live, seeded: SeededRoom) -> None:
    """One in two seconds is answered (S2)."""
    loop = asyncio.get_running_loop()
    async with await enter(live, seeded, "eleni") as peer:
        began = loop.time()
        for _ in range(AT_ONCE):
            await peer.send(raw.step_1(b"\0"), bytes((raw.QUERY_AWARENESS,)))
        answers = Counter(told.name for told in await peer.settled())
        assert answers["step2"] <= (loop.time() - began) / 2 + 1


async def updates(live: Live, seeded: SeededRoom) -> None:
    """All are taken."""
    async with await enter(live, seeded, "eleni") as peer:
        pen = Pen(next(_clients))
        for _ in range(AT_ONCE):
            await peer.send(raw.update(pen.write("flood ")))
        assert [await peer.expect("status") for _ in range(AT_ONCE)] == [1] * AT_ONCE


async def cursors(live: Live, seeded: SeededRoom) -> None:
    """Eight of a session are shown."""
    mine = set(itertools.islice(_clients, AT_ONCE))
    async with await enter(live, seeded, "eleni") as peer:
        for client in mine:
            await peer.send(raw.awareness((client, 1, '{"cursor":null}')))
        await peer.send(bytes((raw.QUERY_AWARENESS,)))
        told = [told.value for told in await peer.settled() if told.name == "awareness"]
        shown = {client for states in told for client, (_, state) in states.items() if state}
        assert len(shown & mine) == 8


async def hellos(live: Live, seeded: SeededRoom) -> None:
    """One is answered with the room's state."""
    async with await RoomClient.open(live, seeded.room_id, seeded.people["eleni"]) as window:
        for number in range(AT_ONCE):
            await window.send_json({"id": number, "type": "room.hello", "since": None})
        codes = await answered(window)
        assert codes == {"ok": 1, "room.greeted": AT_ONCE - 1}


async def commands(live: Live, seeded: SeededRoom) -> None:
    """Ten searches at once, and one a second, are answered (K10)."""
    loop = asyncio.get_running_loop()
    async with await RoomClient.open(live, seeded.room_id, seeded.people["eleni"]) as window:
        await window.hello()
        began = loop.time()
        for number in range(AT_ONCE):
            await window.send_json({"id": number, "type": "chat.search", "query": "flood"})
        codes = await answered(window)
        assert set(codes) <= {"ok", "rate_limited"}
        assert codes["ok"] <= 10 + loop.time() - began + 1


async def answered(window: RoomClient) -> Counter[str]:
    """Wait for the last answer; returns how often each code came."""
    last = await window.expect(lambda frame: frame.get("id") == AT_ONCE - 1)
    answers = [last, *(frame for frame in window.frames if "id" in frame)]
    return Counter(frame.get("error", {"code": "ok"})["code"] for frame in answers)


FLOODS: tuple[Flood, ...] = (
    auths,
    sessions,
    sockets,
    joins,
    updates,
    cursors,
    hellos,
    commands,
)
_clients = itertools.count(1000)


@pytest.mark.parametrize("flood", FLOODS)
async def test_one_floods_and_another_writes_on(
    live: Live, seeded: SeededRoom, flood: Flood
) -> None:
    rounds = edits = 0

    async def without_end() -> None:
        nonlocal rounds
        while edits < EDITS or not rounds:
            await flood(live, seeded)
            rounds += 1

    async with (
        await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna,
        await enter(live, seeded) as maja,
    ):
        await anna.hello()
        pen = Pen(1)
        flooding = asyncio.create_task(without_end())
        try:
            while (edits < EDITS or not rounds) and not flooding.done():
                await maja.send(raw.update(pen.write("on ")))
                assert await maja.expect("status") == 1
                assert "ok" in await anna.ask("people.visits")
                check_bounds(live, seeded)
                edits += 1
        finally:
            edits, rounds = EDITS, rounds or 1
            await flooding


def check_bounds(live: Live, seeded: SeededRoom) -> None:
    """Check that what the server keeps for the room is within what it may be."""
    assert live.node is not None
    node, settings = live.node, live.settings
    room = node.hub.get(seeded.room_id)
    assert room is not None
    assert len(room.connections) <= ROOM_MAX
    for connection in room.connections:
        assert connection.outbox_bytes <= settings.outbox_max_bytes
    [document] = [one for one in node.tending.documents if one.loaded.room_id == seeded.room_id]
    assert len(document.sessions) <= 4 * len(room.connections)
    assert node.tending.waiting.bytes <= settings.backlog_max_bytes


async def test_a_full_room_takes_one_who_has_fewer_sockets(live: Live, seeded: SeededRoom) -> None:
    """C9."""
    assert live.node is not None
    people = seeded.people
    async with contextlib.AsyncExitStack() as stack:

        async def come(who: str) -> RoomClient:
            window = await RoomClient.open(live, seeded.room_id, people[who])
            return await stack.enter_async_context(window)

        greedy = [await come("eleni") for _ in range(ROOM_MAX)]
        await asyncio.gather(*(window.hello() for window in greedy))
        room = live.node.hub.get(seeded.room_id)
        assert room is not None

        async def take_place_of_newest() -> RoomClient:
            window = await come("maja")
            await window.hello()
            assert await greedy.pop().closed() == 1013
            assert len(room.connections) == ROOM_MAX
            return window

        maja = await take_place_of_newest()
        assert await (await come("eleni")).closed() == 1013
        # One by one, until nobody could be left with fewer than the newcomer.
        while len(greedy) > ROOM_MAX // 2:
            await take_place_of_newest()
        assert await (await come("maja")).closed() == 1013
        assert await (await come("eleni")).closed() == 1013
        await (await come("nikos")).hello()
        held = Counter(one.principal.member_id for one in room.connections)
        [loser] = (who for who in ("eleni", "maja") if held[people[who].member_id] < len(greedy))
        assert await (await come(loser)).closed() == 1013
        for window in [greedy[0], maja]:
            assert "ok" in await window.ask("people.visits")
        assert len(room.connections) == ROOM_MAX
    await eventually(lambda: live.node is not None and live.node.hub.get(seeded.room_id) is None)
