"""Fetches members and teams with the rights to them checked: the only way to such a row."""

from typing import Any

from sqlalchemy import Row, func, select

from twinspace_rt.errors import Conflict, Forbidden, InvalidCommand, NotFound
from twinspace_rt.people.queries import read_member
from twinspace_rt.rooms.access import PUPILS, Role
from twinspace_rt.rooms.feature import Act
from twinspace_rt.rooms.founding import name_key
from twinspace_rt.rooms.models import member, room_school, team

NAME_KEY_MAX = 120


def access_managed(act: Act, member_id: str, *, removed: bool = False) -> Row[Any]:
    """Fetch a member whom this teacher looks after.

    A teacher-admin looks after everyone, a teacher after the pupils of the own school.

    Raises:
        NotFound: Not in this room; or removed, where those who are here were asked for (and the
            other way round); or a moderator, who is nobody's to manage.
        Forbidden: Somebody else's to look after.
    """
    row = read_member(act.connection, act.principal.room_id, member_id)
    if row is None or row.role == Role.MODERATOR or (row.removed_at is not None) is not removed:
        raise NotFound
    if act.principal.role is Role.TEACHER_ADMIN:
        return row
    if row.role not in PUPILS or row.school_id != act.principal.school_id:
        raise Forbidden(
            "You look after your own school's pupils. Ask a teacher who leads this project.",
            code="people.not_yours",
        )
    return row


def access_pupil(act: Act, member_id: str, *, removed: bool = False) -> Row[Any]:
    """Fetch a pupil whom this teacher looks after; raises as :func:`access_managed`."""
    row = access_managed(act, member_id, removed=removed)
    if row.role not in PUPILS:
        raise Forbidden("Only pupils have join cards.", code="people.no_pupil")
    return row


def access_school(act: Act, school_id: str) -> str:
    """Check that this teacher may add pupils to a school of the room; returns its id.

    Raises:
        NotFound: Not a school of this room.
        Forbidden: Another school, and this teacher does not lead the project.
    """
    found = act.connection.execute(
        select(room_school.c.school_id).where(
            room_school.c.room_id == act.principal.room_id, room_school.c.school_id == school_id
        )
    ).first()
    if found is None:
        raise NotFound
    if act.principal.role is not Role.TEACHER_ADMIN and school_id != act.principal.school_id:
        raise Forbidden("You can add pupils of your own school.", code="people.not_yours")
    return school_id


def access_team(act: Act, team_id: str) -> Row[Any]:
    """Fetch a team of this room.

    Raises:
        NotFound: Not there, or dissolved.
    """
    row = act.connection.execute(
        select(team).where(
            team.c.id == team_id,
            team.c.room_id == act.principal.room_id,
            team.c.removed.is_(False),
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def check_name_free(act: Act, name: str, *, but: str | None = None) -> str:
    """Make sure that nobody else in the room has a name, however written; returns its key.

    Names of the removed stay theirs: what they wrote still stands under them.

    Raises:
        InvalidCommand: It shows nothing.
        Conflict: Somebody has it.
    """
    key = name_key(name)
    if not key:
        raise name_missing()
    holder = act.connection.execute(
        select(member.c.id).where(
            member.c.room_id == act.principal.room_id, member.c.name_key == key
        )
    ).scalar_one_or_none()
    if len(key) > NAME_KEY_MAX or holder not in {None, but}:
        raise Conflict("This name is taken. Choose another one.", code="people.name_taken")
    return key


def name_missing() -> InvalidCommand:
    """Make the refusal of a name that shows nothing."""
    return InvalidCommand("Write a name.", code="people.name_missing")


def check_admin_stays(act: Act, leaving: Row[Any]) -> None:
    """Make sure that a room keeps somebody who leads it.

    Raises:
        Conflict: ``leaving`` is the only one.
    """
    if leaving.role != Role.TEACHER_ADMIN:
        return
    admins = act.connection.execute(
        select(func.count())
        .select_from(member)
        .where(
            member.c.room_id == act.principal.room_id,
            member.c.role == Role.TEACHER_ADMIN.value,
            member.c.removed_at.is_(None),
        )
    ).scalar_one()
    if admins <= 1:
        raise Conflict(
            "This is the only teacher who leads the project. Let another teacher lead it first.",
            code="people.last_admin",
        )
