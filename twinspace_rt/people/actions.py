"""Changes who belongs to a room, and what it calls them. Written here and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select, update

from twinspace_rt.accounts import sessions
from twinspace_rt.accounts.cards import put_card, take_cards
from twinspace_rt.accounts.invitations import revoke_invitations
from twinspace_rt.accounts.models import account
from twinspace_rt.errors import Conflict, InvalidCommand
from twinspace_rt.people.access import (
    access_managed,
    access_pupil,
    access_school,
    check_admin_stays,
    check_name_free,
)
from twinspace_rt.people.messages import (
    Added,
    AddPupils,
    CardReset,
    ChooseAvatar,
    ChooseLanguage,
    JoinCard,
    LanguageChosen,
    MemberChanged,
    MemberJoined,
    MemberRemoved,
    Remove,
    Rename,
    ResetCard,
    Restore,
    RosterChanged,
    RosterEntry,
    SetRole,
)
from twinspace_rt.people.queries import facts_of, read_member, read_names
from twinspace_rt.people.roster import Line, read_roster
from twinspace_rt.plain_text import clean_line
from twinspace_rt.protocol import Push
from twinspace_rt.rooms.access import (
    ALL,
    PUPILS,
    ROOM,
    TEACHERS,
    Role,
    member_audience,
    school_audience,
)
from twinspace_rt.rooms.avatars import CREATURES, NAMES, free_avatar
from twinspace_rt.rooms.feature import Act
from twinspace_rt.rooms.founding import add_member, name_key
from twinspace_rt.rooms.models import member, team_member


@dataclass(frozen=True, slots=True)
class Words:
    """A new card's words and their hash, made before the transaction: hashing takes its time."""

    plain: str
    hashed: str


def do_add_pupils(act: Act, command: AddPupils, words: Sequence[Words]) -> Added:
    """Make a pupil of each good line; says what is wrong with the others.

    Args:
        words: One for each line of the list.
    """
    school_id = access_school(act, command.school_id)
    taken, known = read_names(act.connection, act.principal, school_id)
    lines, problems = read_roster(command.roster, taken=taken, known=known)
    taken |= {name_key(line.name) for line in lines}
    cards = []
    roster = []
    for line, secret in zip(lines, words, strict=False):
        cards.append(_add_pupil(act, line, secret, taken, command))
        roster.append(RosterEntry(member_id=cards[-1].member_id, real_name=line.real_name))
    if roster:
        act.emit(RosterChanged(entries=roster), school_audience(school_id))
    return Added(cards=cards, problems=problems)


def _add_pupil(
    act: Act, line: Line, secret: Words, taken: set[str], command: AddPupils
) -> JoinCard:
    room_id = act.principal.room_id
    avatar = free_avatar(act.connection, room_id)
    name = line.name or _draw_name(NAMES[avatar[0]][command.language], taken)
    member_id = add_member(
        act.connection,
        room_id,
        role=Role.PUPIL,
        name=name,
        school_id=command.school_id,
        real_name=line.real_name,
        language=command.language,
        avatar=avatar,
        now=act.now,
    )
    code = put_card(act.connection, member_id, room_id, secret.hashed, act.now)
    tell_joined(act, member_id)
    return JoinCard(member_id=member_id, name=name, code=code, words=secret.plain)


def _draw_name(creature: str, taken: set[str]) -> str:
    # A pseudonym that says nothing about the child: the avatar's creature and a free number.
    number = next(n for n in range(1, 10_000) if name_key(f"{creature} {n}") not in taken)
    taken.add(name_key(f"{creature} {number}"))
    return f"{creature} {number}"


def do_reset_card(act: Act, command: ResetCard, words: Words) -> JoinCard:
    """Give a pupil a new card and sign them out wherever the old one was used."""
    row = access_pupil(act, command.member_id)
    sessions.revoke_members(act.connection, [row.id], act.now)
    act.emit(CardReset(member_id=row.id), "staff")
    return _new_card(act, row, words)


def _new_card(act: Act, row: Row[Any], words: Words) -> JoinCard:
    code = put_card(act.connection, row.id, row.room_id, words.hashed, act.now)
    return JoinCard(member_id=row.id, name=row.name, code=code, words=words.plain)


def do_rename(act: Act, command: Rename) -> None:
    """Change a member's name; adults may change their own, pupils' teachers their pupils'."""
    principal = act.principal
    if command.member_id == principal.member_id:
        row = read_member(act.connection, principal.room_id, principal.member_id)
        assert row is not None  # the action's own rights were just looked at
    else:
        row = access_managed(act, command.member_id)
    name = clean_line(command.name)
    values = {"name": name, "name_key": check_name_free(act, name, but=row.id)}
    real_name = None if command.real_name is None else clean_line(command.real_name)
    if real_name is not None and row.role in PUPILS and row.school_id == principal.school_id:
        values["real_name"] = real_name
    _change(act, row.id, **values)
    if "real_name" in values:
        entry = RosterEntry(member_id=row.id, real_name=values["real_name"])
        act.emit(RosterChanged(entries=[entry]), school_audience(row.school_id))


def do_set_role(act: Act, command: SetRole) -> None:
    """Trust a teacher or a pupil with more or less; neither ever becomes the other."""
    row, role = access_managed(act, command.member_id), Role(command.role)
    if not any({row.role, role} <= group for group in (TEACHERS, PUPILS)):
        raise InvalidCommand("A pupil and a teacher cannot change places.", code="people.role")
    if role is not Role.TEACHER_ADMIN:
        check_admin_stays(act, row)
        _take_links(act, row)
    _change(act, row.id, role=role.value, role_version=row.role_version + 1)


def do_remove(act: Act, command: Remove) -> None:
    """Take somebody out: what waits is refused, sockets close, a pupil's card and sessions end."""
    row = access_managed(act, command.member_id)
    check_admin_stays(act, row)
    act.connection.execute(
        update(member)
        .where(member.c.id == row.id)
        .values(removed_at=act.now, role_version=row.role_version + 1)
    )
    act.connection.execute(delete(team_member).where(team_member.c.member_id == row.id))
    take_cards(act.connection, [row.id])
    _take_links(act, row)
    sessions.revoke_members(act.connection, [row.id], act.now)
    _tell(act, row, MemberRemoved(member_id=row.id))


def do_restore(act: Act, command: Restore, words: Words) -> JoinCard | None:
    """Bring somebody back, with the old name and avatar; a pupil gets a new card."""
    row = access_managed(act, command.member_id, removed=True)
    act.connection.execute(
        update(member)
        .where(member.c.id == row.id)
        .values(removed_at=None, role_version=row.role_version + 1)
    )
    tell_joined(act, row.id)
    return _new_card(act, row, words) if row.role in PUPILS else None


def do_choose_avatar(act: Act, command: ChooseAvatar) -> None:
    """Take a creature and tint that nobody in the room has."""
    principal = act.principal
    if command.creature not in CREATURES:
        raise InvalidCommand("There is no such creature.", code="people.creature")
    holder = act.connection.execute(
        select(member.c.id).where(
            member.c.room_id == principal.room_id,
            member.c.id != principal.member_id,
            member.c.creature == command.creature,
            member.c.tint == command.tint,
        )
    ).first()
    if holder is not None:
        raise Conflict("Somebody has this picture already.", code="people.avatar_taken")
    _change(act, principal.member_id, creature=command.creature, tint=command.tint)


def do_choose_language(act: Act, command: ChooseLanguage) -> None:
    """Remember the language somebody reads in; staff read it so in every room."""
    member_id = act.principal.member_id
    mine = select(member.c.account_id).where(member.c.id == member_id).scalar_subquery()
    act.connection.execute(
        update(account).where(account.c.id == mine).values(language=command.language)
    )
    act.connection.execute(
        update(member)
        .where((member.c.id == member_id) | (member.c.account_id == mine))
        .values(language=command.language)
    )
    act.emit(
        LanguageChosen(member_id=member_id, language=command.language), member_audience(member_id)
    )


def _take_links(act: Act, row: Row[Any]) -> None:
    # What they may not do any more is not done by a link of their own making either.
    if row.account_id is not None:
        revoke_invitations(act.connection, row.account_id, act.now, room_id=row.room_id)


def _change(act: Act, member_id: str, **values: Any) -> None:
    act.connection.execute(update(member).where(member.c.id == member_id).values(**values))
    row = read_member(act.connection, act.principal.room_id, member_id)
    assert row is not None
    _tell(act, row, MemberChanged(member=facts_of(row)))


def tell_joined(act: Act, member_id: str) -> None:
    """Tell the room of a member who is new or back."""
    row = read_member(act.connection, act.principal.room_id, member_id)
    assert row is not None
    _tell(act, row, MemberJoined(member=facts_of(row)))


def _tell(act: Act, row: Row[Any], push: Push) -> None:
    # Visitors know the teachers, and themselves.
    act.emit(push, ALL if row.role in TEACHERS else ROOM)
    if row.role == Role.VISITOR:
        act.emit(push, member_audience(row.id))
