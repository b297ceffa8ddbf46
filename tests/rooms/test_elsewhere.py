"""Passing things on two nodes: who is here, cursors, typing; and what ends at once everywhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from tests.client import WAIT_S, Json, RoomClient
from tests.grown import Grown, grow
from tests.live import Live, free_port, seed_room, start_process, stop_process
from tests.peers import raw
from tests.peers.raw import Peer
from twinspace_rt.docs import tending
from twinspace_rt.rooms import hub

HOURS_S = 3600.0


@pytest_asyncio.fixture(scope="module")
async def nodes(
    tmp_path_factory: pytest.TempPathFactory, postgresql_url: str, redis_url: str
) -> AsyncIterator[Grown]:
    """Two nodes whose beacon does not come, so that all that arrives was told over Redis."""
    folder = tmp_path_factory.mktemp("nodes")
    with pytest.MonkeyPatch.context() as patch:
        for module in (hub, tending):
            patch.setattr(module, "beacon_s", lambda _, shared: HOURS_S)
        async with grow(folder, postgresql_url, redis_url) as grown:
            await grown.met()
            yield grown


@pytest_asyncio.fixture
async def grown(nodes: Grown) -> AsyncIterator[Grown]:
    """The same nodes with a new room."""
    first = nodes.nodes[0].node
    assert first is not None
    async with AsyncExitStack() as windows:
        yield Grown(nodes.nodes, await first.database.write(seed_room), windows)


async def becomes(window: RoomClient, member_id: str, **facts: object) -> None:
    """Wait until somebody is told to be somewhere (or, with no connections, to have left)."""

    def is_told(frame: Json) -> bool:
        return any(
            p["member_id"] == member_id and facts.items() <= p.items()
            for p in frame.get("present", ())
        )

    if not is_told(window.welcome):
        await window.expect(is_told)


async def test_who_is_on_another_node_is_here(grown: Grown) -> None:
    people = grown.room.people
    anna, nikos = await grown.window(0, "anna"), await grown.window(1, "nikos")
    await becomes(anna, people["nikos"].member_id, tool="home", connections=1)
    await becomes(nikos, people["anna"].member_id, tool="home", connections=1)
    await nikos.ask("room.place", place={"tool": "chat"})
    await becomes(anna, people["nikos"].member_id, tool="chat", connections=1)
    again = await grown.window(0, "nikos")
    await becomes(nikos, people["nikos"].member_id, tool="home", connections=2)
    await again.ask("room.place", place={"tool": "forum"})
    for window in (anna, nikos):
        await becomes(window, people["nikos"].member_id, tool="forum", connections=2)
    await again.socket.close()
    await becomes(nikos, people["nikos"].member_id, tool="chat", connections=1)
    await nikos.socket.close()
    await becomes(anna, people["nikos"].member_id, connections=0)


async def test_a_newcomer_is_told_who_is_on_another_node(grown: Grown) -> None:
    people = grown.room.people
    anna = await grown.window(0, "anna")
    await anna.ask("room.place", place={"tool": "docs", "target": grown.room.documents[0]})
    nikos = await grown.window(1, "nikos")
    where = {"tool": "docs", "target": grown.room.documents[0]}
    await becomes(nikos, people["anna"].member_id, connections=1, **where)
    olga = await grown.window(1, "olga")
    told = {p["member_id"]: p["tool"] for p in olga.welcome["present"]}
    assert told[people["anna"].member_id] == "docs"


async def test_typing_is_seen_on_another_node_by_those_who_may(grown: Grown) -> None:
    people = grown.room.people
    anna, nikos = await grown.window(0, "anna"), await grown.window(1, "nikos")
    maja = await grown.window(1, "maja")
    await becomes(anna, people["maja"].member_id)
    await anna.do("chat.open")
    await nikos.expect("chat.hours_changed")
    await anna.ask("chat.type", channel_id="staff")
    assert (await nikos.expect("chat.typing"))["channel_id"] == "staff"
    await maja.ask("chat.type", channel_id="everyone")
    heard = await anna.expect("chat.typing")
    assert (heard["channel_id"], heard["member_id"]) == ("everyone", people["maja"].member_id)
    assert not [frame for frame in maja.frames if frame.get("type") == "chat.typing"]


async def entered(grown: Grown, node: int, name: str) -> Peer:
    peer = await grown.peer(node, name)
    await peer.enter()
    return peer


async def goes(peer: Peer, client: int) -> None:
    """Wait until a cursor is taken away."""
    await peer.expect("awareness", lambda states: client in states and states[client][1] is None)


async def test_cursors_are_seen_on_another_node_under_their_persons_name(grown: Grown) -> None:
    anna, maja = await entered(grown, 0, "anna"), await entered(grown, 1, "maja")
    lie = '{"user":{"id":"x","name":"The headmaster"},"cursor":{"anchor":1}}'
    await maja.send(raw.awareness((7, 1, lie)))
    told = await anna.expect("awareness", lambda states: 7 in states)
    assert told[7][1]["user"]["id"] == grown.room.people["maja"].member_id
    assert told[7][1]["cursor"] == {"anchor": 1}
    olga = await entered(grown, 0, "olga")  # who comes later is told as well
    assert [told.value.keys() for told in olga.welcome if told.name == "awareness"] == [{7}]
    # An honest client relays what it knows; it is nobody's here.
    await anna.send(raw.awareness((7, 100, '{"cursor":5}'), (8, 1, '{"cursor":8}')))
    told = await maja.expect("awareness", lambda states: 8 in states)
    assert 7 not in told
    await maja.socket.close()
    await goes(anna, 7)


async def test_a_cursor_follows_its_person_to_another_node(grown: Grown) -> None:
    anna, old = await entered(grown, 0, "anna"), await entered(grown, 0, "maja")
    await old.send(raw.awareness((7, 9, '{"cursor":1}')))
    first = await anna.expect("awareness", lambda states: 7 in states)
    new = await entered(grown, 1, "maja")
    await new.send(raw.awareness((7, 9, '{"cursor":2}')))
    moved = await anna.expect("awareness", lambda states: states[7][1]["cursor"] == 2)
    assert moved[7][0] > first[7][0]
    # The old socket's end comes late, and takes nothing from the new one.
    await old.socket.close()
    await new.send(raw.awareness((8, 1, '{"cursor":8}')))
    told = await anna.expect("awareness", lambda states: 8 in states)
    assert 7 not in told or told[7][1]["cursor"] == 2


@asynccontextmanager
async def third_node(folder: Path, postgresql_url: str, redis_url: str) -> AsyncIterator[Live]:
    """Run one more node, as a process that may be killed."""
    live = await asyncio.to_thread(
        start_process,
        folder,
        free_port(),
        TWINSPACE_DATABASE_URL=postgresql_url,
        TWINSPACE_BUS_URL=redis_url,
    )
    try:
        yield live
    finally:
        stop_process(live, kill=True)


async def test_a_killed_node_takes_its_people_and_cursors_along(
    grown: Grown, tmp_path: Path, postgresql_url: str, redis_url: str
) -> None:
    people, page = grown.room.people, grown.room.documents[1]
    anna, reader = await grown.window(0, "anna"), await entered(grown, 1, "olga")
    async with (
        third_node(tmp_path / "third", postgresql_url, redis_url) as third,
        await RoomClient.open(third, grown.room.room_id, people["nikos"]) as nikos,
        await Peer.open(third, grown.room.room_id, people["maja"], page) as maja,
    ):
        await nikos.hello()
        await becomes(nikos, people["anna"].member_id, connections=1)
        await becomes(anna, people["nikos"].member_id, connections=1)
        await maja.join()
        await maja.send(raw.awareness((7, 1, '{"cursor":1}')))
        await reader.expect("awareness", lambda states: 7 in states)
        stop_process(third, kill=True)
        await becomes(anna, people["nikos"].member_id, connections=0)
        await goes(reader, 7)


async def test_what_ends_for_a_person_ends_on_every_node(grown: Grown) -> None:
    people = grown.room.people
    anna = await grown.window(0, "anna")
    maja, eleni = await grown.window(1, "maja"), await grown.window(1, "eleni")
    nikos = await grown.window(1, "nikos")
    await anna.do("chat.open")
    await maja.expect("chat.hours_changed")
    await maja.do("chat.post", channel_id="everyone", text="Hej!")
    await anna.do("chat.close")
    await maja.expect("chat.hours_changed")
    reply = await maja.ask("chat.post", channel_id="everyone", text="?", nonce="nonce-closed")
    assert reply["error"]["code"] == "chat.closed"

    facts = {"title": "Lakes", "description": ""}
    reply = await nikos.ask("people.edit_room", nonce="nonce-too-soon", **facts)
    assert reply["error"]["code"] == "forbidden"
    await anna.do("people.set_role", member_id=people["nikos"].member_id, role="teacher-admin")
    await nikos.expect("people.changed")
    async with asyncio.timeout(WAIT_S):  # the new rights are read a moment after the event
        while "error" in await nikos.ask("people.edit_room", nonce="nonce-then", **facts):
            pass

    await anna.do("people.remove", member_id=people["maja"].member_id)
    assert await maja.closed() == 4410
    first = grown.nodes[0].node
    assert first is not None
    first.hub.close_sessions([people["eleni"].session_id])
    assert await eleni.closed() == 4401
