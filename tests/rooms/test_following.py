"""What this node did not commit itself still reaches its people (PROTOCOL.md T5, T8)."""

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from tests.client import RoomClient
from tests.live import Live, SeededRoom, seed_room, serve_here
from tests.peers.raw import eventually
from twinspace_rt.accounts import sessions
from twinspace_rt.bus.base import Bus, beacon_s
from twinspace_rt.bus.memory import MemoryBus
from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.docs.messages import FolderCreated, FolderFacts
from twinspace_rt.people.messages import MemberRemoved
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms import hub as hubs
from twinspace_rt.streams.follow import events_after, heads
from twinspace_rt.streams.log import Transaction
from twinspace_rt.streams.models import entry


@pytest.fixture(scope="module", autouse=True)
def _shared() -> Iterator[None]:
    """Have the embedded database looked at as one that others write in: here they do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "shared", True)
        yield


def _elsewhere(live: Live, seeded: SeededRoom, *titles: str) -> None:
    """Append events as another node would: past this node's log, and without a word to it."""

    def write(connection: Connection) -> None:
        transaction = Transaction(connection)
        for title in titles:
            folder = FolderFacts(id="0" * 20, title=title, archived=False)
            transaction.emit(
                seeded.room_id,
                FolderCreated(folder=folder),
                member_id=seeded.people["anna"].member_id,
            )

    assert live.node is not None
    live.node.database.write_now(write)


async def test_the_beacon_finds_a_lost_last_message(live: Live, seeded: SeededRoom) -> None:
    async with await RoomClient.open(live, seeded.room_id, seeded.people["maja"]) as maja:
        await maja.hello()
        _elsewhere(live, seeded, "Lost")
        assert (await maja.expect("docs.folder_created"))["folder"]["title"] == "Lost"


async def test_the_beacon_finds_what_is_written_in_a_room_that_never_rests(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the bus away it is all there is, and each look finds another head."""
    monkeypatch.setattr(MemoryBus, "connected", False)
    titles = map(str, itertools.count())

    def written_before(*asked: Any) -> Any:
        _elsewhere(live, seeded, next(titles))
        return heads(*asked)

    async with await RoomClient.open(live, seeded.room_id, seeded.people["maja"]) as maja:
        await maja.hello()
        monkeypatch.setattr(hubs, "heads", written_before)
        seen = [await maja.expect("docs.folder_created") for _ in range(4)]
        assert [push["folder"]["title"] for push in seen] == ["0", "1", "2", "3"]


async def test_what_one_look_doubts_the_next_tells_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where hints get lost and nobody has noticed yet, a removal is not two whole looks away."""
    looks: list[bool] = []
    written = False

    async with serve_here(tmp_path) as live:
        assert live.node is not None
        bus = live.node.hub.bus

        def pause(looking: Bus, *, shared: bool) -> float:
            if looking is not bus:
                return beacon_s(looking, shared=shared)
            looks.append(written)
            return 3600 if written else 0.05

        monkeypatch.setattr(hubs, "beacon_s", pause)
        seeded = await live.node.database.write(seed_room)
        async with await RoomClient.open(live, seeded.room_id, seeded.people["maja"]) as maja:
            await maja.hello()
            await eventually(lambda: len(looks) > 3)
            _elsewhere(live, seeded, "Lost")
            written = True
            assert (await maja.expect("docs.folder_created"))["folder"]["title"] == "Lost"


async def test_a_gap_is_filled_from_the_database_in_order(live: Live, seeded: SeededRoom) -> None:
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        head = (await anna.hello())["seq"]
        _elsewhere(live, seeded, "One", "Two")
        await anna.do("docs.create_folder", title="Three")
        seen = [await anna.expect("docs.folder_created") for _ in range(3)]
        assert [push["folder"]["title"] for push in seen] == ["One", "Two", "Three"]
        assert [push["seq"] for push in seen] == [head + 1, head + 2, head + 3]
        assert not [frame for frame in anna.frames if frame.get("type") == "docs.folder_created"]


async def test_a_room_that_nobody_came_into_after_all_is_closed(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    hub = live.node.hub
    opening = asyncio.create_task(hub._open(seeded.room_id))
    await asyncio.sleep(0)
    loading = hub._opening[seeded.room_id]
    opening.cancel()  # who knocked has hung up; the room is opened all the same
    assert (await loading).id == seeded.room_id
    await eventually(lambda: hub.get(seeded.room_id) is None)
    assert hub.neighbours._shared == set()


async def test_a_sign_in_that_ended_elsewhere_unheard_is_closed(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the bus away nobody tells; the database is looked at each second."""
    assert live.node is not None
    monkeypatch.setattr(MemoryBus, "connected", False)
    maja, anna = seeded.people["maja"], seeded.people["anna"]
    async with (
        await RoomClient.open(live, seeded.room_id, maja) as ended,
        await RoomClient.open(live, seeded.room_id, anna) as other,
    ):
        await ended.hello()
        await other.hello()
        await live.node.database.write(lambda db: sessions.revoke(db, maja.session_id, now_ms()))
        assert await ended.closed() == 4401
        assert "ok" in await other.ask("docs.search", text="rivers")


async def test_a_room_that_cannot_be_read_holds_up_no_other(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live.node is not None
    monkeypatch.setattr(MemoryBus, "connected", False)
    damaged, other = seeded, await live.node.database.write(seed_room)
    maja, anna = damaged.people["maja"], other.people["anna"]

    def damage(db: Connection) -> None:
        folder = FolderFacts(id="0" * 20, title="Damaged", archived=False)
        seq = Transaction(db).emit(
            damaged.room_id, FolderCreated(folder=folder), member_id=maja.member_id
        )
        of_it = (entry.c.stream_id == damaged.room_id) & (entry.c.seq == seq)
        db.execute(update(entry).where(of_it).values(body=b"damaged"))

    async with (
        await RoomClient.open(live, damaged.room_id, maja) as cut_off,
        await RoomClient.open(live, other.room_id, anna) as window,
    ):
        await cut_off.hello()
        await window.hello()
        await live.node.database.write(damage)
        _elsewhere(live, other, "Lost")
        assert (await window.expect("docs.folder_created"))["folder"]["title"] == "Lost"
        await live.node.database.write(lambda db: sessions.revoke(db, maja.session_id, now_ms()))
        assert await cut_off.closed() == 4401


async def test_who_was_removed_elsewhere_unheard_is_told_so(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sign-in has ended with it, and that may be found first."""
    assert live.node is not None
    monkeypatch.setattr(MemoryBus, "connected", False)
    monkeypatch.setattr(hubs, "SIGN_INS_ALONE_S", 0.0)
    maja, anna = seeded.people["maja"], seeded.people["anna"]

    def remove(db: Connection) -> None:
        removed = MemberRemoved(member_id=maja.member_id)
        Transaction(db).emit(seeded.room_id, removed, member_id=anna.member_id)
        sessions.revoke(db, maja.session_id, now_ms())

    async with await RoomClient.open(live, seeded.room_id, maja) as window:
        await window.hello()
        await live.node.database.write(remove)
        assert await window.closed() == 4410


async def test_many_hints_are_one_reading_and_one_more_if_they_come_during_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "beacon_s", lambda _, shared: 3600.0)  # what arrives was hinted at
    async with serve_here(tmp_path) as live:
        assert live.node is not None
        hub, loop, read = live.node.hub, asyncio.get_running_loop(), 0
        seeded = await live.node.database.write(seed_room)

        def hint() -> None:
            for _ in range(50):
                hub._hinted(room)

        def counted(*asked: Any) -> Any:
            nonlocal read
            read += 1
            found = events_after(*asked)
            if read == 1:
                _elsewhere(live, seeded, "Just missed")
                loop.call_soon_threadsafe(hint)
            return found

        async with await RoomClient.open(live, seeded.room_id, seeded.people["maja"]) as maja:
            await maja.hello()
            found = hub.get(seeded.room_id)
            assert found is not None
            room = found
            _elsewhere(live, seeded, "First")
            monkeypatch.setattr(hubs, "events_after", counted)
            hint()
            seen = [await maja.expect("docs.folder_created") for _ in range(2)]
            assert [push["folder"]["title"] for push in seen] == ["First", "Just missed"]
            await eventually(lambda: not hub._reading)
            assert read == 2
