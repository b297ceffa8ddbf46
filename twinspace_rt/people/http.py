"""HTTP for what lies before a room: who I am, my rooms, links that lead in, founding a room."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, select, update
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.entry import Entry
from twinspace_rt.accounts.http import (
    Email,
    Link,
    Password,
    Secret,
    caller,
    signed_in,
    staff,
    with_session,
)
from twinspace_rt.accounts.invitations import (
    INVITATION_DAYS,
    Purpose,
    create_invitation,
    find_invitation,
    link,
    use_invitation,
)
from twinspace_rt.accounts.models import account, school
from twinspace_rt.accounts.passwords import check_password, hash_secret
from twinspace_rt.accounts.people import AccountKind, create_account, find_account
from twinspace_rt.accounts.sessions import Opened, SignedIn
from twinspace_rt.accounts.tickets import Tickets
from twinspace_rt.errors import Forbidden, InvalidCommand, NotFound
from twinspace_rt.json_http import Body, Done, answer, read_body
from twinspace_rt.people import founding
from twinspace_rt.people.messages import Language, Name, SchoolFacts
from twinspace_rt.people.queries import read_schools, school_facts
from twinspace_rt.plain_text import clean_line, clean_text
from twinspace_rt.protocol import Id, Title
from twinspace_rt.rooms.access import Role
from twinspace_rt.rooms.admission import principal_of
from twinspace_rt.rooms.models import member, room
from twinspace_rt.streams.log import Log

ROOMS_MAX = 500


class RoomCard(msgspec.Struct, kw_only=True):
    """A room in my list."""

    id: str
    title: str
    state: str
    role: str
    schools: list[SchoolFacts]


class Me(msgspec.Struct, kw_only=True):
    """Who I am outside any room; ``kind`` is ``pupil`` or an account's."""

    kind: str
    name: str
    language: str
    email: str | None
    school_id: str | None
    rooms: list[RoomCard]


class SetMe(Body, kw_only=True):
    """What I may change of myself; what is missing stays."""

    name: Name | None = None
    language: Language | None = None


class LinkFacts(msgspec.Struct, kw_only=True):
    """What a link is for."""

    purpose: str
    kind: str
    email: str
    school: str
    room: str
    role: str


class Accept(Body, kw_only=True):
    """Make the account an invitation offers."""

    token: Secret
    name: Name
    email: Email
    password: Password
    language: Language


class LinkPassword(Body, kw_only=True):
    """Choose a new password with a link."""

    token: Secret
    password: Password


class NewRoom(Body, kw_only=True):
    """Found a room: my school, and partners."""

    title: Title
    description: Annotated[str, Meta(max_length=4000)] = ""
    school_ids: Annotated[list[Id], Meta(max_length=20)] = []


class NewInvitation(Body, kw_only=True):
    """Invite a colleague or a guest into a room."""

    school_id: Id
    role: Annotated[str, Meta(pattern="^(teacher-admin|teacher|visitor)$")]


class Made(msgspec.Struct, kw_only=True):
    """What was made."""

    id: str


class MadeLink(msgspec.Struct, kw_only=True):
    """A link to hand on; it is told this once."""

    link: str


class Ticket(msgspec.Struct, kw_only=True):
    """A one-time ticket for a room's WebSocket, good for 30 seconds."""

    ticket: str


class PeopleRoutes:
    """The routes, around one :class:`Entry` and the log that rooms are told through."""

    def __init__(self, entry: Entry, log: Log, tickets: Tickets) -> None:
        self._entry = entry
        self._database = entry.database
        self._log = log
        self._tickets = tickets

    def routes(self) -> list[BaseRoute]:
        """List them."""
        return [
            Route("/me", self.me, methods=["GET"]),
            Route("/me", self.set_me, methods=["POST"]),
            Route("/link", self.look_at_link, methods=["POST"]),
            Route("/link/accept", self.accept, methods=["POST"]),
            Route("/link/join", self.join_room, methods=["POST"]),
            Route("/link/password", self.set_password, methods=["POST"]),
            Route("/schools", self.list_schools, methods=["GET"]),
            Route("/rooms", self.found_room, methods=["POST"]),
            Route("/rooms/{room_id}/invitations", self.invite, methods=["POST"]),
            Route("/rooms/{room_id}/visit", self.visit, methods=["POST"]),
            Route("/rooms/{room_id}/leave", self.leave, methods=["POST"]),
            Route("/rooms/{room_id}/ticket", self.make_ticket, methods=["POST"]),
        ]

    async def me(self, request: Request) -> Response:
        """Tell who I am, and which rooms are mine."""
        found = await signed_in(self._entry, request)
        return answer(await self._database.read(lambda db: read_me(db, found)))

    async def set_me(self, request: Request) -> Response:
        """Change my name (staff) or my language; in rooms, staff keep the name they have there."""
        found = await signed_in(self._entry, request)
        body = await read_body(request, SetMe)

        def change(db: Connection) -> Me:
            name = clean_line(body.name or "")
            if name and found.account_id:
                db.execute(
                    update(account).where(account.c.id == found.account_id).values(name=name)
                )
            if body.language:
                mine = account.c.id == found.account_id
                db.execute(update(account).where(mine).values(language=body.language))
                db.execute(update(member).where(_mine(found)).values(language=body.language))
            sessions.touch(db, found, self._entry.now())
            return read_me(db, found)

        return answer(await self._database.write(change))

    async def look_at_link(self, request: Request) -> Response:
        """Tell what a link is for; it stays unused."""
        body = await read_body(request, Link)

        def look(db: Connection) -> LinkFacts:
            row = find_invitation(db, body.token, self._entry.now())
            school_name = select(school.c.name).where(school.c.id == row.school_id)
            title = select(room.c.title).where(room.c.id == row.room_id)
            return LinkFacts(
                purpose=row.purpose,
                kind=row.kind,
                email=row.email,
                school=db.execute(school_name).scalar_one_or_none() or "",
                room=db.execute(title).scalar_one_or_none() or "",
                role=row.role,
            )

        return answer(await self._database.read(look))

    async def accept(self, request: Request) -> Response:
        """Make the account that a link invites to, join its room if it names one, and sign in."""
        body = await read_body(request, Accept)
        entry, who = self._entry, caller(self._entry, request)
        await self._database.read(lambda db: find_invitation(db, body.token, entry.now()))
        check_password(body.password, body.email)
        hashed = await hash_secret(body.password)

        def make(transaction: Any) -> tuple[Opened, list[str]]:
            db, now = transaction.connection, transaction.now
            row = find_invitation(db, body.token, now)
            name = clean_line(body.name)
            if row.purpose != Purpose.ACCOUNT or not name:
                raise NotFound(code="accounts.link_gone")
            kind = AccountKind(row.kind)
            is_guest = kind is AccountKind.VISITOR
            if not is_guest:
                founding.access_new_colleague(db, row.school_id, row.created_by)
            use_invitation(db, row.id, now)
            account_id = create_account(
                db,
                kind=kind,
                email=body.email,
                password_hash=hashed,
                name=name,
                school_id=None if is_guest else row.school_id,
                countries=row.countries,
                language=body.language,
                now=now,
            )
            if row.room_id:
                role = Role(row.role)
                founding.do_join_room(transaction, account_id, row.room_id, role, row.school_id)
            return entry.enter(db, account_id, None, who)

        opened = entry.admit(await self._log.act(make))
        return with_session(entry, answer(Done()), opened)

    async def join_room(self, request: Request) -> Response:
        """Join the room a link invites to, with the account I have."""
        _, account_id = await staff(self._entry, request)
        body = await read_body(request, Link)

        def join(transaction: Any) -> str:
            db = transaction.connection
            row = find_invitation(db, body.token, transaction.now)
            if not row.room_id:
                raise NotFound(code="accounts.link_gone")
            use_invitation(db, row.id, transaction.now)
            role = Role(row.role)
            founding.do_join_room(transaction, account_id, row.room_id, role, row.school_id)
            return str(row.room_id)

        return answer(Made(id=await self._log.act(join)))

    async def set_password(self, request: Request) -> Response:
        """Choose a new password with a link; every device is signed out, this one signed in."""
        body = await read_body(request, LinkPassword)
        entry, who = self._entry, caller(self._entry, request)

        def look(db: Connection) -> Any:
            row = find_invitation(db, body.token, entry.now())
            if row.purpose != Purpose.PASSWORD:
                raise NotFound(code="accounts.link_gone")
            return find_account(db, str(row.account_id))

        check_password(body.password, (await self._database.read(look)).email)
        hashed = await hash_secret(body.password)

        def change(db: Connection) -> tuple[Opened, list[str]]:
            account_id = str(look(db).id)
            use_invitation(db, str(find_invitation(db, body.token, entry.now()).id), entry.now())
            db.execute(
                update(account).where(account.c.id == account_id).values(password_hash=hashed)
            )
            ended = sessions.revoke_account(db, account_id, entry.now())
            opened, mine = entry.enter(db, account_id, None, who)
            return opened, ended + mine

        opened = entry.admit(await self._database.write(change))
        return with_session(entry, answer(Done()), opened)

    async def list_schools(self, request: Request) -> Response:
        """List the schools that may be chosen as partners."""
        _, account_id = await staff(self._entry, request)

        def read(db: Connection) -> list[SchoolFacts]:
            row: Any = find_account(db, account_id)
            if row.kind == AccountKind.VISITOR:
                raise Forbidden("Guests choose no schools.", code="people.teachers_only")
            rows = db.execute(select(school).order_by(school.c.country, school.c.name))
            return [school_facts(row) for row in rows]

        return answer(await self._database.read(read))

    async def found_room(self, request: Request) -> Response:
        """Found a room that I lead."""
        _, account_id = await staff(self._entry, request)
        body = await read_body(request, NewRoom)

        def found(db: Connection) -> str:
            row: Any = find_account(db, account_id)
            if row.kind != AccountKind.TEACHER:
                raise Forbidden("Teachers found rooms.", code="people.teachers_only")
            return founding.do_found_room(
                db,
                title=clean_line(body.title),
                description=clean_text(body.description),
                school_ids=body.school_ids,
                founder_ids=[account_id],
                now=self._entry.now(),
            )

        return answer(Made(id=await self._database.write(found)), 201)

    async def invite(self, request: Request) -> Response:
        """Make a link that lets one adult of a school into my room."""
        signed, account_id = await staff(self._entry, request)
        room_id = request.path_params["room_id"]
        body = await read_body(request, NewInvitation)

        # In the room's order: whoever is made a lesser teacher meanwhile leaves no link behind.
        def make(transaction: Any) -> str:
            db = transaction.connection
            me = principal_of(db, signed, room_id)
            if me is None:
                raise NotFound
            if me.role is not Role.TEACHER_ADMIN:
                raise Forbidden("Teachers who lead the project invite.", code="people.not_yours")
            if body.school_id not in {s.id for s in read_schools(db, room_id)}:
                raise InvalidCommand("Choose a school of this room.", code="people.schools")
            is_guest = Role(body.role) is Role.VISITOR
            return create_invitation(
                db,
                Purpose.ACCOUNT,
                kind=AccountKind.VISITOR if is_guest else AccountKind.TEACHER,
                school_id=body.school_id,
                room_id=room_id,
                role=body.role,
                created_by=account_id,
                days=INVITATION_DAYS,
                now=self._entry.now(),
            )

        token = await self._log.act(make, room_id)
        return answer(MadeLink(link=link(self._entry.settings, token)), 201)

    async def visit(self, request: Request) -> Response:
        """Enter a room as its moderator: it is logged, and the room is told."""
        found, _ = await staff(self._entry, request)
        room_id = request.path_params["room_id"]
        await self._log.act(lambda tx: founding.do_visit(tx, found, room_id), room_id)
        return answer(Done())

    async def leave(self, request: Request) -> Response:
        """Leave a room as its moderator."""
        found, _ = await staff(self._entry, request)
        room_id = request.path_params["room_id"]
        await self._log.act(lambda tx: founding.do_leave(tx, found, room_id), room_id)
        return answer(Done())

    async def make_ticket(self, request: Request) -> Response:
        """Make a ticket for a room's WebSocket."""
        found = await signed_in(self._entry, request)
        room_id = request.path_params["room_id"]
        if await self._database.read(lambda db: principal_of(db, found, room_id)) is None:
            raise NotFound
        return answer(Ticket(ticket=self._tickets.make(found.session_id, room_id)))


def read_me(connection: Connection, found: SignedIn) -> Me:
    """Read who somebody is, and their rooms: open ones first, then by title."""
    rows = connection.execute(
        select(room, member.c.role, member.c.name.label("member_name"), member.c.language)
        .join(member, member.c.room_id == room.c.id)
        .where(_mine(found), member.c.removed_at.is_(None), member.c.role != Role.MODERATOR)
    ).all()
    rooms = [_card(connection, row, row.role) for row in rows]
    if found.account_id is None:
        first = rows[0] if rows else None
        return Me(
            kind="pupil",
            name=first.member_name if first else "",
            language=first.language if first else "en",
            email=None,
            school_id=None,
            rooms=rooms,
        )
    who: Any = find_account(connection, found.account_id)
    if who.kind == AccountKind.MODERATOR:
        watched = founding.watched_rooms(connection, who.countries)[:ROOMS_MAX]
        found_rooms = connection.execute(select(room).where(room.c.id.in_(watched))).all()
        rooms += [_card(connection, row, Role.MODERATOR) for row in found_rooms]
    rooms.sort(key=lambda r: (r.state != "open", r.title.casefold(), r.id))
    return Me(
        kind=who.kind,
        name=who.name,
        language=who.language,
        email=who.email,
        school_id=who.school_id,
        rooms=rooms,
    )


def _card(connection: Connection, row: Any, role: str) -> RoomCard:
    return RoomCard(
        id=row.id,
        title=row.title,
        state=row.state,
        role=str(role),
        schools=read_schools(connection, row.id),
    )


def _mine(found: SignedIn) -> Any:
    if found.account_id:
        return member.c.account_id == found.account_id
    return member.c.id == found.member_id
