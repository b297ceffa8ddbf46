"""What is for some of a room reaches nobody else of it, on whichever way (PROTOCOL.md T6, T12)."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.classroom import PEOPLE, Classroom, Json, Person, open_classroom
from twinspace_rt.app import FEATURES

WORD = "kanariefågel"
STAFF = {"anna", "bo", "mod"}


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Classroom]:
    """A room with an open chat, and a thread in which pupils' posts wait for a teacher."""
    async with open_classroom(tmp_path, FEATURES) as room:
        anna = await room.enter("anna")
        await anna.do("chat.open")
        board = (await anna.do("forum.board_create", name="Bees", hold=True))["result"]
        await anna.do("forum.start", board_id=board, title="Honey", text="What is it?")
        anna.leave()
        yield room


async def in_the_staff_room(room: Classroom) -> Json:
    anna = await room.enter("anna")
    await anna.ask("chat.type", channel_id="staff")
    posted = await anna.do("chat.post", channel_id="staff", text=f"{WORD} for us")
    await anna.do("chat.edit", message_id=posted["result"], text=f"{WORD} for us alone")
    await anna.do("chat.react", message_id=posted["result"], emoji="👍", on=True)
    return {"channel_id": "staff", "message_id": posted["result"]}


async def in_a_team(room: Classroom) -> Json:
    maja, bees = await room.enter("maja"), room.teams["bees"]
    await maja.ask("chat.type", channel_id=bees)
    posted = await maja.do("chat.post", channel_id=bees, text=f"{WORD} for the bees")
    return {"channel_id": bees, "message_id": posted["result"]}


async def a_post_that_waits(room: Classroom) -> Json:
    maja = await room.enter("maja")
    thread_id = maja.welcome["features"]["forum"]["threads"][0]["id"]
    held = await maja.do("forum.reply", thread_id=thread_id, text=f"{WORD} honey")
    return {"thread_id": thread_id, "post_id": held["result"]["post_id"]}


async def a_returned_post(room: Classroom) -> Json:
    made = await a_post_that_waits(room)
    anna = await room.enter("anna")
    await anna.do("forum.return", post_id=made["post_id"], reason=f"{WORD}, a reason")
    return made


Cause = Callable[[Classroom], Awaitable[Json]]


@pytest.mark.parametrize(
    ("cause", "seers"),
    [
        (in_the_staff_room, STAFF),
        (in_a_team, STAFF | {"maja", "eleni"}),
        (a_post_that_waits, STAFF | {"maja"}),
        (a_returned_post, STAFF | {"maja"}),
    ],
)
async def test_it_reaches_those_it_is_for_and_nobody_else(
    room: Classroom, cause: Cause, seers: set[str]
) -> None:
    before = {name: await room.enter(name) for name in PEOPLE}
    made = await cause(room)
    for name, window in before.items():
        since = {"epoch": window.welcome["epoch"], "seq": window.welcome["seq"]}
        resumed, fresh = await room.enter(name, since), await room.enter(name)
        ways = {
            "pushes": window.inbox.frames,
            "resume": [resumed.welcome, resumed.inbox.frames],
            "asking": await everything_about(fresh, made),
        }
        told = {
            way for way, frames in ways.items() if WORD in json.dumps(frames, ensure_ascii=False)
        }
        if name in seers:
            assert {"pushes", "resume"} <= told, name
            continue
        assert told == set(), name
        everything = json.dumps([ways, fresh.welcome], ensure_ascii=False)
        assert WORD not in everything, name
        assert str(made.get("message_id", made.get("post_id"))) not in everything, name
        assert not window.pushes("chat.typing"), name
        assert counts(fresh.welcome) == counts(window.welcome), name


async def everything_about(person: Person, made: Json) -> list[Any]:
    """Ask for it in every way that there is to ask."""
    asked: list[tuple[str, Json]] = [
        ("chat.overview", {}),
        ("chat.search", {"query": WORD}),
        ("forum.search", {"query": WORD}),
        ("docs.search", {"text": WORD}),
    ]
    if "channel_id" in made:
        asked.append(("chat.search", {"query": WORD, "channel_id": made["channel_id"]}))
        asked.append(("chat.history", {"channel_id": made["channel_id"]}))
        asked.append(("chat.history", {"channel_id": "everyone", "around": made["message_id"]}))
    else:
        asked.append(("forum.thread", {"thread_id": made["thread_id"]}))
        asked.append(("forum.thread", {"thread_id": made["thread_id"], "post_id": made["post_id"]}))
    return [await person.ask(kind, **fields) for kind, fields in asked]


def counts(welcome: Json) -> Any:
    """Take what a person is told of how much there is, without where the room stands."""
    features = welcome["features"]
    chat = {key: value for key, value in features["chat"].items() if key not in {"seq", "hours"}}
    return chat, features["forum"]


async def test_ones_own_marks_are_ones_own(room: Classroom) -> None:
    others = [await room.enter(name) for name in PEOPLE if name != "maja"]
    anna, maja = await room.enter("anna"), await room.enter("maja")
    posted = await anna.do("chat.post", channel_id="everyone", text="Hello")
    await maja.do("chat.read", channel_id="everyone", message_id=posted["result"])
    await maja.do("people.choose_language", language="da")
    assert maja.pushes("chat.marked")
    assert maja.pushes("people.language_chosen")
    for other in others:
        since = {"epoch": other.welcome["epoch"], "seq": other.welcome["seq"]}
        again = await room.enter(other.name, since)
        for window in (other, again):
            assert not window.pushes("chat.marked"), other.name
            assert not window.pushes("people.language_chosen"), other.name


async def test_a_team_begins_and_ends_for_its_members_with_the_very_next_event(
    room: Classroom,
) -> None:
    anna, bo = await room.enter("anna"), await room.enter("bo")
    maja, nils = await room.enter("maja"), await room.enter("nils")
    members, bees = room.members, room.teams["bees"]
    # Both are committed together: no time passes between them.
    await asyncio.gather(
        anna.do("people.assign_team", team_id=bees, member_ids=[members["nils"]]),
        bo.do("chat.post", channel_id=bees, text=WORD),
    )
    changed, posted = nils.pushes("people.team_changed"), nils.pushes("chat.posted")
    assert posted[0]["text"] == WORD
    assert posted[0]["seq"] == changed[0]["seq"] + 1
    assert maja.pushes("people.team_changed")
    assert not maja.pushes("chat.posted")


async def test_the_removed_hear_of_their_removal_and_of_nothing_after(room: Classroom) -> None:
    anna, bo = await room.enter("anna"), await room.enter("bo")
    maja = await room.enter("maja")
    await asyncio.gather(
        anna.do("people.remove", member_id=room.members["maja"]),
        bo.do("chat.post", channel_id="everyone", text=WORD),
    )
    assert maja.pushes("people.removed")
    assert maja.inbox.frames[-1] == {"type": "closed", "code": 4410}
    assert bo.pushes("chat.posted")


async def test_a_visitor_is_not_told_who_is_here(room: Classroom) -> None:
    vera, maja = await room.enter("vera"), await room.enter("maja")
    eleni = await room.enter("eleni")
    await maja.ask("room.place", place={"tool": "chat"})
    assert {one["member_id"] for one in eleni.welcome["present"]} >= {maja.member_id}
    assert vera.welcome["present"] == []
    assert (await room.enter("vera")).welcome["present"] == []
    async with asyncio.timeout(10):
        while not eleni.pushes("room.presence"):  # noqa: ASYNC110 - a window has no event
            await asyncio.sleep(0.01)
    assert not vera.pushes("room.presence")
