"""A real server on a real port: in this process, or as a process of its own that may be killed."""

import asyncio
import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.people import AccountKind, create_account
from twinspace_rt.app import Node, build_node
from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.db.migrate import migrate
from twinspace_rt.docs.store import create_document
from twinspace_rt.ids import new_id
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Role
from twinspace_rt.rooms.founding import add_member, create_room, create_school
from twinspace_rt.server import Server
from twinspace_rt.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
COOKIE = "twinspace"
START_S = 60
SERVER = "twinspace_rt"
"""The module that a server's process runs."""


@dataclass(frozen=True)
class Someone:
    """A member with a signed-in session."""

    member_id: str
    role: Role
    token: str
    session_id: str

    @property
    def cookie(self) -> str:
        """What to send in a Cookie header."""
        return f"{COOKIE}={self.token}"


@dataclass
class SeededRoom:
    """A room of two schools, with people who are signed in and empty documents."""

    room_id: str
    schools: tuple[str, str]
    people: dict[str, Someone]
    documents: list[str]


PEOPLE: dict[str, tuple[Role, int]] = {
    "anna": (Role.TEACHER_ADMIN, 0),
    "nikos": (Role.TEACHER, 1),
    "olga": (Role.PUPIL_ADMIN, 0),
    "maja": (Role.PUPIL, 0),
    "eleni": (Role.PUPIL, 1),
    "vera": (Role.VISITOR, 1),
}


def seed_room(
    connection: Connection,
    *,
    title: str = "Rivers of Europe",
    people: dict[str, tuple[Role, int]] = PEOPLE,
    documents: Sequence[str] = ("rich", "text"),
) -> SeededRoom:
    """Put a room into the database, in the caller's transaction."""
    now = now_ms()
    schools = (
        create_school(
            connection,
            name="Lundaskolan",
            country="SE",
            city="Lund",
            time_zone="Europe/Stockholm",
            now=now,
        ),
        create_school(
            connection,
            name="1st Gymnasium",
            country="GR",
            city="Thessaloniki",
            time_zone="Europe/Athens",
            now=now,
        ),
    )
    room_id = create_room(connection, title=title, school_ids=schools, now=now)
    found: dict[str, Someone] = {}
    for name, (role, school) in people.items():
        member_id = add_member(
            connection,
            room_id,
            role=role,
            name=f"{name.capitalize()} {room_id[:4]}",
            school_id=schools[school],
            now=now,
        )
        opened = sessions.open_for_member(connection, member_id, hours=12, now=now)
        found[name] = Someone(member_id, role, opened.token, opened.session_id)
    first = next(iter(found.values())).member_id
    made = [
        create_document(connection, room_id, f"Page {i}", kind, first, now)
        for i, kind in enumerate(documents, 1)
    ]
    return SeededRoom(room_id, schools, found, made)


def seed_administrator(connection: Connection) -> Someone:
    """Make an administrator, signed in and in no room."""
    now = now_ms()
    account_id = create_account(
        connection,
        kind=AccountKind.ADMINISTRATOR,
        email=f"{new_id()}@example.org",
        password_hash="-",
        name="Ada",
        now=now,
    )
    opened = sessions.open_for_account(connection, account_id, hours=1, now=now)
    return Someone(account_id, Role.MODERATOR, opened.token, opened.session_id)


_given: set[int] = set()


def free_port() -> int:
    """Find a TCP port of the loopback that nobody listens on, another one each time.

    Where thousands of connections have just ended, few are free, and the system names one again.
    """
    with contextlib.ExitStack() as others:
        while True:
            probe = others.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
            if port not in _given:
                _given.add(port)
                return port


@dataclass
class Live:
    """A server that listens."""

    settings: Settings
    node: Node | None = None
    process: "subprocess.Popen[bytes] | None" = None
    log: Path | None = None
    _environment: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return self.settings.port

    @property
    def pid(self) -> int:
        """The process of a server that has one of its own."""
        assert self.process is not None
        return self.process.pid

    @property
    def logged(self) -> str:
        """What a server that has a process of its own has logged."""
        assert self.log is not None
        return self.log.read_text()

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def database(self) -> sqlite3.Connection:
        """Open the database file beside the server, to look at what is really stored."""
        uri = f"file:{self.settings.sqlite_path}?mode=ro"
        return sqlite3.connect(uri, uri=True, timeout=10)


@contextlib.asynccontextmanager
async def serve_here(folder: Path, **settings: object) -> AsyncIterator[Live]:
    """Run a server in this process and event loop, so that a test can look inside."""
    chosen = Settings(data_dir=folder, port=free_port(), demo=False, **settings)  # type: ignore[arg-type]
    node = build_node(chosen)
    server = Server(node)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())
    try:
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.01)
        yield Live(chosen, node=node)
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def serve_two(folder: Path, **settings: object) -> AsyncIterator[tuple[Live, Live]]:
    """Run two servers with the same settings, as :func:`serve_here` runs one."""
    async with (
        serve_here(folder / "one", **settings) as one,
        serve_here(folder / "two", **settings) as two,
    ):
        yield one, two


def start_process(
    folder: Path,
    port: int,
    *,
    arguments: Sequence[str] = (),
    terminal: str = "",
    **environment: str,
) -> Live:
    """Start a server as a process of its own and wait until it answers.

    Args:
        terminal: The path of one on which it prints; otherwise that goes into its log too.

    Raises:
        AssertionError: It ended instead, or does not answer within a minute.
    """
    log = folder / "server.log"
    folder.mkdir(parents=True, exist_ok=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith("TWINSPACE_")} | {
        "TWINSPACE_DATA_DIR": str(folder),
        "TWINSPACE_PORT": str(port),
        "TWINSPACE_DEMO": "0",
        **environment,
    }
    with log.open("ab") as output, open(terminal or os.devnull, "wb", opener=_no_owner) as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", SERVER, "serve", *arguments],
            cwd=REPOSITORY,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=printed if terminal else output,
            stderr=output,
        )
    live = Live(
        Settings(data_dir=folder, port=port, demo=False), process=process, log=log, _environment=env
    )
    deadline = time.monotonic() + START_S
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "the server does not answer"
        try:
            with urllib.request.urlopen(f"{live.http}/health/live", timeout=1):
                return live
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)


def _no_owner(path: str, flags: int) -> int:
    # A terminal that is opened otherwise may become the one that these tests are ended from.
    return os.open(path, flags | os.O_NOCTTY)


def restart_process(live: Live) -> Live:
    """Start a server's process again that has ended: same folder, port and settings."""
    ours = {k: v for k, v in live._environment.items() if k.startswith("TWINSPACE_")}
    for chosen in ("TWINSPACE_DATA_DIR", "TWINSPACE_PORT"):
        del ours[chosen]
    return start_process(live.settings.data_dir, live.port, **ours)


def stop_process(live: Live, *, kill: bool = False) -> int:
    """End a server's process, politely or by ``kill -9``; returns its exit code."""
    process = live.process
    assert process is not None
    if process.poll() is None:
        process.kill() if kill else process.terminate()
    return process.wait(timeout=30)


def seed_before_start(folder: Path, **room: object) -> SeededRoom:
    """Make the database with a room in it, before a server's process takes the file."""
    database = SqliteDatabase(folder / "twinspace.db")
    try:
        database.write_now(migrate)
        return database.write_now(lambda db: seed_room(db, **room))  # type: ignore[arg-type]
    finally:
        database.close_now()
