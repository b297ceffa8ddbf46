"""HTTP for administrators: schools, staff, invitations, projects."""

import zoneinfo
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, func, select, update
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.entry import Entry
from twinspace_rt.accounts.http import administrator
from twinspace_rt.accounts.invitations import (
    INVITATION_DAYS,
    PASSWORD_LINK_DAYS,
    Purpose,
    create_invitation,
    link,
    revoke_invitations,
)
from twinspace_rt.accounts.models import account, invitation, school
from twinspace_rt.accounts.people import AccountKind, find_account, find_by_email
from twinspace_rt.errors import Conflict, InvalidCommand, NotFound
from twinspace_rt.json_http import Body, Done, answer, read_body
from twinspace_rt.people import founding
from twinspace_rt.people.http import Made, MadeLink
from twinspace_rt.people.messages import SchoolFacts
from twinspace_rt.people.queries import read_schools, school_facts
from twinspace_rt.plain_text import clean_line, clean_text
from twinspace_rt.protocol import Id, Title
from twinspace_rt.rooms.founding import create_school
from twinspace_rt.rooms.models import member, room

T = TypeVar("T")
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]


class NewSchool(Body, kw_only=True):
    """A school to register, or its new facts."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    country: Country
    city: Annotated[str, Meta(max_length=100)] = ""
    time_zone: Annotated[str, Meta(max_length=64)] = ""


class NewAccount(Body, kw_only=True):
    """Whom to invite; ``countries`` is a moderator's, ``*`` for all of them."""

    kind: Annotated[str, Meta(pattern="^(administrator|teacher|moderator)$")]
    email: Annotated[str, Meta(max_length=254)] = ""
    school_id: Id | None = None
    countries: Annotated[
        list[Annotated[str, Meta(pattern=r"^([A-Z]{2}|\*)$")]], Meta(max_length=60)
    ] = []


class SetStaff(Body, kw_only=True):
    """Whether an account is shut."""

    disabled: bool


class NewProject(Body, kw_only=True):
    """A room, its schools, and the teachers who lead it."""

    title: Title
    description: Annotated[str, Meta(max_length=4000)] = ""
    school_ids: Annotated[list[Id], Meta(max_length=20)] = []
    founders: Annotated[list[Id], Meta(min_length=1, max_length=20)]


class StaffFacts(msgspec.Struct, kw_only=True):
    """An account."""

    id: str
    kind: str
    name: str
    email: str
    school_id: str | None
    countries: list[str]
    disabled: bool


class InvitationFacts(msgspec.Struct, kw_only=True):
    """An invitation that can still be used; its secret is not known any more."""

    id: str
    kind: str
    email: str
    school_id: str | None
    expires_at: int


class ProjectFacts(msgspec.Struct, kw_only=True):
    """A room, from outside."""

    id: str
    title: str
    state: str
    members: int
    schools: list[SchoolFacts]


class Overview(msgspec.Struct, kw_only=True):
    """All that administration is about."""

    schools: list[SchoolFacts]
    staff: list[StaffFacts]
    invitations: list[InvitationFacts]
    projects: list[ProjectFacts]


class AdministrationRoutes:
    """The routes; whoever is no administrator finds nothing behind them."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._database = entry.database

    def routes(self) -> list[BaseRoute]:
        """List them."""
        return [
            Route("/administration", self.overview, methods=["GET"]),
            Route("/administration/schools", self.add_school, methods=["POST"]),
            Route("/administration/schools/{id}", self.edit_school, methods=["POST"]),
            Route("/administration/invitations", self.invite, methods=["POST"]),
            Route("/administration/invitations/{id}/revoke", self.revoke, methods=["POST"]),
            Route("/administration/staff/{id}", self.set_staff, methods=["POST"]),
            Route("/administration/staff/{id}/password", self.password_link, methods=["POST"]),
            Route("/administration/projects", self.found_project, methods=["POST"]),
        ]

    async def overview(self, request: Request) -> Response:
        """Show schools, staff, open invitations and projects."""
        await administrator(self._entry, request)
        now = self._entry.now()
        return answer(await self._database.read(lambda db: read_overview(db, now)))

    async def add_school(self, request: Request) -> Response:
        """Register a school."""
        await administrator(self._entry, request)
        body = _checked(await read_body(request, NewSchool))

        def add(db: Connection) -> str:
            return create_school(
                db,
                name=body.name,
                country=body.country,
                city=body.city,
                time_zone=body.time_zone or self._entry.settings.default_time_zone,
                now=self._entry.now(),
            )

        return answer(Made(id=await self._database.write(add)), 201)

    async def edit_school(self, request: Request) -> Response:
        """Change a school's facts; open rooms show them when they are next entered."""
        await administrator(self._entry, request)
        body = _checked(await read_body(request, NewSchool))
        values = {"name": body.name, "country": body.country, "city": body.city}
        if body.time_zone:
            values["time_zone"] = body.time_zone
        return await self._update(
            lambda db: (
                db.execute(
                    update(school).where(school.c.id == request.path_params["id"]).values(**values)
                ).rowcount
            )
        )

    async def invite(self, request: Request) -> Response:
        """Make a link that lets somebody make an account."""
        account_id = await administrator(self._entry, request)
        body = await read_body(request, NewAccount)
        if (body.kind == AccountKind.TEACHER) != (body.school_id is not None):
            raise InvalidCommand("A teacher belongs to a school.", code="accounts.school")
        if (body.kind == AccountKind.MODERATOR) != bool(body.countries):
            raise InvalidCommand("A moderator looks after countries.", code="accounts.countries")

        def make(db: Connection) -> str:
            known = select(school.c.id).where(school.c.id == body.school_id)
            if body.school_id and db.execute(known).first() is None:
                raise NotFound
            if body.email and find_by_email(db, body.email) is not None:
                raise Conflict(
                    "This e-mail address has an account already.", code="accounts.exists"
                )
            return create_invitation(
                db,
                Purpose.ACCOUNT,
                kind=body.kind,
                email=body.email,
                school_id=body.school_id,
                countries=" ".join(sorted(set(body.countries))),
                created_by=account_id,
                days=INVITATION_DAYS,
                now=self._entry.now(),
            )

        token = await self._database.write(make)
        return answer(MadeLink(link=link(self._entry.settings, token)), 201)

    async def revoke(self, request: Request) -> Response:
        """Take an invitation back."""
        await administrator(self._entry, request)
        return await self._update(
            lambda db: (
                db.execute(
                    update(invitation)
                    .where(invitation.c.id == request.path_params["id"])
                    .values(revoked_at=self._entry.now())
                ).rowcount
            )
        )

    async def set_staff(self, request: Request) -> Response:
        """Shut an account, which signs it out and takes back its links, or open it again."""
        me = await administrator(self._entry, request)
        body = await read_body(request, SetStaff)
        account_id, now = request.path_params["id"], self._entry.now()
        if account_id == me:
            raise Conflict("You cannot shut your own account.", code="accounts.own")

        def change(db: Connection) -> list[str]:
            changed = db.execute(
                update(account)
                .where(account.c.id == account_id)
                .values(disabled_at=now if body.disabled else None)
            ).rowcount
            if not changed:
                raise NotFound
            if not body.disabled:
                return []
            revoke_invitations(db, account_id, now)
            return sessions.revoke_account(db, account_id, now)

        self._entry.close_sessions(await self._database.write(change))
        return answer(Done())

    async def password_link(self, request: Request) -> Response:
        """Make a link with which somebody chooses a new password."""
        me = await administrator(self._entry, request)
        account_id = request.path_params["id"]

        def make(db: Connection) -> str:
            if find_account(db, account_id) is None:
                raise NotFound
            return create_invitation(
                db,
                Purpose.PASSWORD,
                account_id=account_id,
                created_by=me,
                days=PASSWORD_LINK_DAYS,
                now=self._entry.now(),
            )

        token = await self._database.write(make)
        return answer(MadeLink(link=link(self._entry.settings, token)), 201)

    async def found_project(self, request: Request) -> Response:
        """Found a room for teachers who will lead it."""
        await administrator(self._entry, request)
        body = await read_body(request, NewProject)

        def found(db: Connection) -> str:
            return founding.do_found_room(
                db,
                title=clean_line(body.title),
                description=clean_text(body.description),
                school_ids=body.school_ids,
                founder_ids=body.founders,
                now=self._entry.now(),
            )

        return answer(Made(id=await self._database.write(found)), 201)

    async def _update(self, work: Callable[[Connection], int]) -> Response:
        if not await self._database.write(work):
            raise NotFound
        return answer(Done())


def _checked(body: NewSchool) -> NewSchool:
    name, city = clean_line(body.name), clean_line(body.city)
    if not name:
        raise InvalidCommand("Give the school a name.", code="accounts.school_name")
    if body.time_zone and body.time_zone not in zoneinfo.available_timezones():
        raise InvalidCommand("There is no such time zone.", code="accounts.time_zone")
    return msgspec.structs.replace(body, name=name, city=city)


def read_overview(connection: Connection, now: int) -> Overview:
    """Read all that administration is about."""
    counted = connection.execute(
        select(member.c.room_id, func.count().label("members"))
        .where(member.c.removed_at.is_(None))
        .group_by(member.c.room_id)
    )
    counts: dict[str, int] = {row.room_id: row.members for row in counted}
    open_invitations = select(invitation).where(
        invitation.c.purpose == Purpose.ACCOUNT,
        invitation.c.used_at.is_(None),
        invitation.c.revoked_at.is_(None),
        invitation.c.expires_at > now,
    )
    return Overview(
        schools=[
            school_facts(row)
            for row in connection.execute(
                select(school).order_by(school.c.country, school.c.name, school.c.id)
            )
        ],
        staff=[
            StaffFacts(
                id=row.id,
                kind=row.kind,
                name=row.name,
                email=row.email,
                school_id=row.school_id,
                countries=row.countries.split(),
                disabled=row.disabled_at is not None,
            )
            for row in connection.execute(select(account).order_by(account.c.email_key))
        ],
        invitations=[
            InvitationFacts(
                id=row.id,
                kind=row.kind,
                email=row.email,
                school_id=row.school_id,
                expires_at=row.expires_at,
            )
            for row in connection.execute(open_invitations.order_by(invitation.c.expires_at))
        ],
        projects=[
            ProjectFacts(
                id=row.id,
                title=row.title,
                state=row.state,
                members=counts.get(row.id, 0),
                schools=read_schools(connection, row.id),
            )
            for row in connection.execute(select(room).order_by(room.c.title, room.c.id)).all()
        ],
    )
