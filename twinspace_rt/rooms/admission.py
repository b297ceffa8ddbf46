"""Who a connection is: from a session's token to a member of a room."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, exists, select

from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.models import session
from twinspace_rt.accounts.sessions import SignedIn
from twinspace_rt.accounts.tickets import Tickets
from twinspace_rt.db.engine import Database
from twinspace_rt.db.many import is_one_of
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Principal, Role
from twinspace_rt.rooms.models import member, moderator_visit, team, team_member

# Asked for at every door. Made once: to make a statement takes longer than to ask it.
# By the room's teams: whose they are is found by team, never by member.
_IS_IN = exists().where(team_member.c.team_id == team.c.id, team_member.c.member_id == member.c.id)
_MEMBERS = (
    select(member, team.c.id.label("team_id"))
    .select_from(member)
    .outerjoin(
        team,
        (team.c.room_id == member.c.room_id)
        & team.c.removed.is_(False)
        & _IS_IN.correlate(team, member),
    )
    .where(member.c.room_id == bindparam("room_id"), member.c.removed_at.is_(None))
)
_PUPIL = _MEMBERS.where(member.c.id == bindparam("who"))
_OF_ACCOUNT = _MEMBERS.where(member.c.account_id == bindparam("who"))
_VISIT = select(moderator_visit.c.came_at).where(
    moderator_visit.c.room_id == bindparam("room_id"),
    moderator_visit.c.session_id == bindparam("session_id"),
    moderator_visit.c.left_at.is_(None),
)


class Doorkeeper:
    """Proves who wants to come into a room.

    A session that does not hold, a room that is not there and a room one is no member of get the
    same answer: nobody.
    """

    def __init__(self, database: Database, tickets: Tickets) -> None:
        self._database = database
        self._tickets = tickets

    async def by_cookie(self, token: str, room_id: str) -> Principal | None:
        """Find who the bearer of a session cookie is in a room."""
        return await self._database.read(lambda db: principal_for(db, token, room_id))

    async def by_ticket(self, ticket: str, room_id: str) -> Principal | None:
        """Find who the bearer of a one-time ticket is in a room; the ticket is spent."""

        def redeem(db: Connection) -> Principal | None:
            now = now_ms()
            session_id = self._tickets.redeem(db, ticket, room_id, now)
            signed_in = sessions.find_by_id(db, session_id, now) if session_id else None
            return None if signed_in is None else principal_of(db, signed_in, room_id)

        return await self._database.write(redeem)

    async def again(self, principal: Principal) -> Principal | None:
        """Find who somebody is by now.

        For those who have just entered their room: from there they hear of every change, but of
        none that came between the proof and the entering.
        """

        def read(db: Connection) -> Principal | None:
            signed_in = sessions.find_by_id(db, principal.session_id, now_ms())
            return None if signed_in is None else principal_of(db, signed_in, principal.room_id)

        return await self._database.read(read)


def principal_for(connection: Connection, token: str, room_id: str) -> Principal | None:
    """Find who the bearer of a session's token is in a room. Reads only."""
    signed_in = sessions.find(connection, token, now_ms())
    return None if signed_in is None else principal_of(connection, signed_in, room_id)


def principal_of(connection: Connection, signed_in: SignedIn, room_id: str) -> Principal | None:
    """Find who a signed-in person is in a room; none if they are nobody there."""
    rows = connection.execute(
        _PUPIL if signed_in.member_id else _OF_ACCOUNT,
        {"who": signed_in.member_id or signed_in.account_id, "room_id": room_id},
    ).all()
    if not rows:
        return None
    row = rows[0]
    since = visiting_since(connection, signed_in, room_id) if row.role == Role.MODERATOR else 0
    if since is None:
        return None
    return Principal(
        room_id=room_id,
        member_id=row.id,
        role=Role(row.role),
        school_id=row.school_id or "",
        name=row.name,
        session_id=signed_in.session_id,
        role_version=row.role_version,
        teams=frozenset(row.team_id for row in rows if row.team_id is not None),
        language=row.language,
        session_ends_at=signed_in.expires_at,
        visiting_since=since,
    )


def visiting_since(connection: Connection, signed_in: SignedIn, room_id: str) -> int | None:
    """Tell when a moderator entered a room under this sign-in; none if they are not visiting it.

    A moderator enters by saying so: each visit is logged and the room is told of it.
    """
    return connection.execute(
        _VISIT, {"room_id": room_id, "session_id": signed_in.session_id}
    ).scalar_one_or_none()


def ended_sessions(connection: Connection, session_ids: Collection[str]) -> set[str]:
    """Find which of these sign-in sessions have been ended, or are not there any more."""
    wanted = is_one_of(connection, session.c.id, session_ids)
    living = connection.execute(select(session.c.id).where(wanted, session.c.revoked_at.is_(None)))
    return set(session_ids) - set(living.scalars())
