"""Nobody from outside learns anything of a project, or changes anything in it.

Every stranger asks every route, opens every socket and sends every command with identifiers of the
project. Nothing of it is in any answer, and each answer is the one that identifiers get which are
not there at all (PROTOCOL.md C3, T12, A3).
"""

import json
from typing import Any

import pytest

from tests.client import RoomClient
from tests.security.asking import browser, every_request, knock, same_as_nothing
from tests.security.conftest import Country
from tests.security.naming import ask, names_in_vain, unknown
from tests.security.projects import leaked, moderator
from tests.security.samples import command_samples
from twinspace_rt.app import FEATURES
from twinspace_rt.ids import new_id
from twinspace_rt.protocol import Command
from twinspace_rt.rooms.messages import Hello
from twinspace_rt.rooms.room import FeatureSet

COMMANDS: list[type[Command]] = [*FeatureSet(FEATURES).handlers, Hello]


async def test_the_search_finds_what_a_member_sees(country: Country) -> None:
    here = country.here
    async with await RoomClient.open(country.live, here.room_id, here.people["anna"]) as anna:
        heard: list[Any] = [await anna.hello()]
        heard.append(await anna.ask("chat.search", query=here.mark))
        heard.append(await anna.ask("forum.search", query=here.mark))
        heard.append(await anna.ask("docs.search", text="document_words"))
    found = leaked(here, json.dumps(heard))
    words = """title description team team_chat staff everyone board thread first_post reply
        held_post folder rich plain document_words name_anna name_maja real_name_maja"""
    assert {f"{here.mark}-{word}" for word in words.split()} <= found
    assert set(here.ids.values()) - {here.ids["session_id"], *here.schools} <= found


async def test_no_stranger_comes_in(country: Country) -> None:
    live, here = country.live, country.here
    hello = json.dumps({"id": 1, "type": "room.hello"})
    before = await country.rows()
    for stranger in country.strangers:
        paths = [("/ws/rooms/", [here.room_id], new_id())]
        paths.append(("/ws/yjs/", here.addresses, f"{new_id()}.1"))
        for path, known, unknown_one in paths:
            nothing = await knock(live, path + unknown_one, stranger.token, hello)
            for one in known:
                answer = await knock(live, path + one, stranger.token, hello)
                assert answer == nothing, stranger.name
                assert not leaked(here, answer), stranger.name
                signs_in = stranger.token is None and path == "/ws/rooms/"
                assert answer.startswith("[] 4401" if signs_in else "403 "), stranger.name
    assert await country.rows() == before


async def test_no_command_is_read_before_somebody_has_proved_who_they_are(
    country: Country,
) -> None:
    before = await country.rows()
    for kind in COMMANDS:
        for frame in command_samples(kind, country.here.id_of):
            sent = json.dumps({"id": 1} | frame)
            answer = await knock(country.live, f"/ws/rooms/{country.here.room_id}", None, sent)
            assert answer == "[] 4401 signed_out", frame["type"]
    assert await country.rows() == before


async def test_no_ticket_opens_a_room_to_a_stranger(country: Country) -> None:
    live, here, elsewhere = country.live, country.here, country.elsewhere
    assert live.node is not None
    tickets = [
        live.node.tickets.make(someone.session_id, room_id)
        for someone in elsewhere.people.values()
        # Of one's own room; and of this one, as if it had been made before somebody was removed.
        for room_id in (elsewhere.room_id, here.room_id)
    ]
    for ticket in ("x", *tickets):
        said = json.dumps({"ticket": ticket})
        assert await knock(live, f"/ws/rooms/{here.room_id}", None, said) == "[] 4401 signed_out"


@pytest.mark.parametrize("name", ["anna", "nikos", "olga", "maja", "vera"])
async def test_from_another_room_a_project_is_not_there(country: Country, name: str) -> None:
    live, here, elsewhere = country.live, country.here, country.elsewhere
    before = await country.rows()
    tried = set()
    person = elsewhere.people[name]
    async for one in names_in_vain(live, elsewhere, person, COMMANDS, here.id_of):
        assert not leaked(here, one.heard, sent=one.sent), one.sent
        tried.add((one.command, one.field))
    assert len({kind for kind, _ in tried}) > 35
    assert {("docs.change", "folder_id"), ("forum.move", "board_id")} <= tried
    assert await country.rows() == before


async def test_a_mention_of_somebody_elsewhere_is_one_of_nobody(country: Country) -> None:
    live, here, elsewhere = country.live, country.here, country.elsewhere
    before = await country.rows()
    async with await RoomClient.open(live, elsewhere.room_id, elsewhere.people["anna"]) as anna:
        await anna.hello()
        post = {"type": "chat.post", "channel_id": "everyone"}
        people = [one.member_id for one in here.people.values()]
        answers = [
            (await ask(live, anna, post | {"nonce": new_id(), "text": f"<@{id_}>"}))[0]
            for id_ in (new_id(), *people, *here.hidden_ids.values())
        ]
    assert answers[0]["error"]["code"] == "chat.mention"
    assert answers == answers[:1] * len(answers)
    assert await country.rows() == before


async def test_no_request_tells_a_stranger_anything(country: Country) -> None:
    live = country.live
    before = await country.rows()
    # What signs out comes last: the other requests are to be those of somebody signed in.
    requests = sorted(every_request(live), key=lambda asked: "sign-out" in asked.path)
    for stranger in country.strangers:
        async with browser(live, stranger.token) as window:
            for asked in requests:
                await same_as_nothing(window, country.here, asked)
                if "of another project" in stranger.name and asked.path.count("{") > 1:
                    through = country.elsewhere.room_id
                    await same_as_nothing(window, country.here, asked, room_id=through)
    assert await country.rows() == before


async def test_a_visitor_learns_what_visitors_may(country: Country) -> None:
    live, here = country.live, country.here
    words = ("title", "description", "name_anna", "name_nikos", "name_vera")
    may_know = {f"{here.mark}-{word}" for word in words} | {here.room_id}
    may_know |= {here.people[name].member_id for name in ("anna", "nikos", "vera")}
    async with (
        await RoomClient.open(live, here.room_id, here.people["maja"]) as maja,
        await RoomClient.open(live, here.room_id, here.people["vera"]) as vera,
    ):
        await maja.hello()
        await maja.ask("room.place", place={"tool": "docs", "target": here.ids["target"]})
        heard: list[Any] = [await vera.hello()]
        for kind in COMMANDS:
            for id_of in (unknown, here.id_of):
                for frame in command_samples(kind, id_of):
                    answer, told = await ask(live, vera, frame)
                    assert not leaked(here, json.dumps(answer)), frame
                    heard.append(told)
        await maja.ask("room.place", place={"tool": "chat"})
    found = leaked(here, json.dumps([heard, vera.frames]))
    assert {f"{here.mark}-title", here.people["anna"].member_id} <= found
    assert found <= may_know


async def test_a_moderator_who_has_not_entered_sees_the_list_alone(country: Country) -> None:
    live, here = country.live, country.here
    assert live.node is not None
    before = await country.rows()
    watcher = await live.node.database.write(lambda db: moderator(db, "SE"))
    listed = {f"{here.mark}-title", here.room_id}
    async with browser(live, watcher.token) as window:
        assert leaked(here, (await window.get("/api/me")).text) == listed
        for asked in every_request(live):
            if asked.path not in {"/api/me", "/api/rooms/{room_id}/visit"} | SIGN_OUTS:
                await same_as_nothing(window, here, asked)
    nothing = await knock(live, f"/ws/rooms/{new_id()}", watcher.token)
    assert await knock(live, f"/ws/rooms/{here.room_id}", watcher.token) == nothing
    assert nothing.startswith("403 ")
    for address in here.addresses:
        assert (await knock(live, f"/ws/yjs/{address}", watcher.token)).startswith("403 ")
    assert await country.rows() == before


SIGN_OUTS = {"/api/sign-out", "/api/sign-out-everywhere"}
