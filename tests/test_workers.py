"""Several processes on one port: they serve together, are replaced, and end together."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import psutil
import pytest
import pytest_asyncio

from tests import figures
from tests.client import RoomClient
from tests.databases import create_database
from tests.faults.conftest import EXIT_MAX_S, REFUSED_MAX_S, crowding, refused_at
from tests.faults.storage import bodies
from tests.live import REPOSITORY, Live, Someone, free_port, start_process, stop_process
from tests.peers.provider import Provider
from tests.peers.raw import Pen, eventually, words_of
from tests.terminal import Terminal
from tests.test_admin import load_room
from twinspace_rt.admin import _begin
from twinspace_rt.db.migrate import migrate
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.rooms.access import Role

WORKERS = 2
WRITERS = 6
_numbers = itertools.count(1)


@pytest.fixture
def empty_database(postgresql_url: str) -> str:
    """The address of a database in which nothing is."""
    return create_database(postgresql_url, f"workers{next(_numbers)}")


@pytest.fixture
def metrics_port() -> int:
    """The port from which on the workers answer Prometheus."""
    return free_port()


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """Where the workers print."""
    with Terminal() as terminal:
        yield terminal


@pytest_asyncio.fixture
async def running(
    tmp_path: Path, empty_database: str, redis_url: str, metrics_port: int, terminal: Terminal
) -> AsyncIterator[Live]:
    """A server with several workers on an empty database."""
    live = await asyncio.to_thread(
        start_process,
        tmp_path / "data",
        free_port(),
        arguments=("--workers", str(WORKERS)),
        terminal=terminal.path,
        TWINSPACE_DATABASE_URL=empty_database,
        TWINSPACE_BUS_URL=redis_url,
        TWINSPACE_METRICS_PORT=str(metrics_port),
    )
    try:
        yield live
    finally:
        workers = workers_of(live)
        await asyncio.to_thread(stop_process, live)
        for worker in workers:
            if worker.is_running():
                worker.wait(30)


def workers_of(live: Live) -> list[psutil.Process]:
    """List the processes that the server has started."""
    assert live.process is not None
    try:
        return psutil.Process(live.process.pid).children()
    except psutil.NoSuchProcess:
        return []


def replaced(live: Live, killed: psutil.Process) -> bool:
    """Tell whether another process has taken a killed one's place."""
    workers = workers_of(live)
    return killed not in workers and len(workers) == WORKERS


async def gone(live: Live, told: float) -> float:
    """Wait until a server has ended well; returns how long after it was told to that was."""
    assert live.process is not None
    assert await asyncio.to_thread(live.process.wait, 2 * EXIT_MAX_S) == 0
    return time.monotonic() - told


async def all_meet(live: Live, room_id: str, members: list[Someone]) -> None:
    """Have everyone come in, each at whichever worker takes them, and see all the others."""
    everyone = {member.member_id for member in members}
    async with AsyncExitStack() as stack:
        windows = []
        for member in members:
            window = await RoomClient.open(live, room_id, member)
            windows.append(await stack.enter_async_context(window))
            await window.hello()
        for window in windows:
            here = {p["member_id"] for p in window.welcome["present"]}
            while not everyone <= here:
                told = (await window.expect("room.presence"))["present"]
                here |= {p["member_id"] for p in told if p["connections"]}


async def test_people_meet_whatever_worker_they_are_on_and_a_killed_one_is_replaced(
    running: Live,
) -> None:
    # One of them listens to the operator.
    await eventually((running.settings.data_dir / "admin.sock").is_socket)
    made = await asyncio.to_thread(load_room, running.settings.data_dir)
    members = [
        Someone(member["id"], Role.PUPIL, member["cookie"].partition("=")[2], "")
        for member in made["members"]
    ]
    await all_meet(running, str(made["room"]), members)
    first = workers_of(running)
    assert len(first) == WORKERS
    for worker in first:
        worker.kill()
        await eventually(lambda killed=worker: replaced(running, killed))  # type: ignore[misc]
    await all_meet(running, str(made["room"]), members)


async def test_each_answers_prometheus_at_a_port_of_its_own(
    running: Live, metrics_port: int
) -> None:
    found: set[int] = set()
    async with httpx.AsyncClient() as client, asyncio.timeout(20):
        for port in itertools.cycle(range(metrics_port, metrics_port + 2 * WORKERS)):
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/metrics")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            assert 'twinspace_node_state{state="ready"} 1.0' in answer.text
            found.add(port)
            if len(found) == WORKERS:
                break


async def test_together_they_invite_one_administrator_and_end(
    running: Live, terminal: Terminal
) -> None:
    assert running.process is not None
    workers = workers_of(running)
    await eventually(lambda: "/link#" in terminal.printed)
    told = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert await gone(running, told) <= EXIT_MAX_S
    assert not any(worker.is_running() for worker in workers)
    # By then each of them had looked whether anybody was here.
    assert terminal.printed.count("/link#") == 1


async def test_told_to_end_while_people_write_they_store_what_they_acknowledge(
    running: Live, empty_database: str
) -> None:
    """B9, with several processes: nobody gets in at any of them, and each drains."""
    await eventually((running.settings.data_dir / "admin.sock").is_socket)
    made = await asyncio.to_thread(load_room, running.settings.data_dir)
    member, page = made["members"][0], str(made["documents"][0])
    writer = Someone(member["id"], Role.PUPIL, member["cookie"].partition("=")[2], "")
    scribes = [Provider(Pen(1000 + n)) for n in range(WRITERS)]
    serving = [
        asyncio.create_task(scribe.serve(running, str(made["room"]), writer, page))
        for scribe in scribes
    ]
    await eventually(lambda: all(scribe.all_saved for scribe in scribes))
    writing = [asyncio.create_task(write_on(scribe)) for scribe in scribes]
    await eventually(lambda: all(scribe.signals > 3 for scribe in scribes))
    workers = workers_of(running)
    assert running.process is not None
    knocking = asyncio.create_task(asyncio.to_thread(refused_at, running))
    began = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    assert await asyncio.gather(*serving) == [1012] * WRITERS
    for task in writing:
        task.cancel()
    refused = await knocking - began
    took = await gone(running, began)
    figures.tell(
        f"SIGTERM to {WORKERS} workers: nobody let in after {1000 * refused:.0f} ms, all gone "
        f"after {took:.2f} s",
        allowed=crowding(),
    )
    assert refused <= REFUSED_MAX_S * crowding()
    assert took <= EXIT_MAX_S
    assert not any(worker.is_running() for worker in workers)
    database = PostgresqlDatabase(empty_database)
    stored = await asyncio.to_thread(database.write_now, lambda db: bodies(db, page))
    words = words_of(stored).split()
    for number, scribe in enumerate(scribes):
        mine = [word for word in words if word.startswith(f"w{number}-")]
        assert sorted(mine, key=lambda word: int(word.partition("-")[2])) == [
            f"w{number}-{n}" for n in range(len(mine))
        ]
        assert len(mine) == scribe.edits - scribe.waiting


async def write_on(scribe: Provider) -> None:
    """Write numbered words for as long as there is a connection."""
    number = scribe.pen.doc.client_id - 1000
    while scribe.connected:
        await scribe.write(f"w{number}-{scribe.edits} ")
        await asyncio.sleep(0.002)


async def test_of_nodes_that_start_at_once_one_begins(empty_database: str) -> None:
    nodes = [PostgresqlDatabase(empty_database) for _ in range(4)]
    try:
        await asyncio.to_thread(nodes[0].write_now, migrate)
        begun = await asyncio.gather(
            *(node.write(lambda db: _begin(db, shared=True)) for node in nodes)
        )
        assert len([token for token in begun if token]) == 1
    finally:
        for node in nodes:
            await node.close()


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"TWINSPACE_BUS_URL": "redis://localhost"}, "workers.database"),
        (
            {"TWINSPACE_DATABASE_URL": "postgresql+asyncpg://rooms@localhost/rooms"},
            "workers.bus",
        ),
    ],
)
def test_what_only_one_process_may_have_is_refused(
    tmp_path: Path, settings: dict[str, str], code: str
) -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("TWINSPACE_")}
    done = subprocess.run(
        [sys.executable, "-m", "twinspace_rt", "serve", "--workers", "2"],
        cwd=REPOSITORY,
        env=env | {"TWINSPACE_DATA_DIR": str(tmp_path / "data"), **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"[{code}]" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()
