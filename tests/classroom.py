"""A room of two schools, with people in it who speak frames: real rules, log and database.

Only the socket is missing: what a window receives is kept in its :class:`Inbox`.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as DbConnection
from sqlalchemy import insert

from tests.databases import open_new
from twinspace_rt.accounts import sessions
from twinspace_rt.bus.memory import MemoryBus
from twinspace_rt.db.engine import Database
from twinspace_rt.ids import new_id
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Principal, Role
from twinspace_rt.rooms.connection import Connection, Frame
from twinspace_rt.rooms.feature import Feature
from twinspace_rt.rooms.founding import add_member, create_room, create_school
from twinspace_rt.rooms.hub import RoomHub
from twinspace_rt.rooms.lane import Lane
from twinspace_rt.rooms.models import team, team_member
from twinspace_rt.rooms.room import FeatureSet, Room

Json = dict[str, Any]
PEOPLE = {
    "anna": (Role.TEACHER_ADMIN, 0, ()),
    "bo": (Role.TEACHER, 0, ()),
    "olga": (Role.PUPIL_ADMIN, 0, ()),
    "maja": (Role.PUPIL, 0, ("bees",)),
    "nils": (Role.PUPIL, 0, ()),
    "eleni": (Role.PUPIL, 1, ("bees",)),
    "vera": (Role.VISITOR, 1, ()),
    "mod": (Role.MODERATOR, 1, ()),
}
_nonces = itertools.count(1)


def nonce() -> str:
    """Make a retry key that nobody else in these tests has."""
    return f"nonce-{next(_nonces):08d}"


class Inbox:
    """What one window has received: the far end of its connection."""

    def __init__(self) -> None:
        self.lane = Lane()
        self.frames: list[Json] = []

    def write(self, frames: Sequence[Frame]) -> int:
        self.frames.extend(json.loads(frame.payload) for frame in frames)
        return 0

    def waiting_bytes(self) -> int:
        return 0

    def close(self, code: int, reason: str) -> None:
        self.frames.append({"type": "closed", "code": code})

    def silent_s(self) -> float:
        return 0.0

    def ping(self) -> None:
        self.frames.append({"type": "ping"})

    def pause(self) -> None:
        """Nothing arrives by itself here, so there is nothing to hold back."""

    def resume(self) -> None:
        """See :meth:`pause`."""


@dataclass
class Person:
    """One window of one person: sends commands, keeps what it receives."""

    name: str
    member_id: str
    room: Room
    connection: Connection
    inbox: Inbox
    welcome: Json = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def ask(self, kind: str, /, **fields: Any) -> Json:
        """Send a command and return its reply."""
        number = next(self._ids)
        self.sent.add(kind)
        frame = json.dumps({"id": number, "type": kind, **fields})
        await self.room.receive(self.connection, frame)
        return self.take(lambda f: f.get("id") == number)

    async def read(self, kind: str, /, **fields: Any) -> Any:
        """Send a reading command and return what it answers."""
        reply = await self.ask(kind, **fields)
        assert "ok" in reply, reply
        return reply["ok"]

    async def do(self, kind: str, /, **fields: Any) -> Json:
        """Send a changing command that must take effect, and return its reply."""
        fields.setdefault("nonce", nonce())
        reply = await self.read(kind, **fields)
        assert isinstance(reply, dict)
        return reply

    async def refused(self, kind: str, /, **fields: Any) -> str:
        """Send a changing command that must be refused, and return the code."""
        fields.setdefault("nonce", nonce())
        reply = await self.ask(kind, **fields)
        assert "error" in reply, reply
        return str(reply["error"]["code"])

    def take(self, wanted: Callable[[Json], bool]) -> Json:
        """Take the first frame of a kind out of what was received."""
        found = next(frame for frame in self.inbox.frames if wanted(frame))
        self.inbox.frames.remove(found)
        return found

    def pushes(self, kind: str = "") -> list[Json]:
        """List the pushes and signals of one type that were received, or all stored events."""
        return [
            frame
            for frame in self.inbox.frames
            if (frame.get("type") == kind if kind else "seq" in frame)
        ]

    def leave(self) -> None:
        """Close the window."""
        self.room.leave(self.connection)


@dataclass
class Classroom:
    """The room, its people by name, and the identifiers of its teams."""

    room_id: str
    hub: RoomHub
    database: Database
    members: dict[str, str]
    teams: dict[str, str]
    schools: list[str]

    async def enter(self, name: str, since: Json | None = None) -> Person:
        """Open one more window for somebody and say hello."""
        role, school, teams = PEOPLE[name]
        member_id = self.members[name]
        opened = await self.database.write(
            lambda db: sessions.open_for_member(db, member_id, hours=12, now=now_ms())
        )
        principal = Principal(
            room_id=self.room_id,
            member_id=member_id,
            role=role,
            school_id=self.schools[school],
            name=name,
            session_id=opened.session_id,
            role_version=1,
            teams=frozenset(self.teams[t] for t in teams),
            session_ends_at=opened.expires_at,
        )
        inbox = Inbox()
        connection = Connection(
            principal, inbox, speaks_text=True, outbox_max_bytes=1 << 22, outbox_max_age_s=15
        )
        room = await self.hub.enter(self.room_id, connection)
        person = Person(name, principal.member_id, room, connection, inbox)
        hello = {"id": 0, "type": "room.hello", "since": since}
        await room.receive(connection, json.dumps(hello))
        person.welcome = person.take(lambda f: f.get("type") == "room.welcome")
        return person


@asynccontextmanager
async def open_classroom(folder: Path, features: Sequence[Feature]) -> AsyncIterator[Classroom]:
    """Found two schools in ``folder``, with teachers, pupils, a visitor, a moderator and teams."""
    database = open_new(folder)
    hub = RoomHub(database, FeatureSet(features), MemoryBus(), interval_s=0, max_connections=100)
    members: dict[str, str] = {}
    teams: dict[str, str] = {}
    schools: list[str] = []

    def found(db: DbConnection) -> str:
        places = [("Lund", "SE", "Europe/Stockholm"), ("Thessaloniki", "GR", "Europe/Athens")]
        schools.extend(
            create_school(db, name=city, country=land, city=city, time_zone=zone, now=1)
            for city, land, zone in places
        )
        room_id = create_room(db, title="Bees and maps", school_ids=schools, now=1)
        for name in ("bees", "ants"):
            teams[name] = new_id()
            db.execute(insert(team).values(id=teams[name], room_id=room_id, name=name))
        for name, (role, school, in_teams) in PEOPLE.items():
            members[name] = add_member(
                db, room_id, role=role, name=name, school_id=schools[school], now=1
            )
            for one in in_teams:
                db.execute(insert(team_member).values(team_id=teams[one], member_id=members[name]))
        return room_id

    room_id = await database.write(found)
    writer = asyncio.create_task(hub.log.run())
    try:
        yield Classroom(room_id, hub, database, members, teams, schools)
    finally:
        hub.log.close()
        await writer
        await database.close()
