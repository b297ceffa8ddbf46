"""Changes a room's teams, and the room's own facts."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, insert, select, update

from twinspace_rt.errors import Conflict, InvalidCommand
from twinspace_rt.ids import new_id
from twinspace_rt.people.access import access_team, name_missing
from twinspace_rt.people.messages import (
    AssignTeam,
    CreateTeam,
    EditRoom,
    RemoveTeam,
    RenameTeam,
    RoomChanged,
    SetRoomState,
    TeamChanged,
    TeamRemoved,
)
from twinspace_rt.people.queries import read_team
from twinspace_rt.plain_text import clean_line, clean_text
from twinspace_rt.rooms.access import ALL, WRITERS
from twinspace_rt.rooms.feature import Act
from twinspace_rt.rooms.founding import name_key
from twinspace_rt.rooms.models import member, room, team, team_member

TEAMS_MAX = 60


def do_create_team(act: Act, command: CreateTeam) -> str:
    """Make a team; returns its id."""
    name = _free_team_name(act, command.name)
    members = _members(act, command.member_ids)
    team_id = new_id()
    act.connection.execute(
        insert(team).values(id=team_id, room_id=act.principal.room_id, name=name, removed=False)
    )
    _put_members(act, team_id, members)
    act.emit(TeamChanged(team=read_team(act.connection, team_id, name)))
    return team_id


def do_rename_team(act: Act, command: RenameTeam) -> None:
    """Give a team another name."""
    row = access_team(act, command.team_id)
    name = _free_team_name(act, command.name, but=row.id)
    act.connection.execute(update(team).where(team.c.id == row.id).values(name=name))
    act.emit(TeamChanged(team=read_team(act.connection, row.id, name)))


def do_assign_team(act: Act, command: AssignTeam) -> None:
    """Put exactly these members into a team."""
    row = access_team(act, command.team_id)
    _put_members(act, row.id, _members(act, command.member_ids))
    act.emit(TeamChanged(team=read_team(act.connection, row.id, row.name)))


def do_remove_team(act: Act, command: RemoveTeam) -> None:
    """Dissolve a team; what it wrote stays with its teachers."""
    row = access_team(act, command.team_id)
    act.connection.execute(update(team).where(team.c.id == row.id).values(removed=True))
    _put_members(act, row.id, [])
    act.emit(TeamRemoved(team_id=row.id))


def _put_members(act: Act, team_id: str, member_ids: Sequence[str]) -> None:
    before = set(
        act.connection.execute(
            select(team_member.c.member_id).where(team_member.c.team_id == team_id)
        ).scalars()
    )
    act.connection.execute(delete(team_member).where(team_member.c.team_id == team_id))
    if member_ids:
        act.connection.execute(
            insert(team_member), [{"team_id": team_id, "member_id": m} for m in member_ids]
        )
    _bump(act, before ^ set(member_ids))


def _bump(act: Act, member_ids: Collection[str]) -> None:
    # Teams are part of a person's rights: a frame sent under the old ones is judged anew.
    act.connection.execute(
        update(member)
        .where(member.c.id.in_(member_ids))
        .values(role_version=member.c.role_version + 1)
    )


def _members(act: Act, member_ids: Sequence[str]) -> list[str]:
    wanted = sorted(set(member_ids))
    found = act.connection.execute(
        select(member.c.id).where(
            member.c.id.in_(wanted),
            member.c.room_id == act.principal.room_id,
            member.c.removed_at.is_(None),
            member.c.role.in_([role.value for role in WRITERS]),
        )
    ).scalars()
    if sorted(found) != wanted:
        raise InvalidCommand(
            "Somebody in this list does not belong to the room any more.", code="people.not_member"
        )
    return wanted


def _free_team_name(act: Act, name: str, *, but: str | None = None) -> str:
    name = clean_line(name)
    if not name:
        raise name_missing()
    rows = act.connection.execute(
        select(team.c.id, team.c.name).where(
            team.c.room_id == act.principal.room_id, team.c.removed.is_(False)
        )
    ).all()
    if any(name_key(r.name) == name_key(name) and r.id != but for r in rows):
        raise Conflict("There is a team with this name.", code="people.team_name_taken")
    if but is None and len(rows) >= TEAMS_MAX:
        raise Conflict(f"A room has at most {TEAMS_MAX} teams.", code="people.teams_full")
    return name


def do_edit_room(act: Act, command: EditRoom) -> None:
    """Give the room another title and description."""
    title = clean_line(command.title)
    if not title:
        raise InvalidCommand("Give the room a title.", code="people.title_missing")
    _change_room(act, title=title, description=clean_text(command.description))


def do_set_room_state(act: Act, command: SetRoomState) -> None:
    """Open the room, close it, or archive it: closed and archived rooms can be read."""
    _change_room(act, state=command.state)


def _change_room(act: Act, **values: str) -> None:
    row = act.connection.execute(
        update(room)
        .where(room.c.id == act.principal.room_id)
        .values(**values)
        .returning(room.c.title, room.c.description, room.c.state)
    ).one()
    act.emit(RoomChanged(title=row.title, description=row.description, state=row.state), ALL)
