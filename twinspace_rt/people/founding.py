"""Founds rooms and lets staff into them.

A room's own commands cannot: whoever sends one is in the room already.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update

from twinspace_rt.accounts.models import account, school, session
from twinspace_rt.accounts.people import AccountKind, watches
from twinspace_rt.accounts.sessions import SignedIn
from twinspace_rt.errors import Conflict, Forbidden, InvalidCommand, NotFound
from twinspace_rt.ids import new_id
from twinspace_rt.people.actions import tell_joined
from twinspace_rt.people.messages import ModeratorCame, ModeratorLeft
from twinspace_rt.people.queries import signed_out_at
from twinspace_rt.rooms.access import Principal, Role
from twinspace_rt.rooms.admission import visiting_since
from twinspace_rt.rooms.feature import Act
from twinspace_rt.rooms.founding import add_member, create_room, name_key
from twinspace_rt.rooms.models import member, moderator_visit, room, room_school
from twinspace_rt.streams.log import Transaction

SCHOOLS_MAX = 20


def do_found_room(
    connection: Connection,
    *,
    title: str,
    description: str,
    school_ids: Sequence[str],
    founder_ids: Sequence[str],
    now: int,
) -> str:
    """Open a room for schools, led by its founders; returns its id.

    The founders' own schools belong to it, listed or not.

    Raises:
        InvalidCommand: No title, a school or an account that is not there, or nobody to lead it.
    """
    founders = connection.execute(
        select(account).where(
            account.c.id.in_(founder_ids),
            account.c.school_id.is_not(None),
            account.c.disabled_at.is_(None),
        )
    ).all()
    if not founders or len(founders) != len(set(founder_ids)):
        raise InvalidCommand("Choose teachers of a school to lead it.", code="people.founders")
    wanted = set(school_ids) | {row.school_id for row in founders}
    known = set(connection.execute(select(school.c.id).where(school.c.id.in_(wanted))).scalars())
    if known != wanted or len(wanted) > SCHOOLS_MAX:
        raise InvalidCommand("Choose schools that are registered here.", code="people.schools")
    if not title:
        raise InvalidCommand("Give the room a title.", code="people.title_missing")
    room_id = create_room(
        connection, title=title, description=description, school_ids=sorted(wanted), now=now
    )
    for row in founders:
        _add_staff(connection, room_id, row, Role.TEACHER_ADMIN, row.school_id, now)
    return room_id


def access_new_colleague(
    connection: Connection, school_id: str | None, inviter: str | None
) -> None:
    """Make sure that whoever invites may let a new account into this school.

    A school's teachers see the real names of its pupils. So once a school has a teacher here, only
    its own people and an administrator make further ones; a partner's link is then for somebody
    who has an account at that school already.

    Raises:
        Forbidden: The link was made by somebody of another school.
    """
    if school_id is None:
        return
    made_by = connection.execute(select(account).where(account.c.id == inviter)).one_or_none()
    if made_by is None or made_by.kind == AccountKind.ADMINISTRATOR:
        return
    staffed = connection.execute(
        select(account.c.id)
        .where(account.c.school_id == school_id, account.c.disabled_at.is_(None))
        .limit(1)
    ).first()
    if staffed is not None and made_by.school_id != school_id:
        raise Forbidden(
            "This school has teachers here already. Sign in with your account, or ask a "
            "colleague at your school or the administrator for a link.",
            code="accounts.ask_your_school",
        )


def do_join_room(
    transaction: Transaction, account_id: str, room_id: str, role: Role, school_id: str | None
) -> str:
    """Let an account into a room, or back into it, and tell the room; returns the member's id.

    Raises:
        Conflict: They are in it already.
        Forbidden: The account is another school's than the invitation, or a guest's and the
            invitation a teacher's.
    """
    transaction.lock(room_id)
    connection = transaction.connection
    row = connection.execute(select(account).where(account.c.id == account_id)).one()
    if row.kind == AccountKind.VISITOR and role is not Role.VISITOR:
        raise Forbidden("This invitation is for a teacher.", code="accounts.for_teachers")
    if row.school_id not in {None, school_id}:
        raise Forbidden(
            "This invitation is for a teacher of another school.", code="accounts.other_school"
        )
    old = connection.execute(
        select(member).where(member.c.room_id == room_id, member.c.account_id == account_id)
    ).one_or_none()
    if old is None:
        member_id = _add_staff(connection, room_id, row, role, school_id, transaction.now)
    elif old.removed_at is None:
        raise Conflict("You are in this room already.", code="accounts.member_already")
    else:
        member_id = old.id
        connection.execute(
            update(member)
            .where(member.c.id == member_id)
            .values(
                removed_at=None,
                role=role.value,
                school_id=school_id,
                role_version=old.role_version + 1,
            )
        )
    tell_joined(_act(transaction, room_id, member_id, role), member_id)
    return member_id


def do_visit(transaction: Transaction, signed_in: SignedIn, room_id: str) -> str:
    """Let a moderator enter a room: it is logged, and the room is told; returns the member's id.

    Entering again under the same sign-in is the same visit.

    Raises:
        NotFound: No such room, or none this account looks after; nobody can tell which.
    """
    connection = transaction.connection
    row = connection.execute(select(account).where(account.c.id == signed_in.account_id)).one()
    if row.kind != "moderator" or not _watches_room(connection, row.countries, room_id):
        raise NotFound
    member_id = connection.execute(
        select(member.c.id).where(member.c.room_id == room_id, member.c.account_id == row.id)
    ).scalar_one_or_none()
    if member_id is not None and visiting_since(connection, signed_in, room_id) is not None:
        return str(member_id)
    if member_id is None:
        member_id = _add_staff(connection, room_id, row, Role.MODERATOR, None, transaction.now)
        tell_joined(_act(transaction, room_id, member_id, Role.MODERATOR), member_id)
    # On another device: a window that stayed open there would watch without a visit.
    _end_visits(transaction, room_id, moderator_visit.c.account_id == row.id)
    connection.execute(
        insert(moderator_visit).values(
            id=new_id(),
            room_id=room_id,
            account_id=row.id,
            session_id=signed_in.session_id,
            came_at=transaction.now,
        )
    )
    # As the room knows them: the account's own name may have been taken here.
    name = connection.execute(select(member.c.name).where(member.c.id == member_id)).scalar_one()
    act = _act(transaction, room_id, member_id, Role.MODERATOR)
    act.emit(ModeratorCame(member_id=member_id, name=name))
    return str(member_id)


def do_leave(transaction: Transaction, signed_in: SignedIn, room_id: str) -> None:
    """End a moderator's visit; where there is none, nothing happens."""
    _end_visits(transaction, room_id, moderator_visit.c.session_id == signed_in.session_id)


def rooms_left(connection: Connection, now: int) -> list[str]:
    """List the rooms with a visit that was to end with its sign-in, which has ended."""
    return list(
        connection.execute(
            select(moderator_visit.c.room_id)
            .join(session, session.c.id == moderator_visit.c.session_id)
            .where(moderator_visit.c.left_at.is_(None), _signed_out(now))
            .distinct()
        ).scalars()
    )


def do_end_visits(transaction: Transaction, room_id: str) -> None:
    """End the visits to a room whose sign-in has ended; each is told once, whoever else looks."""
    _end_visits(transaction, room_id, _signed_out(transaction.now))


def _signed_out(now: int) -> ColumnElement[bool]:
    return or_(session.c.revoked_at.is_not(None), session.c.expires_at <= now)


def watched_rooms(connection: Connection, countries: str) -> list[str]:
    """List the rooms with a school of a moderator's countries."""
    rows = connection.execute(
        select(room_school.c.room_id, school.c.country).join(
            school, school.c.id == room_school.c.school_id
        )
    )
    return sorted({row.room_id for row in rows if watches(countries, row.country)})


def _watches_room(connection: Connection, countries: str, room_id: str) -> bool:
    found = connection.execute(
        select(school.c.country)
        .join(room_school, room_school.c.school_id == school.c.id)
        .join(room, room.c.id == room_school.c.room_id)
        .where(room.c.id == room_id)
    ).scalars()
    return any(watches(countries, country) for country in found)


def _end_visits(transaction: Transaction, room_id: str, which: ColumnElement[bool]) -> None:
    """End those visits to a room that are not known to have ended, and tell the room of each.

    One whose sign-in has ended since ended with it.
    """
    open_visits = transaction.connection.execute(
        select(
            moderator_visit.c.id,
            moderator_visit.c.came_at,
            member.c.id.label("member_id"),
            session.c.revoked_at,
            session.c.expires_at,
        )
        .join(session, session.c.id == moderator_visit.c.session_id)
        .join(
            member,
            (member.c.account_id == moderator_visit.c.account_id)
            & (member.c.room_id == moderator_visit.c.room_id),
        )
        .where(moderator_visit.c.room_id == room_id, moderator_visit.c.left_at.is_(None), which)
        .order_by(moderator_visit.c.came_at, moderator_visit.c.id)
    ).all()
    for row in open_visits:
        left_at = min(transaction.now, signed_out_at(row.revoked_at, row.expires_at))
        transaction.connection.execute(
            update(moderator_visit).where(moderator_visit.c.id == row.id).values(left_at=left_at)
        )
        act = _act(transaction, room_id, row.member_id, Role.MODERATOR)
        act.emit(ModeratorLeft(member_id=row.member_id, came_at=row.came_at, left_at=left_at))


def _add_staff(
    connection: Connection,
    room_id: str,
    row: Row[Any],
    role: Role,
    school_id: str | None,
    now: int,
) -> str:
    taken = set(
        connection.execute(select(member.c.name_key).where(member.c.room_id == room_id)).scalars()
    )
    names = (row.name if n == 1 else f"{row.name[:54]} {n}" for n in range(1, 10_000))
    return add_member(
        connection,
        room_id,
        role=role,
        name=next(name for name in names if name_key(name) not in taken),
        school_id=school_id,
        account_id=row.id,
        language=row.language,
        now=now,
    )


def _act(transaction: Transaction, room_id: str, member_id: str, role: Role) -> Act:
    # Its author is not connected: the session and the rights of a frame have no part in it.
    principal = Principal(
        room_id=room_id,
        member_id=member_id,
        role=role,
        school_id="",
        name="",
        session_id="",
        role_version=0,
    )
    return Act(transaction, principal, None)
