"""The people of a room over real sockets: who may change what, who hears of it, who is shut out.

State before an action and its pushes make the state read afresh: `follows` holds that for every
action that a test here takes.
"""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.client import RoomClient
from tests.live import Someone
from tests.people.conftest import Json, Town
from tests.people.watching import follows, ids, watch
from twinspace_rt.errors import CloseCode
from twinspace_rt.rooms.access import Role
from twinspace_rt.rooms.avatars import CREATURES, TINTS


async def refused(window: RoomClient, kind: str, **fields: Any) -> str:
    reply = await window.ask(kind, nonce="nonce-refused", **fields)
    assert "error" in reply, reply
    return str(reply["error"]["code"])


async def add(window: RoomClient, town: Town, school: int, roster: str) -> Any:
    school_id = town.room.schools[school]
    return await window.do("people.add_pupils", school_id=school_id, roster=roster, language="sv")


async def join(town: Town, card: Json) -> Someone | None:
    browser = await town.browser()
    body = {"code": card["code"], "words": card["words"]}
    response = await browser.post("/api/join", json=body)
    if response.status_code != 200:
        return None
    return Someone(card["member_id"], Role.PUPIL, browser.cookies["twinspace"], "")


async def test_a_pasted_class_gets_cards_that_open_the_room(town: Town) -> None:
    seen = await watch(town, "anna", "nikos", "maja", "eleni")
    reply = await add(seen["nikos"], town, 1, "Eleni P, Comet\nGiorgos A\nMaria, comet")
    made = reply["result"]
    assert [(p["line"], p["code"]) for p in made["problems"]] == [(3, "name_twice")]
    comet, drawn = made["cards"]
    assert comet["name"] == "Comet"
    assert "Giorgos" not in drawn["name"]
    for card in made["cards"]:
        pupil = await join(town, card)
        assert pupil is not None
        window = await town.window(pupil)
        assert window.welcome["you"]["role"] == "pupil"
        assert window.welcome["you"]["language"] == "sv"
    await follows(town, seen)


async def test_real_names_stay_with_the_teachers_of_the_school(town: Town) -> None:
    seen = await watch(town, "anna", "nikos", "olga", "maja")
    await add(seen["nikos"], town, 1, "Hemlig Person, Comet")
    for name, window in seen.items():
        await window.ask("people.visits")
        fresh = await town.window(name)
        told = str(window.frames) + str(fresh.welcome)
        assert ("Hemlig" in told) is (name == "nikos"), name


async def test_a_list_tests_no_names_of_another_schools_roster(town: Town) -> None:
    anna, nikos = await town.window("anna"), await town.window("nikos")
    await add(nikos, town, 1, "Yorgos Papas")
    # Who leads the project may make pupils of a partner school, and learns nothing by that.
    tried = (await add(anna, town, 1, "Yorgos Papas\nZoe Stavrou"))["result"]
    assert (len(tried["cards"]), tried["problems"]) == (2, [])
    own = (await add(nikos, town, 1, "yorgos  PAPAS\nZoe Stavrou"))["result"]
    assert own["cards"] == []
    assert [problem["code"] for problem in own["problems"]] == ["pupil_known"] * 2


async def test_a_repeated_list_makes_nobody_twice_and_names_whose_words_are_lost(
    town: Town,
) -> None:
    window = await town.window("anna")
    await add(window, town, 0, "Earlier")
    fields = {
        "school_id": town.room.schools[0],
        "roster": "Ada, Comet\nBo\nearlier\nada",
        "language": "sv",
        "nonce": "the-same-one",
    }
    first = (await window.do("people.add_pupils", **fields))["result"]
    await add(window, town, 0, "Later")
    again = await window.do("people.add_pupils", **fields)
    assert again["repeated"]
    assert [problem["line"] for problem in first["problems"]] == [3, 4]
    made = sorted(card["member_id"] for card in first["cards"])
    assert len(made) == 2
    assert again["result"] == {"cards": [], "problems": first["problems"], "lost": made}
    for member_id in made:
        card = (await window.do("people.reset_card", member_id=member_id))["result"]
        assert await join(town, card) is not None


async def test_a_repeated_reset_tells_no_words_again(town: Town) -> None:
    window = await town.window("anna")
    fields = {"member_id": ids(town, "maja")[0], "nonce": "the-same-one"}
    assert (await window.do("people.reset_card", **fields))["result"]["words"]
    again = await window.do("people.reset_card", **fields)
    assert again["repeated"]
    assert "result" not in again


async def test_the_server_keeps_no_words(town: Town) -> None:
    card = (await add(await town.window("anna"), town, 0, "Ada"))["result"]["cards"][0]
    dump = "\n".join(town.live.database().iterdump())
    assert card["code"] in dump
    assert card["words"] not in dump


async def test_a_reset_card_replaces_the_old_one_and_shuts_its_windows(town: Town) -> None:
    seen = await watch(town, "anna", "nikos", "maja")
    old = (await add(seen["anna"], town, 0, "Ada"))["result"]["cards"][0]
    pupil = await join(town, old)
    assert pupil is not None
    window = await town.window(pupil)
    new = (await seen["anna"].do("people.reset_card", member_id=old["member_id"]))["result"]
    assert await window.closed() == CloseCode.SIGNED_OUT
    assert await join(town, old) is None
    assert await join(town, new) is not None
    with pytest.raises(InvalidStatus):
        await town.window(pupil)
    await follows(town, seen)


async def test_teachers_look_after_their_own_school(town: Town) -> None:
    nikos, anna = await town.window("nikos"), await town.window("anna")
    maja, eleni, teacher = ids(town, "maja", "eleni", "anna")
    roster = {"roster": "Ada", "language": "sv", "school_id": town.room.schools[0]}
    assert await refused(nikos, "people.add_pupils", **roster) == "people.not_yours"
    for kind in ("people.reset_card", "people.remove"):
        assert await refused(nikos, kind, member_id=maja) == "people.not_yours"
        assert await refused(nikos, kind, member_id=teacher) == "people.not_yours"
    assert await refused(nikos, "people.rename", member_id=maja, name="X") == "people.not_yours"
    await nikos.do("people.rename", member_id=eleni, name="Comet")
    await anna.do("people.rename", member_id=eleni, name="Nova")
    await anna.do("people.reset_card", member_id=eleni)


async def test_pupils_and_visitors_look_after_nobody(town: Town) -> None:
    (maja,) = ids(town, "maja")
    school = town.room.schools[0]
    for name in ("maja", "olga", "vera"):
        window = await town.window(name)
        for kind, fields in {
            "people.add_pupils": {"roster": "Ada", "language": "sv", "school_id": school},
            "people.reset_card": {"member_id": maja},
            "people.rename": {"member_id": maja, "name": "X"},
            "people.set_role": {"member_id": maja, "role": "pupil-admin"},
            "people.remove": {"member_id": maja},
            "people.restore": {"member_id": maja},
            "people.create_team": {"name": "X"},
            "people.edit_room": {"title": "X", "description": ""},
            "people.set_room_state": {"state": "closed"},
        }.items():
            assert await refused(window, kind, **fields) == "forbidden", (name, kind)


async def test_people_of_another_room_are_not_there(town: Town) -> None:
    anna = await town.window("anna")
    nobody = "0" * 20
    for kind, fields in {
        "people.reset_card": {},
        "people.rename": {"name": "X"},
        "people.set_role": {"role": "pupil"},
        "people.remove": {},
        "people.restore": {},
    }.items():
        assert await refused(anna, kind, member_id=nobody, **fields) == "not_found"
    roster = {"roster": "Ada", "language": "sv", "school_id": nobody}
    assert await refused(anna, "people.add_pupils", **roster) == "not_found"


async def test_names_are_one_of_a_kind_however_written(town: Town) -> None:
    seen = await watch(town, "anna", "nikos", "maja")
    (maja, eleni) = ids(town, "maja", "eleni")
    anna = seen["anna"]
    await anna.do("people.rename", member_id=maja, name="  Blue   Comet ")
    taken = await refused(anna, "people.rename", member_id=eleni, name="blue COMET")
    assert taken == "people.name_taken"
    unseen = await refused(anna, "people.rename", member_id=eleni, name="\u200b ")
    assert unseen == "people.name_missing"
    await anna.do("people.rename", member_id=maja, name="BLUE comet", real_name="Maja Berg")
    await follows(town, seen)


async def test_a_role_holds_from_the_next_frame_on(town: Town) -> None:
    seen = await watch(town, "anna", "nikos", "maja")
    (nikos,) = ids(town, "nikos")
    edit = {"title": "Seas", "description": ""}
    assert await refused(seen["nikos"], "people.edit_room", **edit) == "forbidden"
    await seen["anna"].do("people.set_role", member_id=nikos, role="teacher-admin")
    await seen["nikos"].expect("people.changed")
    fresh = await town.window("nikos")
    await fresh.do("people.edit_room", **edit)
    assert (await seen["maja"].expect("people.room_changed"))["title"] == "Seas"


async def test_somebody_always_leads_the_room(town: Town) -> None:
    anna = await town.window("anna")
    (me, nikos, maja) = ids(town, "anna", "nikos", "maja")
    for kind, fields in {"people.set_role": {"role": "teacher"}, "people.remove": {}}.items():
        assert await refused(anna, kind, member_id=me, **fields) == "people.last_admin"
    for member_id, role in [(maja, "teacher"), (nikos, "pupil")]:
        wrong = await refused(anna, "people.set_role", member_id=member_id, role=role)
        assert wrong == "people.role"
    await anna.do("people.set_role", member_id=nikos, role="teacher-admin")
    await anna.do("people.set_role", member_id=me, role="teacher")


async def test_the_removed_are_out_at_once_and_may_come_back(town: Town) -> None:
    seen = await watch(town, "anna", "nikos", "olga")
    anna = seen["anna"]
    card = (await add(anna, town, 0, "Ada, Comet"))["result"]["cards"][0]
    pupil = await join(town, card)
    assert pupil is not None
    await anna.do("people.create_team", name="Bees", member_ids=[pupil.member_id])
    window = await town.window(pupil)
    async with asyncio.timeout(5):
        await anna.do("people.remove", member_id=pupil.member_id)
        assert await window.closed() == CloseCode.REMOVED
    assert await join(town, card) is None
    with pytest.raises(InvalidStatus):
        await town.window(pupil)
    await follows(town, seen)
    assert await refused(anna, "people.remove", member_id=pupil.member_id) == "not_found"
    made = (await add(anna, town, 0, "Bo, comet"))["result"]
    assert [p["code"] for p in made["problems"]] == ["name_taken"]
    new = (await anna.do("people.restore", member_id=pupil.member_id))["result"]
    assert await join(town, new) is not None
    assert await refused(anna, "people.restore", member_id=pupil.member_id) == "not_found"
    await follows(town, seen)


async def test_a_removed_teachers_windows_close(town: Town) -> None:
    anna, nikos = await town.window("anna"), await town.window("nikos")
    await anna.do("people.remove", member_id=ids(town, "nikos")[0])
    assert await nikos.closed() == CloseCode.REMOVED


async def test_teams_come_change_and_go(town: Town) -> None:
    seen = await watch(town, "anna", "nikos", "maja", "eleni")
    maja, eleni = ids(town, "maja", "eleni")
    nikos = seen["nikos"]
    team_id = (await nikos.do("people.create_team", name="Bees", member_ids=[maja]))["result"]
    await follows(town, seen)
    assert await refused(nikos, "people.create_team", name="bees") == "people.team_name_taken"
    assert await refused(nikos, "people.create_team", name="\u200b ") == "people.name_missing"
    nobody = "0" * 20
    assign = {"team_id": team_id, "member_ids": [nobody]}
    assert await refused(nikos, "people.assign_team", **assign) == "people.not_member"
    await nikos.do("people.assign_team", team_id=team_id, member_ids=[eleni, maja])
    await nikos.do("people.rename_team", team_id=team_id, name="Wasps")
    await follows(town, seen)
    fresh = await town.window("eleni")
    assert fresh.welcome["you"]["teams"] == [team_id]
    await nikos.do("people.remove_team", team_id=team_id)
    await follows(town, seen)
    assert await refused(nikos, "people.rename_team", team_id=team_id, name="X") == "not_found"


async def test_a_picture_is_ones_own(town: Town) -> None:
    seen = await watch(town, "anna", "maja", "eleni")
    members = seen["anna"].welcome["features"]["people"]["members"]
    taken = {(m["creature"], m["tint"]) for m in members}
    assert len(taken) == len(members)
    free = next((c, t) for c in CREATURES for t in range(TINTS) if (c, t) not in taken)
    choice = {"creature": free[0], "tint": free[1]}
    await seen["maja"].do("people.choose_avatar", **choice)
    await seen["maja"].do("people.choose_avatar", **choice)
    again = await refused(seen["eleni"], "people.choose_avatar", **choice)
    assert again == "people.avatar_taken"
    wrong = await refused(seen["eleni"], "people.choose_avatar", creature="wolf", tint=1)
    assert wrong == "people.creature"
    await follows(town, seen)


async def test_a_language_is_a_private_matter(town: Town) -> None:
    seen = await watch(town, "maja", "eleni")
    await seen["maja"].do("people.choose_language", language="da")
    assert (await seen["maja"].expect("people.language_chosen"))["language"] == "da"
    await seen["eleni"].ask("people.visits")
    assert not [f for f in seen["eleni"].frames if f.get("type") == "people.language_chosen"]
    assert (await town.window("maja")).welcome["you"]["language"] == "da"


async def test_the_room_and_oneself_are_as_one_was_told(town: Town) -> None:
    seen = await watch(town, "anna", "nikos", "maja", "vera")
    maja, nikos = ids(town, "maja", "nikos")
    await seen["anna"].do("people.edit_room", title="Seas", description="Of Europe")
    await seen["anna"].do("people.rename", member_id=maja, name="Comet")
    await seen["anna"].do("people.set_role", member_id=maja, role="pupil-admin")
    await seen["anna"].do("people.set_role", member_id=nikos, role="teacher-admin")
    await follows(town, seen)
    await seen["maja"].do("people.choose_language", language="da")
    await seen["anna"].do("people.set_room_state", state="closed")
    await follows(town, seen)


async def test_a_closed_room_is_read_and_opened_again(town: Town) -> None:
    anna, nikos = await town.window("anna"), await town.window("nikos")
    await anna.do("people.set_room_state", state="archived")
    assert (await nikos.expect("people.room_changed"))["state"] == "archived"
    assert await refused(nikos, "people.create_team", name="Bees") == "room.closed"
    (eleni,) = ids(town, "eleni")
    await nikos.do("people.remove", member_id=eleni)
    await anna.do("people.set_room_state", state="open")
    await nikos.expect("people.room_changed")
    await nikos.do("people.create_team", name="Bees")
