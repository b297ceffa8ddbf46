"""Who may send which command in which room: what a real room does, against what was decided.

``permissions.txt`` is the decision, written by hand: a new command has to be decided there too, and
a row of the permission table that is changed by accident differs from it (PROTOCOL.md T11).
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.classroom import Classroom, nonce, open_classroom
from tests.security.samples import command_samples
from twinspace_rt.app import FEATURES
from twinspace_rt.ids import new_id
from twinspace_rt.protocol import Command
from twinspace_rt.rooms.access import Role, RoomState, Rule
from twinspace_rt.rooms.feature import Feature, Handler

DECIDED = Path(__file__).with_name("permissions.txt")
LETTERS = dict(zip("ATOPVM", ("anna", "bo", "olga", "maja", "vera", "mod"), strict=True))
STATES = {"o": RoomState.OPEN, "c": RoomState.CLOSED, "a": RoomState.ARCHIVED}
ROLES = dict(
    zip(
        "ATOPVM",
        (
            Role.TEACHER_ADMIN,
            Role.TEACHER,
            Role.PUPIL_ADMIN,
            Role.PUPIL,
            Role.VISITOR,
            Role.MODERATOR,
        ),
        strict=True,
    )
)
Cells = dict[str, set[str]]
"""By command, the pairs of a role's and a state's letter that are allowed."""


def decided() -> Cells:
    """Read the decision: on each line a command, the letters of its roles, and of its states."""
    cells = {}
    for line in DECIDED.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            command, roles, states = line.split()
            cells[command] = {role + state for role in roles for state in states}
    return cells


def commands() -> dict[str, type[Command]]:
    """List all commands of all features by their type."""
    return {
        str(kind.__struct_config__.tag): kind for feature in FEATURES for kind in feature.commands
    }


async def observed(room: Classroom, kinds: Iterable[type[Command]]) -> Cells:
    """Send each command as each role in each state, and note what the room does not forbid.

    The identifiers in it name nothing, so that what is allowed changes as little as possible.
    """
    cells: Cells = {}
    for kind in kinds:
        tag = str(kind.__struct_config__.tag)
        frame = command_samples(kind, lambda _: new_id())[-1]
        cells[tag] = set()
        for role, name in LETTERS.items():
            person = await room.enter(name)
            for letter, state in STATES.items():
                person.room.state = state
                if "nonce" in frame:
                    frame["nonce"] = nonce()
                fields = {key: value for key, value in frame.items() if key != "type"}
                reply = await person.ask(tag, **fields)
                refusal = reply.get("error", {}).get("code")
                assert refusal != "invalid", reply
                if refusal == "room.closed":
                    assert state is not RoomState.OPEN
                elif refusal != "forbidden":
                    cells[tag].add(role + letter)
            person.leave()
            room.hub.leave(person.room, person.connection)
    return cells


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Classroom]:
    async with open_classroom(tmp_path, FEATURES) as room:
        yield room


def test_every_command_is_decided() -> None:
    assert sorted(decided()) == sorted(commands())


async def test_every_role_may_in_every_state_what_was_decided(room: Classroom) -> None:
    assert await observed(room, commands().values()) == decided()


def flipped(cell: str) -> Mapping[str, Rule]:
    """Change one cell of the table of each command."""
    role, state = ROLES[cell[0]], STATES[cell[1]]
    return {
        tag: rule
        for feature in FEATURES
        for kind, (_, found) in feature.commands.items()
        for tag, rule in [(str(kind.__struct_config__.tag), _flip(found, role, state))]
    }


def _flip(rule: Rule, role: Role, state: RoomState) -> Rule:
    if rule.allows(role, state):
        return Rule(rule.roles - {role}, rule.states)
    return Rule(rule.roles | {role}, rule.states | {state})


@pytest.mark.parametrize(
    ("command", "cell"),
    [
        ("chat.post", "Vo"),
        ("chat.post", "Pc"),
        ("chat.history", "Ma"),
        ("forum.start", "Po"),
        ("forum.approve", "Mo"),
        ("docs.create", "Po"),
        ("docs.search", "Vo"),
        ("people.reset_card", "Oo"),
        ("people.set_role", "To"),
        ("room.place", "Va"),
    ],
)
async def test_a_changed_cell_of_the_table_is_noticed(
    tmp_path: Path, command: str, cell: str
) -> None:
    kind = commands()[command]
    rule = flipped(cell)[command]

    def changed(feature: Feature) -> Feature:
        rows: dict[type[Command], tuple[Handler, Rule]] = {
            one: (handler, rule if one is kind else row)
            for one, (handler, row) in feature.commands.items()
        }
        return replace(feature, commands=rows)

    async with open_classroom(tmp_path, [changed(feature) for feature in FEATURES]) as room:
        seen = await observed(room, [kind])
    assert seen[command] != decided()[command]
    assert (cell in seen[command]) is (cell not in decided()[command])
