"""Frames of the people of a room, and what a joiner is told of them."""

from typing import Annotated

from msgspec import Meta, Struct

from twinspace_rt.protocol import Command, Id, Millis, Push, Title, WriteCommand
from twinspace_rt.rooms.avatars import TINTS
from twinspace_rt.rooms.feature import Changed

Name = Annotated[str, Meta(min_length=1, max_length=60)]
Language = Annotated[str, Meta(pattern="^(en|sv|da)$")]
Roster = Annotated[str, Meta(min_length=1, max_length=12_000)]
Members = Annotated[list[Id], Meta(max_length=300)]
LINES_MAX = 60


class SchoolFacts(Struct, kw_only=True):
    """A school of the room; ``hue`` is its place in the colour-blind-safe set."""

    id: str
    name: str
    country: str
    city: str
    time_zone: str
    hue: int


class MemberFacts(Struct, kw_only=True):
    """What everyone in the room sees of a member; of a pupil, the pseudonym."""

    id: str
    name: str
    role: str
    school_id: str | None
    creature: str
    tint: int


class TeamFacts(Struct, kw_only=True):
    """A team and who is in it."""

    id: str
    name: str
    member_ids: list[str]


class RosterEntry(Struct, kw_only=True):
    """A pupil's real name, for teachers of the same school."""

    member_id: str
    real_name: str


class JoinCard(Struct, kw_only=True):
    """What is printed on a pupil's card; the words are told this once and not stored."""

    member_id: str
    name: str
    code: str
    words: str


class Problem(Struct, kw_only=True):
    """Why one line of a pasted list made no pupil; ``line`` counts from 1."""

    line: int
    code: str
    text: str


class Added(Struct, kw_only=True):
    """What came of a list of pupils.

    ``lost`` are pupils who were made before, whose words went with a reply that did not arrive.
    """

    cards: list[JoinCard]
    problems: list[Problem]
    lost: list[str] = []


class PeopleSnapshot(Struct, kw_only=True):
    """Who belongs to the room, and who did: what they wrote keeps their name.

    ``roster`` is for teachers and holds their own school's pupils. A visitor sees the schools, the
    teachers and themselves.
    """

    schools: list[SchoolFacts]
    members: list[MemberFacts]
    teams: list[TeamFacts]
    removed: list[MemberFacts]
    roster: list[RosterEntry]


class PupilsAdded(Changed, kw_only=True):
    """The reply to ``people.add_pupils``."""

    result: Added | None = None


class CardMade(Changed, kw_only=True):
    """The reply to what makes a card; there is none for adults, nor in the reply to a repeat."""

    result: JoinCard | None = None


class Visit(Struct, kw_only=True):
    """A moderator's visit; ``left_at`` is missing while it lasts."""

    name: str
    came_at: Millis
    left_at: Millis | None


class Visits(Struct, kw_only=True):
    """The latest visits, newest first."""

    visits: list[Visit]


class AddPupils(WriteCommand, tag="people.add_pupils", kw_only=True, frozen=True):
    """Make pupils from a list: on each line a real name or ``real name, pseudonym``."""

    school_id: Id
    roster: Roster
    language: Language


class ResetCard(WriteCommand, tag="people.reset_card", kw_only=True, frozen=True):
    """Give a pupil a new card; the old one and its sign-ins end."""

    member_id: Id


class Rename(WriteCommand, tag="people.rename", kw_only=True, frozen=True):
    """Change what the room calls somebody and, of a pupil, the real name in the roster."""

    member_id: Id
    name: Name
    real_name: Annotated[str, Meta(max_length=120)] | None = None


class SetRole(WriteCommand, tag="people.set_role", kw_only=True, frozen=True):
    """Trust somebody with more, or with less."""

    member_id: Id
    role: Annotated[str, Meta(pattern="^(teacher-admin|teacher|pupil-admin|pupil)$")]


class Remove(WriteCommand, tag="people.remove", kw_only=True, frozen=True):
    """Take somebody out of the room; what they wrote stays."""

    member_id: Id


class Restore(WriteCommand, tag="people.restore", kw_only=True, frozen=True):
    """Bring somebody back who was removed; a pupil gets a new card."""

    member_id: Id


class CreateTeam(WriteCommand, tag="people.create_team", kw_only=True, frozen=True):
    """Make a team."""

    name: Name
    member_ids: Members = []


class RenameTeam(WriteCommand, tag="people.rename_team", kw_only=True, frozen=True):
    """Give a team another name."""

    team_id: Id
    name: Name


class RemoveTeam(WriteCommand, tag="people.remove_team", kw_only=True, frozen=True):
    """Dissolve a team."""

    team_id: Id


class AssignTeam(WriteCommand, tag="people.assign_team", kw_only=True, frozen=True):
    """Say who is in a team: these members and nobody else."""

    team_id: Id
    member_ids: Members


class EditRoom(WriteCommand, tag="people.edit_room", kw_only=True, frozen=True):
    """Give the room another title and description."""

    title: Title
    description: Annotated[str, Meta(max_length=4000)]


class SetRoomState(WriteCommand, tag="people.set_room_state", kw_only=True, frozen=True):
    """Open, close or archive the room."""

    state: Annotated[str, Meta(pattern="^(open|closed|archived)$")]


class ChooseAvatar(WriteCommand, tag="people.choose_avatar", kw_only=True, frozen=True):
    """Choose my own creature and tint, which nobody else in the room has."""

    creature: Annotated[str, Meta(max_length=20)]
    tint: Annotated[int, Meta(ge=0, lt=TINTS)]


class ChooseLanguage(WriteCommand, tag="people.choose_language", kw_only=True, frozen=True):
    """Choose the language I read the room in."""

    language: Language


class ListVisits(Command, tag="people.visits", kw_only=True, frozen=True):
    """Ask which moderators were here, and when."""


class MemberJoined(Push, tag="people.joined", kw_only=True):
    """Somebody belongs to the room now, or again."""

    member: MemberFacts


class MemberChanged(Push, tag="people.changed", kw_only=True):
    """A member has another name, role or avatar."""

    member: MemberFacts


class MemberRemoved(Push, tag="people.removed", kw_only=True):
    """Somebody no longer belongs to the room, nor to its teams."""

    member_id: str


class RosterChanged(Push, tag="people.roster_changed", kw_only=True):
    """Real names of a school's pupils."""

    entries: list[RosterEntry]


class CardReset(Push, tag="people.card_reset", kw_only=True):
    """A pupil's old card and sign-ins have ended."""

    member_id: str


class TeamChanged(Push, tag="people.team_changed", kw_only=True):
    """A team is new, renamed, or has other members."""

    team: TeamFacts


class TeamRemoved(Push, tag="people.team_removed", kw_only=True):
    """A team was dissolved."""

    team_id: str


class RoomChanged(Push, tag="people.room_changed", kw_only=True):
    """The room has another title, description or state."""

    title: str
    description: str
    state: str


class LanguageChosen(Push, tag="people.language_chosen", kw_only=True):
    """I read the room in another language."""

    member_id: str
    language: str


class ModeratorCame(Push, tag="people.moderator_came", kw_only=True):
    """A moderator entered the room; it is logged."""

    member_id: str
    name: str


class ModeratorLeft(Push, tag="people.moderator_left", kw_only=True):
    """A moderator's visit, known by when it began, has ended: they left, or were signed out."""

    member_id: str
    came_at: Millis
    left_at: Millis
