"""Whether a node lives, and whether people should be sent to it; and how it ends."""

import asyncio
import itertools
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from tests import figures, programs
from tests.client import RoomClient
from tests.faults.conftest import EXIT_MAX_S, crowding
from tests.live import (
    Live,
    SeededRoom,
    free_port,
    seed_before_start,
    seed_room,
    serve_here,
    start_process,
    stop_process,
)
from tests.pausing import postgresql_paused
from tests.peers import raw
from tests.peers.raw import Pen, enter, eventually
from twinspace_rt.db.migrate import migrate
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.rooms.hub import RETURN_MAX_MS, RETURNS_PER_S

SENT_AWAY_MAX_S = 6.0
"""What was taken may take five seconds to be stored; then people are told."""
WINDOWS = 120


async def asked(live: Live, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=live.http, timeout=60) as browser:
        return await browser.get(path)


async def test_a_node_that_serves_is_ready(live: Live) -> None:
    assert (await asked(live, "/health/live")).status_code == 200
    answer = await asked(live, "/health/ready")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "ready": True,
        "missing": [],
        "state": "ready",
        "database": True,
        "bus": True,
    }


async def test_a_node_that_drains_is_not_ready_but_lives(tmp_path: Path) -> None:
    async with serve_here(tmp_path) as live:
        assert live.node is not None
        live.node.watch.drain()
        answer = await asked(live, "/health/ready")
        assert (answer.status_code, answer.json()["missing"]) == (503, ["draining"])
        assert (await asked(live, "/health/live")).status_code == 200


async def test_a_node_that_drains_opens_no_room(tmp_path: Path) -> None:
    """What was taken before it stopped listening: a proxy gives it to another node."""
    async with serve_here(tmp_path) as live:
        assert live.node is not None
        seeded = await live.node.database.write(seed_room)
        anna = seeded.people["anna"]
        async with await RoomClient.open(live, seeded.room_id, anna) as window:
            await window.hello()
        hub = live.node.hub
        await eventually(lambda: not hub.rooms)
        await live.node.drain()
        with pytest.raises(InvalidStatus, match="503"):
            await RoomClient.open(live, seeded.room_id, anna)


@pytest_asyncio.fixture
async def own_postgresql() -> AsyncIterator[str]:
    """A PostgreSQL of this test's own, which it may stop."""
    with programs.postgresql() as url:
        await asyncio.to_thread(PostgresqlDatabase(url).write_now, migrate)
        yield url


async def test_a_node_without_its_database_is_not_ready_and_says_so(
    own_postgresql: str, tmp_path: Path
) -> None:
    async with serve_here(tmp_path, database_url=own_postgresql) as live:
        with postgresql_paused(own_postgresql):
            answers = await asyncio.gather(*(asked(live, "/health/ready") for _ in range(20)))
            assert {answer.status_code for answer in answers} == {503}
            assert answers[0].json()["missing"] == ["database"]
            assert own_postgresql not in answers[0].text
            assert (await asked(live, "/health/live")).status_code == 200
        async with asyncio.timeout(30):
            while (await asked(live, "/health/ready")).status_code != 200:
                pass


async def refuses(live: Live) -> None:
    """Wait until nobody can connect any more."""
    async with asyncio.timeout(EXIT_MAX_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", live.port)
            except (ConnectionRefusedError, ConnectionResetError):
                return
            writer.close()


async def test_who_is_told_to_end_tells_people_when_to_come_back(tmp_path: Path) -> None:
    """B9: each at a moment of their own, so that whoever takes them in is not stormed."""
    seeded = seed_before_start(tmp_path / "data")
    live = await asyncio.to_thread(start_process, tmp_path / "data", free_port())
    assert live.process is not None
    people = itertools.cycle(seeded.people.values())
    spread_ms = 1000 * WINDOWS // RETURNS_PER_S
    async with AsyncExitStack() as stack:
        windows = []
        for _ in range(WINDOWS):
            window = await RoomClient.open(live, seeded.room_id, next(people))
            windows.append(await stack.enter_async_context(window))
        told = time.monotonic()
        live.process.send_signal(signal.SIGTERM)
        assert {await window.closed() for window in windows} == {1012}
        moments = sorted(come_back_ms(window) for window in windows)
    await asyncio.to_thread(live.process.wait, 2 * EXIT_MAX_S)
    assert time.monotonic() - told <= EXIT_MAX_S
    assert moments[0] >= 0
    assert moments[-1] <= spread_ms <= RETURN_MAX_MS
    # Drawn by lot: the odds against each of these are a thousand million to one, or more.
    assert moments[0] < 0.2 * spread_ms
    assert moments[-1] > 0.8 * spread_ms
    most = max(sum(m <= other < m + 1000 for other in moments) for m in moments)
    figures.tell(f"{WINDOWS} sent away come back within {moments[-1]} ms, {most} in one second")
    assert most <= 1.8 * RETURNS_PER_S


def come_back_ms(window: RoomClient) -> int:
    """Read when a window that was closed is to come back."""
    told = re.fullmatch(r"restart retry_after_ms=(\d+)", window.socket.close_reason or "")
    assert told is not None
    return int(told[1])


async def test_who_is_told_to_end_does_so_with_the_database_silent(
    own_postgresql: str, tmp_path: Path
) -> None:
    """B9: nobody gets in any more, nothing is called saved, and the process is gone in time."""
    seeded: SeededRoom = await asyncio.to_thread(
        PostgresqlDatabase(own_postgresql).write_now, seed_room
    )
    live = await asyncio.to_thread(
        start_process, tmp_path, free_port(), TWINSPACE_DATABASE_URL=own_postgresql
    )
    assert live.process is not None
    try:
        pen = Pen(1)
        async with await enter(live, seeded) as maja:
            with postgresql_paused(own_postgresql):
                await maja.send(raw.update(pen.write("unsaved")))
                await maja.settled()
                told = time.monotonic()
                live.process.send_signal(signal.SIGTERM)
                await refuses(live)
                assert live.process.poll() is None  # it still tries to store what it has taken
                assert await maja.closed() == 1012
                sent_away = time.monotonic() - told
                assert not [t for t in maja.told if t.name == "status"]
                await asyncio.to_thread(live.process.wait, 2 * EXIT_MAX_S)
                gone = time.monotonic() - told
    finally:
        stop_process(live, kill=True)
    figures.tell(
        f"SIGTERM with the database silent: sent away after {sent_away:.2f} s, gone after "
        f"{gone:.2f} s",
        allowed=crowding(),
    )
    assert sent_away <= SENT_AWAY_MAX_S * crowding()
    assert gone <= EXIT_MAX_S
