"""What somebody in a room may not see or do is told by no command, whatever it names.

Each answer is the one that identifiers get which are not there at all (PROTOCOL.md T6, T12).
"""

import json
from functools import partial

import pytest

from tests.client import RoomClient
from tests.security.asking import browser
from tests.security.conftest import Country
from tests.security.naming import ask, names_in_vain, unknown
from tests.security.projects import leaked, moderator
from tests.security.samples import command_samples
from tests.security.test_table import commands, decided

ROLES = dict(zip("ATOPV", ("anna", "nikos", "olga", "eleni", "vera"), strict=True))
OWN = {"O": {"held_thread", "waiting"}}
"""By role, what of the hidden is their own."""
OPEN_TO_ALL = {"document_id", "target", "folder_id", "board_id", "team_id", "member_id"}
"""Fields that name what nobody of a room is denied; a new one is tried with all that is hidden."""


@pytest.mark.parametrize("role", "TOPVM")
async def test_what_a_role_may_not_do_tells_nothing_by_what_it_names(
    country: Country, role: str
) -> None:
    live, here = country.live, country.here
    assert live.node is not None
    if role == "M":
        person = await live.node.database.write(lambda db: moderator(db, "SE"))
        async with browser(live, person.token) as window:
            await window.post(f"/api/rooms/{here.room_id}/visit", json={})
    else:
        person = here.people[ROLES[role]]
    before = await country.rows()
    denied = [tag for tag, cells in decided().items() if f"{role}o" not in cells]
    async with await RoomClient.open(live, here.room_id, person) as window:
        await window.hello()
        for tag in denied:
            known, other = (
                command_samples(commands()[tag], of)[-1] for of in (here.id_of, unknown)
            )
            answer, _ = await ask(live, window, known)
            assert answer["error"]["code"] == "forbidden", known
            assert answer == (await ask(live, window, other))[0], known
            assert not leaked(here, json.dumps(answer), sent=json.dumps(known)), known
    assert await country.rows() == before
    assert "people.set_role" in denied


@pytest.mark.parametrize("role", "OP")
async def test_what_is_hidden_from_a_pupil_is_not_there(country: Country, role: str) -> None:
    live, here, person = country.live, country.here, country.here.people[ROLES[role]]
    hidden = {word: id_ for word, id_ in here.hidden_ids.items() if word not in OWN.get(role, ())}
    allowed = [commands()[tag] for tag, cells in decided().items() if f"{role}o" in cells]
    words = {f"{here.mark}-{word}" for word in hidden}
    before = await country.rows()
    tried = set()
    for word, id_ in hidden.items():
        async for one in names_in_vain(
            live, here, person, allowed, partial(_always, id_), never=OPEN_TO_ALL
        ):
            assert not leaked(here, one.heard) & words, one.sent
            tried.add((one.command, one.field, word))
    assert {
        ("chat.history", "channel_id", "team_channel"),
        ("chat.history", "around", "staff"),
        ("chat.react", "message_id", "team_chat"),
        ("chat.read", "message_id", "staff"),
        ("forum.reply", "post_id", "held_post"),
        ("forum.like", "post_id", "held_post"),
    } <= tried
    assert await country.rows() == before


def _always(id_: str, _: str) -> str:
    return id_
