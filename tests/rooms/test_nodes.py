"""Two nodes on one PostgreSQL and one Redis: what happens on one reaches people on the other."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from tests.client import RoomClient
from tests.databases import create_database
from tests.live import Live, SeededRoom, seed_room, serve_here, serve_two
from tests.peers import raw
from tests.peers.raw import Pen, enter, eventually
from tests.programs import postgresql, redis
from tests.security.asking import browser
from tests.security.projects import moderator
from twinspace_rt.accounts import sessions
from twinspace_rt.errors import CloseCode
from twinspace_rt.ids import new_id
from twinspace_rt.operations import watch
from twinspace_rt.people.founding import do_end_visits
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.room import Room


@pytest_asyncio.fixture(scope="module", params=["redis", "beacon"])
async def nodes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Live, Live]]:
    """Two servers; with Redis between them, or with the database alone and the beacon."""
    folder: Path = tmp_path_factory.mktemp("nodes")
    with contextlib.ExitStack() as programs:
        database = programs.enter_context(postgresql())
        bus = programs.enter_context(redis()) if request.param == "redis" else ""
        async with serve_two(folder, database_url=database, bus_url=bus) as both:
            yield both


@pytest_asyncio.fixture
async def seeded(nodes: tuple[Live, Live]) -> SeededRoom:
    """A room in the database that both nodes have."""
    assert nodes[0].node is not None
    return await nodes[0].node.database.write(seed_room)


async def test_events_reach_the_other_node_in_order(
    nodes: tuple[Live, Live], seeded: SeededRoom
) -> None:
    one, two = nodes
    async with (
        await RoomClient.open(one, seeded.room_id, seeded.people["anna"]) as anna,
        await RoomClient.open(two, seeded.room_id, seeded.people["eleni"]) as eleni,
    ):
        await anna.hello()
        await eleni.hello()
        for title in ("One", "Two", "Three"):
            await anna.do("docs.create_folder", title=title)
        seen = [await eleni.expect("docs.folder_created") for _ in range(3)]
        assert [push["folder"]["title"] for push in seen] == ["One", "Two", "Three"]


async def test_two_people_on_two_nodes_write_one_document(
    nodes: tuple[Live, Live], seeded: SeededRoom
) -> None:
    async with (
        await enter(nodes[0], seeded) as maja,
        await enter(nodes[1], seeded, "eleni") as eleni,
    ):
        pens = {maja: Pen(1), eleni: Pen(2)}
        for turn in range(5):
            writer, reader = (maja, eleni) if turn % 2 == 0 else (eleni, maja)
            await writer.send(raw.update(pens[writer].write(f"word{turn} ")))
            assert await writer.expect("status") == 1
            change = await reader.expect("update")
            pens[reader].apply(change)
        assert str(pens[maja]) == str(pens[eleni])
        assert str(pens[maja]).count("word") == 5


async def test_who_is_removed_on_one_node_is_out_on_the_other(
    nodes: tuple[Live, Live], seeded: SeededRoom
) -> None:
    async with (
        await RoomClient.open(nodes[0], seeded.room_id, seeded.people["anna"]) as anna,
        await RoomClient.open(nodes[1], seeded.room_id, seeded.people["maja"]) as maja,
    ):
        await anna.hello()
        await maja.hello()
        await anna.do("people.remove", member_id=seeded.people["maja"].member_id)
        assert await maja.closed() == 4410


@pytest.mark.parametrize("ended", ["on a node", "on a node that failed"])
async def test_a_moderators_visit_ends_on_every_node_with_the_sign_in(
    nodes: tuple[Live, Live], seeded: SeededRoom, ended: str
) -> None:
    """M6: and is told once, whichever node finds that it has ended."""
    one, two = nodes
    assert one.node is not None
    inga = await one.node.database.write(lambda db: moderator(db, "SE"))
    async with (
        browser(one, inga.token) as window,
        await RoomClient.open(one, seeded.room_id, seeded.people["anna"]) as anna,
        await RoomClient.open(two, seeded.room_id, seeded.people["eleni"]) as eleni,
    ):
        await anna.hello()
        await eleni.hello()
        await window.post(f"/api/rooms/{seeded.room_id}/visit", json={})
        came = await eleni.expect("people.moderator_came")
        async with await RoomClient.open(two, seeded.room_id, inga) as watching:
            if ended == "on a node":
                await window.post("/api/sign-out", json={})
            else:
                await one.node.database.write(
                    lambda db: sessions.revoke(db, inga.session_id, now_ms())
                )
            assert await watching.closed() in {CloseCode.SIGNED_OUT, CloseCode.FORBIDDEN}
        for client in (anna, eleni):
            assert (await client.expect("people.moderator_left"))["came_at"] == came["at"]
        for live in nodes:
            assert live.node is not None
            await live.node.hub.log.act(partial(do_end_visits, room_id=seeded.room_id))
        await anna.do("people.edit_room", title="Seas", description="")
        for client in (anna, eleni):
            await client.expect("people.room_changed")
            assert "people.moderator_left" not in str(client.frames)


async def test_a_new_visits_window_outlives_the_end_of_the_last_visit(
    nodes: tuple[Live, Live], seeded: SeededRoom
) -> None:
    """It may be open on a node that hears only then that the last visit has ended."""
    one, two = nodes
    assert one.node is not None
    assert two.node is not None
    inga = await one.node.database.write(lambda db: moderator(db, "SE"))
    room_path = f"/api/rooms/{seeded.room_id}"
    async with (
        browser(one, inga.token) as window,
        await RoomClient.open(two, seeded.room_id, seeded.people["eleni"]) as eleni,
    ):
        await eleni.hello()
        await window.post(f"{room_path}/visit", json={})
        old = await eleni.expect("people.moderator_came")
        with pytest.MonkeyPatch.context() as patch:

            async def catch_up(_: Room) -> None:
                pass

            patch.setattr(two.node.hub, "catch_up", catch_up)
            for what in ("leave", "visit"):
                await window.post(f"{room_path}/{what}", json={})
            again = await RoomClient.open(two, seeded.room_id, inga)
            await again.hello()
        room = two.node.hub.get(seeded.room_id)
        assert room is not None
        await two.node.hub.catch_up(room)
        assert (await eleni.expect("people.moderator_left"))["came_at"] == old["at"]
        assert (await again.ask("people.visits"))["ok"]["visits"][0]["left_at"] is None
        await again.socket.close()


async def test_nodes_without_a_bus_between_them_say_so(
    tmp_path: Path,
    postgresql_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(watch, "BEAT_S", 0.1)
    database = create_database(postgresql_url, f"nodes{new_id()}")
    async with serve_here(tmp_path / "one", database_url=database):
        assert "nodes without a bus" not in caplog.text
        async with serve_here(tmp_path / "two", database_url=database):
            await eventually(lambda: "nodes without a bus" in caplog.text)
