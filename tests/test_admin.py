"""The operator's commands, beside a running server and without one; the first start; the demo."""

import asyncio
import json
import os
import stat
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from tests.client import RoomClient
from tests.live import (
    REPOSITORY,
    START_S,
    Live,
    Someone,
    free_port,
    serve_here,
    start_process,
    stop_process,
)
from tests.terminal import Terminal
from twinspace_rt.admin import MakeDemo as Demo
from twinspace_rt.admin import carry_out, first_start
from twinspace_rt.docs.models import document
from twinspace_rt.ids import new_id
from twinspace_rt.rooms.access import Role
from twinspace_rt.rooms.models import room


def command(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {k: v for k, v in os.environ.items() if not k.startswith("TWINSPACE_")}
    return subprocess.run(
        [sys.executable, "-m", "twinspace_rt", "admin", *arguments],
        cwd=REPOSITORY,
        env=env | {"TWINSPACE_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def load_room(folder: Path) -> dict[str, list[dict[str, str]]]:
    arguments = ("--documents", "2", "--members", "3", "--kind", "text", "--json")
    done = command(folder, "load-room", *arguments)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Live]:
    live = start_process(tmp_path / "data", free_port())
    yield live
    stop_process(live)


@pytest_asyncio.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    """A server of each test's own: a demonstration begins in an empty database."""
    async with serve_here(tmp_path / "data") as server:
        yield server


async def enters(live: Live, made: dict[str, list[dict[str, str]]]) -> None:
    """Check that each member's cookie opens the room and shows its documents."""
    for member in made["members"]:
        name, _, token = member["cookie"].partition("=")
        assert name == "twinspace"
        someone = Someone(member["id"], Role.PUPIL, token, "")
        async with await RoomClient.open(live, str(made["room"]), someone) as window:
            welcome = await window.hello()
        assert welcome["you"]["member_id"] == member["id"]
        listed = {d["id"] for d in welcome["features"]["docs"]["documents"]}
        assert listed == set(made["documents"])


async def test_a_room_for_load_tests_is_made_beside_a_running_server(running: Live) -> None:
    made = await asyncio.to_thread(load_room, running.settings.data_dir)
    await enters(running, made)


async def test_and_before_a_server_runs(tmp_path: Path) -> None:
    folder = tmp_path / ("a long name " * 12)
    made = await asyncio.to_thread(load_room, folder)
    live = start_process(folder, free_port())
    try:
        await enters(live, made)
        again = await asyncio.to_thread(load_room, folder)
        await enters(live, again)
    finally:
        stop_process(live)


def test_only_the_servers_own_user_may_ask_it(running: Live) -> None:
    mode = (running.settings.data_dir / "admin.sock").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_a_killed_server_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    live = start_process(tmp_path / "data", free_port())
    stop_process(live, kill=True)
    assert load_room(tmp_path / "data")["members"]
    live = start_process(tmp_path / "data", free_port())
    assert load_room(tmp_path / "data")["members"]
    stop_process(live)
    assert not (tmp_path / "data" / "admin.sock").exists()


def accepts(live: Live, secret: str) -> bool:
    """Become an administrator by a link, if it works."""
    with httpx.Client(base_url=live.http, headers={"origin": live.origin}) as browser:
        account = {
            "token": secret,
            "name": "Ada",
            "email": f"{new_id()}@example.org",
            "password": "lingon och mjölk",
            "language": "en",
        }
        if browser.post("/api/link/accept", json=account).status_code != 200:
            return False
        assert browser.get("/api/administration").status_code == 200
    return True


def secret_in(printed: str) -> str:
    """Find the one link that was printed."""
    [link] = [line for line in printed.splitlines() if "/link#" in line]
    return link.partition("/link#")[2].strip()


def until_printed(words: str, read: Callable[[], str]) -> str:
    """Read what a server has printed; it answers a moment before it has printed all."""
    deadline = time.monotonic() + 20
    while words not in (printed := read()):
        assert time.monotonic() < deadline, printed
        time.sleep(0.05)
    return printed


def test_the_first_start_on_a_terminal_prints_a_link_that_makes_an_administrator(
    tmp_path: Path,
) -> None:
    with Terminal() as terminal:
        live = start_process(tmp_path / "data", free_port(), terminal=terminal.path)
        try:
            after = until_printed("\n", lambda: terminal.printed.partition("/link#")[2])
            secret = after.strip()
            assert accepts(live, secret)
            assert not accepts(live, secret)
        finally:
            stop_process(live)
    assert secret not in live.logged


def test_into_a_log_the_first_start_prints_the_command_that_makes_a_link(running: Live) -> None:
    printed = until_printed("create-administrator\n", lambda: running.logged)
    assert "/link#" not in printed
    [told] = [line for line in printed.splitlines() if "create-administrator" in line]
    env = {k: v for k, v in os.environ.items() if not k.startswith("TWINSPACE_")}
    made = [
        subprocess.run(["sh", "-c", told], cwd=REPOSITORY, env=env, capture_output=True, text=True)
        for _ in range(2)
    ]
    secrets = [secret_in(done.stdout) for done in made]
    # The first was not used when the second was made.
    assert [accepts(running, secret) for secret in secrets] == [False, True]


async def test_the_demonstration_is_alive(live: Live) -> None:
    node = live.node
    assert node is not None
    ways = await carry_out(node, Demo())
    assert [way.link.partition("//")[2].partition(".")[0] for way in ways] == [
        "karin",
        "dimitra",
        "maja",
        "nefeli",
        "inga",
    ]
    me = {}
    for way in ways:
        origin, _, secret = way.link.partition("/link#")
        for _ in range(2):
            async with httpx.AsyncClient(base_url=live.http, headers={"origin": origin}) as browser:
                response = await browser.post("/api/link/sign-in", json={"token": secret})
                assert response.status_code == 200
                me[way.who] = (await browser.get("/api/me")).json()
                token = browser.cookies["twinspace"]
                room_id = me[way.who]["rooms"][0]["id"]
                if me[way.who]["kind"] == "moderator":
                    assert (await browser.post(f"/api/rooms/{room_id}/visit")).status_code == 400
                    visit = await browser.post(f"/api/rooms/{room_id}/visit", json={})
                    assert visit.status_code == 200
        someone = Someone("", Role.PUPIL, token, "")
        async with await RoomClient.open(live, room_id, someone) as window:
            features = (await window.hello())["features"]
        assert len(features["people"]["schools"]) == 2
        assert len(features["people"]["teams"]) == 2
        assert len(features["forum"]["threads"]) >= 3
        assert len(features["docs"]["documents"]) == 2
        roles = Counter(
            (member["school_id"], member["role"].partition("-")[0])
            for member in features["people"]["members"]
            if member["school_id"]
        )
        assert sorted(roles.values()) == [2, 2, 6, 6], "teachers and pupils of two schools"
    assert {person["kind"] for person in me.values()} == {"teacher", "pupil", "moderator"}
    teacher, _, pupil, *_ = me.values()
    assert teacher["rooms"][0]["role"] == "teacher-admin"
    assert pupil["name"] == "Maja"


def test_a_first_start_prints_the_ways_into_a_demonstration_and_later_ones_nothing(
    tmp_path: Path,
) -> None:
    for _ in range(2):
        live = start_process(tmp_path / "data", free_port(), TWINSPACE_DEMO="1")
        try:
            assert live.log is not None
            deadline = time.monotonic() + START_S
            while "Ways in" not in live.log.read_text():
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            stop_process(live)
        printed = live.log.read_text()
        for who in ("Administrator", "Karin", "Dimitra", "Maja", "Nefeli", "Inga"):
            assert who in printed
        assert printed.count("/link#") == 6


async def test_its_documents_read_as_they_were_written(live: Live) -> None:
    node = live.node
    assert node is not None
    await carry_out(node, Demo())
    rows = await node.database.read(
        lambda db: db.execute(select(document.c.id, document.c.kind)).all()
    )
    texts = {}
    for row in rows:
        opened = await node.library.open(row.id)
        assert opened is not None
        async with opened.committed() as loaded:
            tail = [entry.body for entry in loaded.tail]
        texts[row.kind] = (await node.engine.text(None, tail, kind=row.kind)).text
    assert "Harbour seal" in texts["rich"]
    assert texts["text"].startswith("Thursday, 10:00 Lund")


async def test_a_database_with_somebody_in_it_is_left_alone(live: Live) -> None:
    node = live.node
    assert node is not None
    await carry_out(node, Demo())
    assert await first_start(node) == []
    count = select(func.count()).select_from(room)
    assert await node.database.read(lambda db: db.execute(count).scalar_one()) == 1


def test_a_wrong_request_is_told_in_one_sentence(running: Live) -> None:
    done = command(running.settings.data_dir, "load-room", "--kind", "poem")
    assert done.returncode != 0
    assert "poem" in done.stderr
