"""The nodes know of each other through the database, and an administrator sees and asks them."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, update
from websockets.exceptions import InvalidStatus

from tests.client import RoomClient
from tests.live import (
    Live,
    SeededRoom,
    free_port,
    seed_administrator,
    seed_room,
    serve_here,
    serve_two,
    start_process,
    stop_process,
)
from tests.peers.raw import Peer, eventually
from tests.programs import postgresql
from tests.security.asking import browser
from twinspace_rt.app import Node, build_node
from twinspace_rt.operations import nodes as nodes_in_database
from twinspace_rt.operations import watch
from twinspace_rt.operations.models import node as node_table
from twinspace_rt.protocol import now_ms
from twinspace_rt.settings import Settings

OPERATIONS = "/api/administration/operations"
HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS


@pytest_asyncio.fixture(scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Live, Live]]:
    """Two nodes on one PostgreSQL, which beat more often than others."""
    folder: Path = tmp_path_factory.mktemp("nodes")
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(watch, "BEAT_S", 0.1)
        url = stack.enter_context(postgresql())
        async with serve_two(folder, database_url=url) as both:
            yield both


@pytest_asyncio.fixture
async def ada(pair: tuple[Live, Live]) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's browser, at the first node."""
    someone = await part(pair[0]).database.write(seed_administrator)
    async with browser(pair[0], someone.token) as window:
        yield window


@pytest_asyncio.fixture
async def seeded(pair: tuple[Live, Live]) -> SeededRoom:
    """A room in the database that both nodes have."""
    return await part(pair[0]).database.write(seed_room)


def part(live: Live) -> Node:
    """Look inside a server."""
    assert live.node is not None
    return live.node


async def listed(ada: httpx.AsyncClient) -> dict[str, Any]:
    """Read the nodes by their ids."""
    return {one["id"]: one for one in (await ada.get(OPERATIONS)).json()["nodes"]}


async def age(live: Live, node_id: str, by_ms: int) -> None:
    """Have a node been seen for the last time some while ago."""
    seen = node_table.c.seen_at - by_ms
    await part(live).database.write(
        lambda db: db.execute(
            update(node_table).where(node_table.c.id == node_id).values(seen_at=seen)
        )
    )


async def killed(live: Live, node_id: str) -> None:
    """Leave the row of a node that was killed."""
    who = nodes_in_database.Identity(node_id, "0.0.1", "elsewhere", 7)
    figures = part(live).watch.figures()
    await part(live).database.write(lambda db: nodes_in_database.do_beat(db, who, "ready", figures))


async def test_an_administrator_sees_every_node_and_how_it_does(
    pair: tuple[Live, Live], ada: httpx.AsyncClient, seeded: SeededRoom
) -> None:
    one, two = (part(live).watch.who.id for live in pair)
    async with (
        await RoomClient.open(pair[0], seeded.room_id, seeded.people["anna"]) as anna,
        await RoomClient.open(pair[1], seeded.room_id, seeded.people["maja"]) as maja,
        await RoomClient.open(pair[1], seeded.room_id, seeded.people["eleni"], text=False),
    ):
        await anna.hello()
        await maja.hello()

        async def counted() -> bool:
            found = await listed(ada)
            kinds = [found[id_]["figures"]["connections"] for id_ in (one, two)]
            return kinds == [{"app": 1, "provider": 0}, {"app": 1, "provider": 1}]

        await until(counted)
        answer = await ada.get(OPERATIONS)
        told = answer.json()
        assert told["rooms"] == [
            {"id": seeded.room_id, "title": "Rivers of Europe", "connections": 3}
        ]
        for found in told["nodes"]:
            assert (found["state"], found["gone"], found["wanted_closed"]) == (
                "ready",
                False,
                False,
            )
            assert found["version"] == "0.1.0"
            assert found["figures"]["memory_bytes"] > 1_000_000
            assert found["figures"]["rooms"] == 1
        ids = {person.member_id for person in seeded.people.values()}
        assert [word for word in ("Anna", "Maja", *ids) if word in answer.text] == []


async def until(condition: Any) -> None:
    """Ask until it is so."""
    for _ in range(200):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it does not come")


async def test_a_node_that_is_killed_is_gone_and_forgotten_after_a_day(
    pair: tuple[Live, Live], ada: httpx.AsyncClient
) -> None:
    await killed(pair[0], "killed00000000000000")
    assert not (await listed(ada))["killed00000000000000"]["gone"]
    await age(pair[0], "killed00000000000000", nodes_in_database.GONE_AFTER_MS + 1)
    assert (await listed(ada))["killed00000000000000"]["gone"]
    await age(pair[0], "killed00000000000000", DAY_MS)

    async def forgotten() -> bool:
        return "killed00000000000000" not in await listed(ada)

    await until(forgotten)


async def test_a_node_whose_clock_is_an_hour_off_is_not_gone(
    pair: tuple[Live, Live], ada: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = now_ms()
    monkeypatch.setattr(nodes_in_database, "now_ms", lambda: now - HOUR_MS)
    await killed(pair[0], "behind00000000000000")
    found = (await listed(ada))["behind00000000000000"]
    assert not found["gone"]
    assert abs(found["seen_at"] - now) < 60_000
    await age(pair[0], "behind00000000000000", DAY_MS)


async def test_a_closed_node_keeps_whom_it_has_and_takes_nobody_new(
    pair: tuple[Live, Live], ada: httpx.AsyncClient, seeded: SeededRoom
) -> None:
    """PROTOCOL.md C8."""
    one, two = pair
    closing = part(two).watch.who.id
    other = await part(one).database.write(seed_room)
    path = f"/api/administration/nodes/{closing}"

    async def alone() -> bool:
        return len([one for one in (await listed(ada)).values() if not one["gone"]]) == 2

    await until(alone)
    async with await RoomClient.open(two, seeded.room_id, seeded.people["anna"]) as anna:
        await anna.hello()
        assert (await ada.post(path, json={"closed": True})).status_code == 200
        await eventually(lambda: part(two).hub.closed)

        async def seen() -> bool:
            return bool((await listed(ada))[closing]["state"] == "closed")

        await until(seen)
        async with browser(two, None) as window:
            ready = await window.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["missing"] == ["closed"]
        with pytest.raises(InvalidStatus) as refused:
            await RoomClient.open(two, other.room_id, other.people["anna"])
        assert refused.value.response.status_code == 503
        with pytest.raises(InvalidStatus) as refused:
            await Peer.open_yjs(two, other.people["anna"], other.documents[0])
        assert refused.value.response.status_code == 503
        async with await RoomClient.open(two, seeded.room_id, seeded.people["maja"]) as maja:
            await maja.hello()  # a room stays together
        # Somebody has to be there for newcomers.
        last = f"/api/administration/nodes/{part(one).watch.who.id}"
        answer = await ada.post(last, json={"closed": True})
        assert answer.json()["error"]["code"] == "operations.last_node"
        assert (await ada.post(path, json={"closed": False})).status_code == 200
        await eventually(lambda: not part(two).hub.closed)
    async with await RoomClient.open(two, other.room_id, other.people["anna"]) as anna:
        await anna.hello()


async def test_a_node_that_is_not_there_is_asked_for_nothing(
    pair: tuple[Live, Live], ada: httpx.AsyncClient
) -> None:
    await killed(pair[0], "nowhere0000000000000")
    await age(pair[0], "nowhere0000000000000", nodes_in_database.GONE_AFTER_MS + 1)
    for gone in ("nowhere0000000000000", "never000000000000000"):
        path = f"/api/administration/nodes/{gone}"
        assert (await ada.post(path, json={"closed": True})).status_code == 404


async def test_a_node_that_ends_as_it_should_leaves_no_row(tmp_path: Path) -> None:
    async with serve_here(tmp_path / "data") as live:
        node = part(live)

        async def row() -> bool:
            found = await node.database.read(lambda db: db.execute(select(node_table.c.id)).all())
            return [one.id for one in found] == [node.watch.who.id]

        await until(row)
    database = live.database()
    with contextlib.closing(database):
        assert database.execute("select count(*) from node").fetchone() == (0,)


async def test_a_beat_that_outlives_its_node_leaves_no_row(tmp_path: Path) -> None:
    """A cancelled beat's transaction goes on, and may come after that which takes the row away."""
    node = build_node(Settings(data_dir=tmp_path))

    async def row() -> bool:
        found = await node.database.read(lambda db: db.execute(select(node_table.c.id)).all())
        return bool(found)

    async with node.watch.running():
        await until(row)
    assert not await row()
    await node.watch._beat()
    assert not await row()
    await node.database.close()


def test_a_node_that_is_killed_leaves_its_row(tmp_path: Path) -> None:
    live = start_process(tmp_path, free_port())
    with contextlib.closing(live.database()) as database:
        for _ in range(200):
            rows = database.execute("select process, state from node").fetchall()
            if rows:
                break
            time.sleep(0.05)
    assert live.process is not None
    stop_process(live, kill=True)
    with contextlib.closing(live.database()) as database:
        assert database.execute("select process, state from node").fetchall() == rows
    assert rows == [(live.process.pid, "ready")]


async def test_nobody_waits_for_a_beat_that_the_database_does_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watch, "BEAT_S", 0.01)
    async with serve_here(tmp_path / "data") as live:
        node = part(live)
        await eventually(lambda: "quarantined" in node.watch.told.troubled)
        await node.database.write(
            lambda db: db.exec_driver_sql(
                "create trigger broken before update on node "
                "begin select raise(fail, 'broken'); end"
            )
        )
        await eventually(lambda: "beat failed" in caplog.text)
        await eventually(lambda: node.watch.database_trouble == "database_error")
        seeded = await node.database.write(seed_room)
        async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
            await anna.hello()
            await anna.do("chat.post", channel_id="everyone", text="all the same")
