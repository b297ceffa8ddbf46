"""Two projects full of words that nobody outside may read, and everybody who might try."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, select

from tests.client import RoomClient
from tests.live import Live, Someone
from tests.peers import raw
from tests.peers.raw import Peer, Pen
from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.cards import put_card
from twinspace_rt.accounts.invitations import Purpose, create_invitation
from twinspace_rt.accounts.models import invitation, session
from twinspace_rt.accounts.passwords import hash_secret
from twinspace_rt.accounts.people import AccountKind, create_account
from twinspace_rt.db.metadata import metadata
from twinspace_rt.ids import ALPHABET, new_id
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Role
from twinspace_rt.rooms.founding import add_member, create_room, create_school

Json = dict[str, Any]
PASSWORD = "lingon och mjölk"
_AN_ID = re.compile(f"(?<![{ALPHABET}])[{ALPHABET}]{{20}}(?![{ALPHABET}])")
STAFF = {"anna": Role.TEACHER_ADMIN, "nikos": Role.TEACHER, "vera": Role.VISITOR}
PUPILS = {"olga": Role.PUPIL_ADMIN, "maja": Role.PUPIL, "eleni": Role.PUPIL}


@dataclass
class Project:
    """A room with every kind of content, and its people, signed in.

    Attributes:
        mark: A word that stands in every text of this project and nowhere else.
        ids: By the name of a command's field, an identifier of this project to put there.
        secret_ids: All identifiers of the project that strangers do not know.
        hidden_ids: Those of what only some of the room's pupils see, by what it is.
    """

    mark: str
    room_id: str = ""
    country: str = ""
    schools: list[str] = field(default_factory=list)
    people: dict[str, Someone] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    secret_ids: set[str] = field(default_factory=set)
    hidden_ids: dict[str, str] = field(default_factory=dict)
    invitation_id: str = ""
    texts: set[str] = field(default_factory=set)

    def text(self, what: str) -> str:
        """Write a text of this project that can be told from every other."""
        self.texts.add(f"{self.mark}-{what}")
        return f"{self.mark}-{what}"

    def id_of(self, name: str) -> str:
        """Find an identifier for a field of that name; any of the room's where none fits."""
        return self.ids.get(name, self.room_id)

    def fill_path(self, path: str, room_id: str = "") -> list[str]:
        """Put identifiers of the project into the address of a route, each that may stand there.

        Args:
            path: The address; an identifier it names that no project has is a ``KeyError``.
            room_id: Another room's, to reach for the project through it.
        """
        ids = {
            "room_id": [room_id or self.room_id],
            "id": [self.schools[0], self.accounts["anna"], self.invitation_id, *self._pages],
            "document_id": self._pages,
        }
        names = re.findall(r"\{(\w+)\}", path)
        chosen = itertools.product(*(ids[name] for name in names))
        return [path.format(**dict(zip(names, one, strict=True))) for one in chosen]

    @property
    def _pages(self) -> list[str]:
        return [self.ids["document_id"], self.ids["target"]]

    @property
    def addresses(self) -> list[str]:
        """The addresses of its documents on the wire."""
        return [f"{page}.1" for page in self._pages]


def leaked(
    project: Project, received: str, *, sent: str = "", known: Iterable[str] = ()
) -> set[str]:
    """Find what was received of a project's words and identifiers.

    Args:
        project: Whose words.
        received: All that somebody was told.
        sent: What they had said themselves, and so may be told.
        known: Words that this person may know.
    """
    for word in known:
        received = received.replace(word, "")
    found = set(re.findall(f"{project.mark}-[a-z_]+", received, re.IGNORECASE))
    found |= project.secret_ids & set(_AN_ID.findall(received))
    return {one for one in found if one not in sent}


async def found_project(live: Live, mark: str, country: str) -> Project:
    """Found a project, and have its people write something everywhere."""
    assert live.node is not None
    project = Project(mark, country=country)
    hashed = await hash_secret(PASSWORD)
    await live.node.database.write(lambda db: _found(db, project, hashed))
    await _write_everywhere(live, project)
    project.secret_ids = await live.node.database.read(lambda db: _ids_of(db, project))
    return project


def _found(db: Connection, project: Project, hashed: str) -> None:
    now = now_ms()
    project.schools = [
        create_school(
            db,
            name=f"School {project.country} {n}",
            country=project.country,
            city="Somewhere",
            time_zone="Europe/Stockholm",
            now=now,
        )
        for n in range(2)
    ]
    project.room_id = create_room(
        db,
        title=project.text("title"),
        description=project.text("description"),
        school_ids=project.schools,
        now=now,
    )
    for name, role in STAFF.items():
        school_id = project.schools[name == "nikos"]
        account_id = create_account(
            db,
            kind=AccountKind.TEACHER,
            email=f"{project.text('email')}-{name}@example.org",
            password_hash=hashed,
            name=project.text(f"account_{name}"),
            school_id=school_id,
            now=now,
        )
        member_id = add_member(
            db,
            project.room_id,
            role=role,
            name=project.text(f"name_{name}"),
            school_id=school_id,
            account_id=account_id,
            now=now,
        )
        opened = sessions.open_for_account(db, account_id, hours=8, now=now)
        project.accounts[name] = account_id
        project.people[name] = Someone(member_id, role, opened.token, opened.session_id)
    for name, role in PUPILS.items():
        member_id = add_member(
            db,
            project.room_id,
            role=role,
            name=project.text(f"name_{name}"),
            school_id=project.schools[name == "eleni"],
            real_name=project.text(f"real_name_{name}"),
            now=now,
        )
        put_card(db, member_id, project.room_id, hashed, now)
        opened = sessions.open_for_member(db, member_id, hours=12, now=now)
        project.people[name] = Someone(member_id, role, opened.token, opened.session_id)
    create_invitation(
        db,
        Purpose.ACCOUNT,
        kind="teacher",
        email=project.text("invited"),
        school_id=project.schools[0],
        room_id=project.room_id,
        role="teacher",
        created_by=project.accounts["anna"],
        days=14,
        now=now,
    )
    of_room = invitation.c.room_id == project.room_id
    project.invitation_id = db.execute(select(invitation.c.id).where(of_room)).scalar_one()


async def _write_everywhere(live: Live, project: Project) -> None:
    ids, text, people, hidden = project.ids, project.text, project.people, project.hidden_ids
    async with (
        await RoomClient.open(live, project.room_id, people["anna"]) as anna,
        await RoomClient.open(live, project.room_id, people["maja"]) as maja,
        await RoomClient.open(live, project.room_id, people["olga"]) as olga,
    ):
        for window in (anna, maja, olga):
            await window.hello()
        team = await anna.do(
            "people.create_team", name=text("team"), member_ids=[people["maja"].member_id]
        )
        ids["team_id"] = ids["channel_id"] = team["result"]
        await anna.do("chat.open")
        for channel in ("everyone", "staff", ids["team_id"]):
            name = channel if channel != ids["team_id"] else "team_chat"
            posted = await anna.do("chat.post", channel_id=channel, text=text(name))
            hidden[name] = posted["result"]
            if channel == "everyone":  # the one channel that every room has under this name
                ids["message_id"] = ids["reply_to"] = ids["around"] = hidden.pop(name)
        board = await anna.do("forum.board_create", name=text("board"), hold=True)
        ids["board_id"] = board["result"]
        thread = await anna.do(
            "forum.start", board_id=ids["board_id"], title=text("thread"), text=text("first_post")
        )
        ids["thread_id"] = thread["result"]["thread_id"]
        held = await maja.do("forum.reply", thread_id=ids["thread_id"], text=text("held_post"))
        hidden["held_post"] = held["result"]["post_id"]
        held = await olga.do(
            "forum.start", board_id=ids["board_id"], title=text("held_thread"), text=text("waiting")
        )
        hidden["held_thread"], hidden["waiting"] = (
            held["result"][name] for name in ("thread_id", "post_id")
        )
        hidden["team_channel"] = ids["team_id"]
        reply = await anna.do("forum.reply", thread_id=ids["thread_id"], text=text("reply"))
        ids["post_id"] = reply["result"]["post_id"]
        folder = await anna.do("docs.create_folder", title=text("folder"))
        ids["folder_id"] = folder["result"]
        rich = await anna.do("docs.create", title=text("rich"), kind="rich")
        plain = await anna.do("docs.create", title=text("plain"), kind="text")
        ids["target"], ids["document_id"] = rich["result"], plain["result"]
        await anna.do("docs.change", document_id=ids["document_id"], folder_id=ids["folder_id"])
    async with await Peer.open(live, project.room_id, people["maja"], ids["document_id"]) as peer:
        await peer.enter()
        await peer.send(raw.update(Pen(len(project.mark)).write(text("document_words"))))
        assert await peer.expect("status") == 1
    assert live.node is not None
    document = await live.node.library.open(ids["document_id"])
    assert document is not None
    assert await live.node.tending.compact(document)
    ids["member_id"] = people["maja"].member_id
    ids["school_id"] = project.schools[0]
    ids["session_id"] = people["maja"].session_id


def _ids_of(db: Connection, project: Project) -> set[str]:
    # Registered schools are no secret among staff: any of them may be asked to be a partner.
    found = _AN_ID.findall(str(rows_of(db, project))) + list(project.accounts.values())
    return set(found) - set(project.schools)


def rows_of(db: Connection, project: Project) -> dict[str, list[str]]:
    """Read every row, of whatever table, that names the project, its people or its content."""
    mine = {project.room_id, *project.accounts.values(), *project.ids.values()}
    mine |= {one.member_id for one in project.people.values()}
    mine -= set(project.schools)  # anybody may found a room with a registered school
    rows: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        found = [
            str(tuple(row))
            for row in db.execute(select(table))
            if _wanted(table.name, mine, project) & {one for one in row if isinstance(one, str)}
        ]
        rows[table.name] = sorted(found)
    return rows


def _wanted(table: str, mine: set[str], project: Project) -> set[str]:
    return set(project.schools) if table == "school" else mine


@dataclass(frozen=True)
class Stranger:
    """Somebody who is nobody in a project, with what their browser sends."""

    name: str
    token: str | None

    @property
    def someone(self) -> Someone | None:
        """What a socket is opened with."""
        return Someone("", Role.PUPIL, self.token, "") if self.token else None


async def strangers(live: Live, project: Project, other: Project) -> list[Stranger]:
    """Find everybody who has no business in ``project``.

    Besides the people of another project: those who had, and have no more.
    """
    assert live.node is not None

    def make(db: Connection) -> list[Stranger]:
        now = now_ms()
        member_id = project.people["olga"].member_id
        found = [
            Stranger("nobody", None),
            Stranger("pupil of another project", other.people["maja"].token),
            Stranger("teacher of another project", other.people["anna"].token),
            Stranger("visitor of another project", other.people["vera"].token),
        ]
        expired = sessions.open_for_member(db, member_id, hours=0, now=now)
        revoked = sessions.open_for_member(db, member_id, hours=1, now=now)
        sessions.revoke(db, revoked.session_id, now)
        shut = sessions.open_for_account(db, project.accounts["anna"], hours=0, now=now)
        found += [
            Stranger("expired session of a pupil", expired.token),
            Stranger("expired session of a teacher", shut.token),
            Stranger("revoked session of a pupil", revoked.token),
        ]
        return [*found, Stranger("moderator of elsewhere", moderator(db, "ZZ").token)]

    found = await live.node.database.write(make)
    async with await RoomClient.open(live, project.room_id, project.people["anna"]) as anna:
        await anna.hello()
        name = project.text("name_removed")
        cards = await anna.do(
            "people.add_pupils",
            school_id=project.schools[0],
            roster=f"{project.text('real_name_removed')},{name}",
            language="sv",
        )
        member_id = cards["result"]["cards"][0]["member_id"]
        opened = await live.node.database.write(
            lambda db: sessions.open_for_member(db, member_id, hours=1, now=now_ms())
        )
        await anna.do("people.remove", member_id=member_id)
    project.secret_ids = await live.node.database.read(lambda db: _ids_of(db, project))
    return [*found, Stranger("removed pupil", opened.token)]


def moderator(db: Connection, countries: str) -> Someone:
    """Make a moderator for some countries, signed in and visiting no room."""
    account_id = create_account(
        db,
        kind=AccountKind.MODERATOR,
        email=f"{new_id()}@example.org",
        password_hash="",
        name="Watcher",
        countries=countries,
        now=now_ms(),
    )
    opened = sessions.open_for_account(db, account_id, hours=8, now=now_ms())
    return Someone("", Role.MODERATOR, opened.token, opened.session_id)


def another_sign_in(db: Connection, someone: Someone) -> Someone:
    """Sign somebody in on a second device."""
    of = select(session.c.account_id, session.c.member_id).where(session.c.id == someone.session_id)
    account_id, member_id = db.execute(of).one()
    if account_id is not None:
        opened = sessions.open_for_account(db, account_id, hours=8, now=now_ms())
    else:
        opened = sessions.open_for_member(db, member_id, hours=8, now=now_ms())
    return replace(someone, token=opened.token, session_id=opened.session_id)
