"""D10: what the page about copies says is done with real data, and what comes back is the same."""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from websockets.exceptions import InvalidStatus

from scripts.steps import ROOT
from tests.client import RoomClient
from tests.databases import create_database, drop_database
from tests.deploy.pages import commands, done, only, refused, run
from tests.live import Live, SeededRoom, Someone, seed_room, serve_here
from tests.peers.raw import Peer, Pen, auth, eventually, update, words_of
from twinspace_rt import backup
from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.invitations import Purpose, create_invitation, find_invitation
from twinspace_rt.db.engine import Database, SqliteDatabase
from twinspace_rt.db.migrate import migrate
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.errors import NotFound
from twinspace_rt.protocol import now_ms
from twinspace_rt.settings import Settings
from twinspace_rt.streams.models import stream

EMBEDDED = "One file (SQLite)"
CONTAINED = "PostgreSQL in containers"
PAGE = commands("backup.md")
CHECK = PAGE["Is it whole?",]
AGAIN = "twinspace_again"
NOBODY = 65534
BACKUP = ".venv/bin/python -m twinspace_rt admin backup"
PUT_BACK = ".venv/bin/python -m twinspace_rt admin put-back"

DOCKER = """#!/bin/bash -eu
chosen=${{POSTGRES_DB:-}}
. ./.env
POSTGRES_DB=${{chosen:-$POSTGRES_DB}}  # as Compose does it
said="$*"
case "$said" in
    "compose exec -T postgresql "*) shift 4; exec "$@";;
    "compose stop node-1 node-2") exit;;
    "compose run --rm --no-deps node-1 "*)
        shift 5
        export TWINSPACE_DATABASE_URL="{url}&database=$POSTGRES_DB" TWINSPACE_DATA_DIR="$PWD/data"
        cd {root} && exec {python} -m twinspace_rt "$@";;
esac
exit 64
"""

DIES = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA wal_autocheckpoint=0")
database.execute("UPDATE room SET title = ?", sys.argv[2:])
database.commit()
os._exit(0)
"""

HALF_A_DUMP = """#!/bin/bash
for word; do case $word in --file=*) exec >"${word#--file=}";; esac; done
echo half
exit 1
"""


@dataclass
class Place:
    """A database, how an operator names it, and where its copies go."""

    kind: str
    folder: Path
    environment: dict[str, str]
    backups: Path

    def open(self) -> Database:
        """Open it, as no server is running."""
        if self.database_url:
            return PostgresqlDatabase(self.database_url)
        return SqliteDatabase(self.folder / "twinspace.db")

    @property
    def database_url(self) -> str:
        return self.environment.get("TWINSPACE_DATABASE_URL", "")

    def serve(self) -> AbstractAsyncContextManager[Live]:
        """Run a server on it."""
        return serve_here(self.folder, database_url=self.database_url)

    def do(self, heading: str, **more: str) -> str:
        """Do what the page says under a heading."""
        folder = self.backups if self.kind == CONTAINED else ROOT
        return done(PAGE[self.kind, heading], self.variables | more, folder)

    def sums(self) -> list[str]:
        """Sum up what the database holds."""
        return backup.checksums(Settings(data_dir=self.folder, database_url=self.database_url))

    def checksums(self) -> list[str]:
        """Have it summed up as the page says."""
        done(CHECK, self.variables)
        return (self.backups / "checksums").read_text().splitlines()

    def newest(self) -> str:
        """Name the copy made last, which is its owner's alone, and leave none behind."""
        copy = only(self.backups, "twinspace-*")
        assert copy.stat().st_mode & 0o777 == 0o600
        kept = copy.rename(self.backups / f"kept-{len(list(self.backups.iterdir()))}")
        return str(kept)

    @property
    def variables(self) -> dict[str, str]:
        data = {"TWINSPACE_DATA_DIR": str(self.folder), "BACKUPS": str(self.backups)}
        return data | self.environment


@pytest.fixture(params=[EMBEDDED, "PostgreSQL"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty database of either kind."""
    backups = tmp_path / "backups"
    backups.mkdir()
    environment = {}
    if request.param == "PostgreSQL":
        server = request.getfixturevalue("postgresql_url")
        url = create_database(server, "kept")
        address = make_url(url)
        environment = {
            "TWINSPACE_DATABASE_URL": url,
            "PGHOST": str(address.query["host"]),
            "PGUSER": str(address.username),
            "PGDATABASE": "kept",
        }
    yield Place(request.param, tmp_path / "data", environment, backups)
    if request.param == "PostgreSQL":
        for name in ("kept", AGAIN):
            drop_database(server, name)


def empty_place(place: Place) -> Place:
    """Return an empty place of the same kind, into which a copy may be put back."""
    environment = dict(place.environment)
    if url := environment.get("TWINSPACE_DATABASE_URL"):
        environment["TWINSPACE_DATABASE_URL"] = url.replace("database=kept", f"database={AGAIN}")
    return Place(place.kind, place.folder.with_name("again"), environment, place.backups)


def new_names(again: Place) -> dict[str, str]:
    """Name the database that PostgreSQL's copy goes into."""
    return {"NEW_DATABASE": AGAIN, "NEW_DATABASE_URL": again.database_url}


def put_back(copy: str, source: Place) -> tuple[Place, str]:
    """Go back to a copy as the page says, in an empty place; returns it, and what was printed."""
    again = empty_place(source)
    if again.database_url:
        # The commands begin in the old database and name the new one.
        return again, source.do("Going back", COPY=copy, **new_names(again))
    again.folder.mkdir()
    if os.geteuid() == 0:  # who does it for a server that has a user of its own
        os.chown(again.folder, NOBODY, -1)
    printed = again.do("Going back", COPY=copy)
    files = list(again.folder.iterdir())
    assert {file.stat().st_uid for file in files} == {again.folder.stat().st_uid}
    assert (again.folder / "twinspace.db").stat().st_mode & 0o777 == 0o600
    return again, printed


def seed(place: Place) -> SeededRoom:
    """Make the tables, and a room with people and documents."""
    database = place.open()
    try:
        database.write_now(migrate)
        return database.write_now(seed_room)
    finally:
        database.close_now()


class Writer:
    """Somebody who writes numbered words into the plain document, one after the other."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.pen = Pen(7)
        self.saved = 0

    async def begin(self) -> None:
        await self.peer.enter()

    async def write(self) -> None:
        """Write a word, and wait until it is called saved."""
        await self.peer.send(update(self.pen.write(f"w{self.saved} ")))
        assert await self.peer.expect("status") == 1
        self.saved += 1

    async def go_on(self) -> None:
        """Write until cancelled."""
        while True:
            await self.write()


async def test_what_was_saved_when_the_copy_was_made_is_there_again(place: Place) -> None:
    room = await asyncio.to_thread(seed, place)
    anna, maja = room.people["anna"], room.people["maja"]
    async with place.serve() as live:
        async with (
            await RoomClient.open(live, room.room_id, anna) as window,
            await Peer.open(live, room.room_id, maja, room.documents[1]) as peer,
        ):
            await window.hello()
            await window.do("chat.open")
            await window.do("chat.post", channel_id="everyone", text="Before 🐝")
            writer = Writer(peer)
            await writer.begin()
            writing = asyncio.create_task(writer.go_on())
            await eventually(lambda: writer.saved >= 20)
            before = writer.saved
            await asyncio.to_thread(place.do, "Making a copy")
            after = writer.saved
            await eventually(lambda: writer.saved >= after + 5)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            last = await window.do("chat.post", channel_id="everyone", text="After")
        copy = place.newest()
        # Below a running server nothing is put back, nor moved.
        theirs = place.variables | {"COPY": "" if place.database_url else copy}
        assert "Stop" in await asyncio.to_thread(refused, f"{PUT_BACK} $COPY", theirs)
        assert not list(place.folder.glob("before-*"))

    again, _ = await asyncio.to_thread(put_back, copy, place)
    assert await asyncio.to_thread(again.sums) != await asyncio.to_thread(place.sums)
    before_the_copy, anna = anna, await asyncio.to_thread(sign_in, again, anna)
    async with again.serve() as live:
        with pytest.raises(InvalidStatus, match="403"):
            await RoomClient.open(live, room.room_id, before_the_copy)
        async with await RoomClient.open(live, room.room_id, anna) as window:
            welcome = await window.hello({"epoch": 1, "seq": last["seq"]})
            assert welcome["resumed"] is False
            found = await window.ask("chat.history", channel_id="everyone", limit=50)
            assert [message["text"] for message in found["ok"]["messages"]] == ["Before 🐝"]
        [document] = [
            listed
            for listed in welcome["features"]["docs"]["documents"]
            if listed["id"] == room.documents[1]
        ]
        assert document["epoch"] > 1
        async with await Peer.open(live, room.room_id, anna, f"{document['id']}.1") as old:
            await old.pong()
            await old.send(auth())
            assert await old.expect("denied") == f"epoch:{document['epoch']}"
        address = f"{document['id']}.{document['epoch']}"
        async with await Peer.open(live, room.room_id, anna, address) as peer:
            joined = await peer.join()
        words = words_of([told.value for told in joined if told.name == "update"]).split()
        assert words == [f"w{number}" for number in range(len(words))]
        assert before <= len(words) <= after + 1  # one may have been committed and not yet told


def sign_in(place: Place, person: Someone) -> Someone:
    """Open a new session for a member."""
    database = place.open()
    try:
        opened = database.write_now(
            lambda db: sessions.open_for_member(db, person.member_id, hours=1, now=now_ms())
        )
    finally:
        database.close_now()
    return Someone(person.member_id, person.role, opened.token, opened.session_id)


async def test_every_room_and_document_of_a_copy_has_the_same_sum(place: Place) -> None:
    room = await asyncio.to_thread(seed, place)
    async with place.serve() as live:
        maja = room.people["maja"]
        async with await Peer.open(live, room.room_id, maja, room.documents[1]) as peer:
            writer = Writer(peer)
            await writer.begin()
            await writer.write()
    was = await asyncio.to_thread(place.sums)
    summed = {line.split()[1] for line in was if not line.startswith("table ")}
    assert summed == {room.room_id, *room.documents}
    await asyncio.to_thread(place.do, "Making a copy")
    again, _ = await asyncio.to_thread(put_back, place.newest(), place)
    assert await asyncio.to_thread(again.checksums) == was


def test_links_of_a_copy_work_no_more_when_it_is_put_back(place: Place) -> None:
    """They may have been used or taken back since."""
    seed(place)
    database = place.open()
    now = now_ms()
    links = [
        database.write_now(
            lambda db, reusable=reusable: create_invitation(  # type: ignore[misc]
                db, Purpose.SIGN_IN, reusable=reusable, days=2, now=now
            )
        )
        for reusable in (False, True)
    ]
    for link in links:
        database.write_now(lambda db, link=link: find_invitation(db, link, now))  # type: ignore[misc]
    database.close_now()
    place.do("Making a copy")
    again, printed = put_back(place.newest(), place)
    assert "links 2\n" in printed
    database = again.open()
    for link in links:
        with pytest.raises(NotFound):
            database.write_now(lambda db, link=link: find_invitation(db, link, now))  # type: ignore[misc]
    database.close_now()


@pytest.fixture
def contained(tmp_path: Path, postgresql_url: str) -> Iterator[Place]:
    """A database as in a container; what Docker would run there runs here, by a script."""
    url = create_database(postgresql_url, "contained")
    (tmp_path / ".env").write_text("POSTGRES_DB=contained\n")
    (tmp_path / "docker").write_text(
        DOCKER.format(url=postgresql_url, root=shlex.quote(str(ROOT)), python=sys.executable)
    )
    (tmp_path / "docker").chmod(0o700)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PGHOST": str(make_url(url).query["host"]),
        "TWINSPACE_DATABASE_URL": url,
    }
    yield Place(CONTAINED, tmp_path / "data", environment, tmp_path)
    # One that was begun has its name by the second: the next test may come within the same.
    names = text("SELECT datname FROM pg_database WHERE datname LIKE 'twinspace\\_2%'")
    server = PostgresqlDatabase(postgresql_url)
    begun = server.write_now(lambda db: list(db.execute(names).scalars()))
    for name in ("contained", *begun):
        drop_database(postgresql_url, name)


def test_a_copy_goes_out_of_containers_and_back(contained: Place, postgresql_url: str) -> None:
    room = seed(contained)
    was = contained.sums()
    contained.do("Making a copy")
    contained.do("Going back", COPY=contained.newest())
    name = (contained.backups / ".env").read_text().strip().removeprefix("POSTGRES_DB=")
    assert name != "contained"
    environment = {"TWINSPACE_DATABASE_URL": f"{postgresql_url}&database={name}"}
    again = Place(CONTAINED, contained.folder, environment, contained.backups)
    assert again.sums() == was
    epochs = again.open().write_now(
        lambda db: db.execute(select(stream.c.epoch).where(stream.c.id == room.room_id)).one()
    )
    assert epochs[0] > 1


def test_going_back_twice_leaves_both_earlier_states_whole(tmp_path: Path) -> None:
    place = Place(EMBEDDED, tmp_path / "data", {}, tmp_path)
    seed(place)
    was = place.sums()
    place.do("Making a copy")
    copy = place.newest()
    earlier: list[list[str]] = []
    asides: list[Path] = []
    for title in ("First", "Second"):
        leave_in_the_log(place, title)
        here = shutil.copytree(place.folder, tmp_path / title)
        earlier.append(Place(EMBEDDED, here, {}, tmp_path).sums())
        printed = place.do("Going back", COPY=copy)
        asides.append(Path(printed.splitlines()[-1].removeprefix("before ")))
        assert place.sums() == was
    assert was != earlier[0] != earlier[1] != was
    # To each of them there is a way back, with what stood in SQLite's log alone.
    for aside, state in zip(asides, earlier, strict=True):
        place.do("Going back", COPY=str(aside / "twinspace.db"))
        assert place.sums() == state
        assert Place(EMBEDDED, aside, {}, tmp_path).sums() == state


def leave_in_the_log(place: Place, title: str) -> None:
    """Change something as a server does that is killed: it stands beside the database."""
    path = place.folder / "twinspace.db"
    subprocess.run([sys.executable, "-c", DIES, str(path), title], check=True)
    assert path.with_name("twinspace.db-wal").stat().st_size > 0


def damaged(copy: str, share: float | None) -> str:
    """Leave so much of a copy; None: nothing at all."""
    path = Path(copy)
    whole = path.read_bytes()
    path.unlink()
    if share is not None:
        path.write_bytes(whole[: int(share * len(whole))])
    return copy


@pytest.mark.parametrize("share", [None, 0, 0.5], ids=["missing", "empty", "half"])
def test_a_copy_that_is_not_whole_changes_nothing(place: Place, share: float | None) -> None:
    why = {None: "[copy.missing]", 0: "[copy.empty]", 0.5: "[copy.failed]"}[share]
    seed(place)
    was = place.sums()
    place.do("Making a copy")
    copy = damaged(place.newest(), share)
    again = empty_place(place)
    for there in (place,) if place.database_url else (place, again):
        files = sorted(there.folder.glob("*"))
        variables = there.variables | {"COPY": copy} | new_names(again)
        said = refused(PAGE[place.kind, "Going back"], variables)
        assert place.database_url or said.strip().endswith(why), said
        assert {*there.folder.glob("*")} - {*files} <= {there.folder / "twinspace.db.lock"}
    assert place.sums() == was


@pytest.mark.parametrize("share", [None, 0, 0.5], ids=["missing", "empty", "half"])
def test_in_containers_a_copy_that_is_not_whole_is_not_served(
    contained: Place, share: float | None
) -> None:
    seed(contained)
    was = contained.sums()
    contained.do("Making a copy")
    check_refused_in_containers(contained, damaged(contained.newest(), share))
    assert contained.sums() == was


def check_refused_in_containers(contained: Place, copy: str) -> str:
    said = refused(
        PAGE[CONTAINED, "Going back"], contained.variables | {"COPY": copy}, contained.backups
    )
    assert (contained.backups / ".env").read_text() == "POSTGRES_DB=contained\n"
    return said


def test_a_copy_with_nobody_in_it_is_not_served(contained: Place) -> None:
    contained.do("Making a copy")  # of a database without a table
    assert "[copy.empty]" in check_refused_in_containers(contained, contained.newest())


@pytest.mark.parametrize("kind", ["PostgreSQL", "PostgreSQL in containers"])
def test_a_dump_that_breaks_off_gets_no_name_of_a_copy(contained: Place, kind: str) -> None:
    program = contained.backups / "pg_dump"
    program.write_text(HALF_A_DUMP)
    program.chmod(0o700)
    refused(PAGE[kind, "Making a copy"], contained.variables, contained.backups)
    assert only(contained.backups, "twinspace-*").suffix == ".part"


def test_a_copy_is_its_owners_alone_and_never_written_over(tmp_path: Path) -> None:
    place = Place(EMBEDDED, tmp_path / "data", {}, tmp_path)
    seed(place)
    done(f"{BACKUP} $BACKUPS/copy", place.variables)
    copy = tmp_path / "copy"
    assert copy.stat().st_mode & 0o777 == 0o600
    was = copy.read_bytes()
    result = run(f"{BACKUP} $BACKUPS/copy", place.variables)
    assert (result.returncode, copy.read_bytes()) == (1, was)
    assert "exists already" in result.stderr


def test_a_copy_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    place = Place(EMBEDDED, tmp_path / "data", {}, tmp_path)
    assert "There is no" in run(f"{BACKUP} $BACKUPS/copy", place.variables).stderr
    seed(place)
    database = place.folder / "twinspace.db"
    whole = database.read_bytes()
    database.write_bytes(whole[: len(whole) // 2])  # as a dying disk leaves it
    result = run(f"{BACKUP} $BACKUPS/copy", place.variables)
    assert result.returncode == 1
    assert "No copy was made" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_of_postgresql_the_page_is_named(tmp_path: Path) -> None:
    url = {"TWINSPACE_DATABASE_URL": "postgresql+asyncpg://somebody@/rooms"}
    place = Place("PostgreSQL", tmp_path / "data", url, tmp_path)
    assert "deploy/backup.md" in run(f"{BACKUP} $BACKUPS/copy", place.variables).stderr
