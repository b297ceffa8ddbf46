"""Who may do what: roles, room states, audiences, and the rules of the permission table.

The table is *message type x role x room state*. Each feature lists its rows beside its commands
(:class:`~twinspace_rt.rooms.feature.Feature`); what has no row is denied.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, select

from twinspace_rt.accounts.models import session
from twinspace_rt.errors import CloseCode, Disconnect, Forbidden
from twinspace_rt.rooms.models import member, room


class Role(StrEnum):
    """What a person is in a room."""

    TEACHER_ADMIN = "teacher-admin"
    TEACHER = "teacher"
    PUPIL_ADMIN = "pupil-admin"
    PUPIL = "pupil"
    VISITOR = "visitor"
    MODERATOR = "moderator"


class RoomState(StrEnum):
    """What a room is open for: everything, or (closed, archived) reading alone."""

    OPEN = "open"
    CLOSED = "closed"
    ARCHIVED = "archived"


ADMINS = frozenset({Role.TEACHER_ADMIN})
TEACHERS = frozenset({Role.TEACHER_ADMIN, Role.TEACHER})
STAFF = TEACHERS | {Role.MODERATOR}
PUPILS = frozenset({Role.PUPIL_ADMIN, Role.PUPIL})
WRITERS = TEACHERS | PUPILS
AUTHORS = TEACHERS | {Role.PUPIL_ADMIN}
READERS = WRITERS | {Role.MODERATOR}
EVERYONE = READERS | {Role.VISITOR}

OPEN = frozenset({RoomState.OPEN})
ANY_STATE = frozenset(RoomState)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the permission table: these roles, in these room states."""

    roles: frozenset[Role]
    states: frozenset[RoomState] = OPEN

    def allows(self, role: Role, state: RoomState) -> bool:
        """Tell whether the row has a yes for ``role`` while the room is in ``state``."""
        return role in self.roles and state in self.states

    def require(self, role: Role, state: RoomState) -> None:
        """Make sure that the row has a yes for ``role`` while the room is in ``state``.

        Raises:
            Forbidden: It has not.
        """
        if self.allows(role, state):
            return
        if role in self.roles:
            raise Forbidden("This room is closed. You can read everything.", code="room.closed")
        raise Forbidden("You cannot do this in this room.")


def reading(roles: frozenset[Role] = READERS) -> Rule:
    """Make the rule of a command that changes nothing: also in closed and archived rooms."""
    return Rule(roles, ANY_STATE)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a connection is and may do, as proved when it was admitted.

    Immutable: a change of role makes a new one, and what was captured with a frame stays with it.
    """

    room_id: str
    member_id: str
    role: Role
    school_id: str
    name: str
    session_id: str
    role_version: int
    teams: frozenset[str] = frozenset()
    language: str = "en"
    session_ends_at: int = 0
    """When the sign-in ends by itself, in milliseconds since 1970 UTC; 0: there is none."""
    visiting_since: int = 0
    """Of a moderator: when the visit began that the connection belongs to."""

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def is_teacher(self) -> bool:
        return self.role in TEACHERS

    @property
    def is_pupil(self) -> bool:
        return self.role in PUPILS


# Audiences of events, as stored beside each: who receives it.
ALL = "all"  # everyone, visitors too
ROOM = "room"  # everyone but visitors
STAFF_ONLY = "staff"


def team_audience(team_id: str) -> str:
    """Name the audience of a team: its members, and every adult of the room."""
    return f"team:{team_id}"


def member_audience(member_id: str) -> str:
    """Name the audience of one person alone."""
    return f"member:{member_id}"


def author_audience(member_id: str) -> str:
    """Name the audience of something waiting for a teacher: its author and the staff."""
    return f"author:{member_id}"


def school_audience(school_id: str) -> str:
    """Name the audience of what a school's own teachers alone may know: its pupils' names."""
    return f"school:{school_id}"


def can_see(principal: Principal, audience: str) -> bool:
    """Tell whether ``principal`` belongs to ``audience``; an unknown audience has no members."""
    if audience == ROOM:
        return principal.role is not Role.VISITOR
    if audience == ALL:
        return True
    if audience == STAFF_ONLY:
        return principal.is_staff
    kind, _, target = audience.partition(":")
    if kind == "team":
        return principal.is_staff or target in principal.teams
    if kind == "member":
        return principal.member_id == target
    if kind == "author":
        return principal.is_staff or principal.member_id == target
    if kind == "school":
        return principal.is_teacher and principal.school_id == target
    return False


# Part of every command. Made once: to make a statement takes longer than to run it.
_STANDING = (
    select(
        member.c.role_version,
        member.c.removed_at,
        session.c.id,
        session.c.revoked_at,
        room.c.state,
    )
    .join(room, room.c.id == member.c.room_id)
    .outerjoin(session, session.c.id == bindparam("session_id"))
    .where(member.c.id == bindparam("member_id"))
)


def recheck(connection: Connection, principal: Principal) -> RoomState:
    """Make sure, inside a transaction, that ``principal`` is still who it was at the frame.

    Returns:
        What the room is open for by now.

    Raises:
        Disconnect: Removed from the room or signed out since.
        Forbidden: The role has changed since; the next command is judged by the new one.
    """
    row = connection.execute(
        _STANDING, {"session_id": principal.session_id, "member_id": principal.member_id}
    ).one_or_none()
    if row is None or row.removed_at is not None:
        raise Disconnect(CloseCode.REMOVED, "removed")
    if row.id is None or row.revoked_at is not None:
        raise Disconnect(CloseCode.SIGNED_OUT, "signed_out")
    if row.role_version != principal.role_version:
        raise Forbidden(
            "Your role in this room has just changed. Please try once more.", code="role_changed"
        )
    return RoomState(row.state)


def roles_sorted(roles: Iterable[Role]) -> list[str]:
    """List roles in the order of the enumeration, for tables people read."""
    wanted = set(roles)
    return [role.value for role in Role if role in wanted]
