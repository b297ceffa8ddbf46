"""Which channels there are, and who sees which.

Nothing makes a channel: everyone has one, the staff have one, and each team has the one that bears
its identifier, from the moment the team exists until it is removed.
"""

from collections.abc import Collection

from sqlalchemy import Connection, Select, Subquery, bindparam, literal, or_, select, union_all

from twinspace_rt.errors import NotFound
from twinspace_rt.rooms.access import ROOM, STAFF, STAFF_ONLY, Principal, Role, team_audience
from twinspace_rt.rooms.models import member, team, team_member

EVERYONE = "everyone"
STAFF_ROOM = "staff"
# Asked for with every message to a team or to the staff. Made once: to make a statement takes
# longer than to ask it.
_TEAMS = (
    select(team.c.id)
    .where(team.c.room_id == bindparam("room_id"), team.c.removed.is_(False))
    .order_by(team.c.name, team.c.id)
)
_MY_TEAMS = _TEAMS.join(team_member, team_member.c.team_id == team.c.id).where(
    team_member.c.member_id == bindparam("member_id")
)


def _listed(fixed: Collection[str], teams: Select[tuple[str]]) -> Subquery:
    parts = [
        select(literal(id_).label("id"), literal(place).label("place"), literal("").label("name"))
        for place, id_ in enumerate(fixed)
    ]
    of_teams = teams.with_only_columns(team.c.id, literal(len(fixed)), team.c.name).order_by(None)
    return union_all(*parts, of_teams).subquery("channel")


# What visible_channels lists for the staff and for others, in statements that ask of each channel.
ALL_CHANNELS = _listed((EVERYONE, STAFF_ROOM), _TEAMS)
MY_CHANNELS = _listed((EVERYONE,), _MY_TEAMS)


def audience_of(channel_id: str) -> str:
    """Name the audience of what happens in a channel."""
    if channel_id == EVERYONE:
        return ROOM
    return STAFF_ONLY if channel_id == STAFF_ROOM else team_audience(channel_id)


def visible_channels(connection: Connection, principal: Principal) -> list[str]:
    """List the channels that ``principal`` sees: everyone's, the staff's, teams by name.

    Membership of teams is read from the database: a connection may not know of a change yet.
    """
    if principal.role is Role.VISITOR:
        return []
    whose = {"room_id": principal.room_id}
    if principal.is_staff:
        return [EVERYONE, STAFF_ROOM, *connection.execute(_TEAMS, whose).scalars()]
    whose["member_id"] = principal.member_id
    return [EVERYONE, *connection.execute(_MY_TEAMS, whose).scalars()]


def access_channel(connection: Connection, principal: Principal, channel_id: str) -> str:
    """Return the audience of a channel that ``principal`` sees.

    Raises:
        NotFound: There is no such channel, or not for this person.
    """
    if channel_id == EVERYONE and principal.role is not Role.VISITOR:
        return ROOM
    if channel_id not in visible_channels(connection, principal):
        raise NotFound
    return audience_of(channel_id)


def members_who_see(
    connection: Connection, room_id: str, channel_id: str, member_ids: Collection[str]
) -> set[str]:
    """Pick those of ``member_ids`` who are in the room now and see the channel."""
    wanted = select(member.c.id).where(
        member.c.id.in_(member_ids),
        member.c.room_id == room_id,
        member.c.removed_at.is_(None),
        member.c.role != Role.VISITOR.value,
    )
    if channel_id != EVERYONE:
        staff = member.c.role.in_([role.value for role in STAFF])
        in_team = member.c.id.in_(
            select(team_member.c.member_id).where(team_member.c.team_id == channel_id)
        )
        wanted = wanted.where(or_(staff, in_team))
    return set(connection.execute(wanted).scalars())
