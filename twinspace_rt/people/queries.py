"""Reads who belongs to a room."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, select

from twinspace_rt.accounts.models import school, session
from twinspace_rt.people.messages import (
    Added,
    AddPupils,
    MemberFacts,
    PeopleSnapshot,
    RosterEntry,
    SchoolFacts,
    TeamFacts,
    Visit,
    Visits,
)
from twinspace_rt.people.roster import read_roster
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import PUPILS, TEACHERS, Principal, Role
from twinspace_rt.rooms.founding import name_key
from twinspace_rt.rooms.models import member, moderator_visit, room_school, team, team_member
from twinspace_rt.streams.log import Event

VISITS_MAX = 50
# Asked for by everyone who comes. Made once: to make a statement takes longer than to ask it.
_MEMBERS = (
    select(
        member.c.id,
        member.c.name,
        member.c.role,
        member.c.school_id,
        member.c.creature,
        member.c.tint,
        member.c.real_name,
        member.c.removed_at,
    )
    .where(member.c.room_id == bindparam("room_id"))
    .order_by(member.c.created_at, member.c.id)
)
_SCHOOLS = (
    select(school)
    .join(room_school, room_school.c.school_id == school.c.id)
    .where(room_school.c.room_id == bindparam("room_id"))
    .order_by(school.c.created_at, school.c.id)
)
# One join after the other: for a join within a join SQLite reads the members of all teams.
_TEAMS = (
    select(team.c.id, team.c.name, member.c.id.label("member_id"))
    .select_from(team)
    .outerjoin(team_member, team_member.c.team_id == team.c.id)
    .outerjoin(member, (member.c.id == team_member.c.member_id) & member.c.removed_at.is_(None))
    .where(team.c.room_id == bindparam("room_id"), team.c.removed.is_(False))
    .order_by(team.c.name, team.c.id, member.c.id)
)


def people_snapshot(connection: Connection, principal: Principal) -> PeopleSnapshot:
    """Read who belongs to the room, as far as ``principal`` may know."""
    rows = connection.execute(_MEMBERS, {"room_id": principal.room_id}).all()
    here = [row for row in rows if row.removed_at is None]
    gone = [row for row in rows if row.removed_at is not None]
    if principal.role is Role.VISITOR:
        here = [r for r in here if r.id == principal.member_id or r.role in TEACHERS]
        gone = [r for r in gone if r.role in TEACHERS]
    return PeopleSnapshot(
        schools=read_schools(connection, principal.room_id),
        members=[facts_of(row) for row in here],
        teams=[] if principal.role is Role.VISITOR else _teams(connection, principal.room_id),
        removed=[facts_of(row) for row in gone],
        roster=[
            RosterEntry(member_id=row.id, real_name=row.real_name)
            for row in rows
            if principal.is_teacher and row.school_id == principal.school_id and row.role in PUPILS
        ],
    )


def read_schools(connection: Connection, room_id: str) -> list[SchoolFacts]:
    """Read the room's schools, in the order in which they were registered."""
    rows = connection.execute(_SCHOOLS, {"room_id": room_id})
    return [school_facts(row) for row in rows]


def school_facts(row: Row[Any]) -> SchoolFacts:
    """Make what everyone sees of a school from the school's row."""
    return SchoolFacts(
        id=row.id,
        name=row.name,
        country=row.country,
        city=row.city,
        time_zone=row.time_zone,
        hue=row.hue,
    )


def facts_of(row: Any) -> MemberFacts:
    """Make what everyone sees of a member from the member's row."""
    return MemberFacts(
        id=row.id,
        name=row.name,
        role=row.role,
        school_id=row.school_id,
        creature=row.creature,
        tint=row.tint,
    )


def read_member(connection: Connection, room_id: str, member_id: str) -> Row[Any] | None:
    """Read a member's row, removed or not."""
    return connection.execute(
        select(member).where(member.c.id == member_id, member.c.room_id == room_id)
    ).one_or_none()


def read_names(
    connection: Connection, principal: Principal, school_id: str, *, but: Collection[str] = ()
) -> tuple[set[str], set[str]]:
    """Read what a list of pupils of a school is judged by, leaving out the members ``but``.

    Returns:
        The name keys of all members, removed ones too, and of the school's real names.
    """
    rows = connection.execute(
        select(member.c.id, member.c.name_key, member.c.real_name, member.c.school_id).where(
            member.c.room_id == principal.room_id
        )
    ).all()
    rows = [row for row in rows if row.id not in but]
    # Whether a name stands in another school's roster is for that school's teachers to know.
    own = school_id == principal.school_id
    known = {name_key(row.real_name) for row in rows if own and row.school_id == school_id}
    return {row.name_key for row in rows}, known - {""}


def read_added(
    connection: Connection, principal: Principal, command: AddPupils, first: Event
) -> Added:
    """Read what came of a list of pupils that was taken before, and began with the event ``first``.

    The words are not stored: whose they were is told in their place.
    """
    made = connection.execute(
        select(member.c.id)
        .where(
            member.c.room_id == principal.room_id,
            member.c.school_id == command.school_id,
            member.c.role.in_([role.value for role in PUPILS]),
            # The events and the rows of one action bear one time.
            member.c.created_at == msgspec.json.decode(first.frame)["at"],
        )
        .order_by(member.c.id)
    ).scalars()
    lost = list(made)
    taken, known = read_names(connection, principal, command.school_id, but=lost)
    _, problems = read_roster(command.roster, taken=taken, known=known)
    return Added(cards=[], problems=problems, lost=lost)


def read_team(connection: Connection, team_id: str, name: str) -> TeamFacts:
    """Read who is in a team."""
    ids = connection.execute(
        select(team_member.c.member_id)
        .join(member, member.c.id == team_member.c.member_id)
        .where(team_member.c.team_id == team_id, member.c.removed_at.is_(None))
        .order_by(team_member.c.member_id)
    ).scalars()
    return TeamFacts(id=team_id, name=name, member_ids=list(ids))


def _teams(connection: Connection, room_id: str) -> list[TeamFacts]:
    teams: dict[str, TeamFacts] = {}
    for team_id, name, member_id in connection.execute(_TEAMS, {"room_id": room_id}):
        facts = teams.setdefault(team_id, TeamFacts(id=team_id, name=name, member_ids=[]))
        if member_id is not None:
            facts.member_ids.append(member_id)
    return list(teams.values())


def read_visits(connection: Connection, room_id: str) -> Visits:
    """Read which moderators were in the room, newest first."""
    rows = connection.execute(
        select(
            moderator_visit.c.came_at,
            moderator_visit.c.left_at,
            session.c.revoked_at,
            session.c.expires_at,
            member.c.name,
        )
        .join(session, session.c.id == moderator_visit.c.session_id)
        .join(
            member,
            (member.c.account_id == moderator_visit.c.account_id)
            & (member.c.room_id == moderator_visit.c.room_id),
        )
        .where(moderator_visit.c.room_id == room_id)
        .order_by(moderator_visit.c.came_at.desc(), moderator_visit.c.id)
        .limit(VISITS_MAX)
    )
    now = now_ms()
    visits = []
    for row in rows:
        left_at = row.left_at
        if left_at is None:
            # The visit ends with its sign-in, also in the moment before that is noted.
            end = signed_out_at(row.revoked_at, row.expires_at)
            left_at = end if end <= now else None
        visits.append(Visit(name=row.name, came_at=row.came_at, left_at=left_at))
    return Visits(visits=visits)


def signed_out_at(revoked_at: int | None, expires_at: int) -> int:
    """Tell when a sign-in ended or will end, which may have been revoked after its time."""
    return expires_at if revoked_at is None else min(revoked_at, expires_at)
