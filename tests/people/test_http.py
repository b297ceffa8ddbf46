"""What lies before a room, over HTTP: who I am, links that lead in, founding, visits, tickets."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.live import Someone
from tests.people.conftest import PASSWORD, Json, Town
from twinspace_rt.accounts.invitations import Purpose, create_invitation
from twinspace_rt.accounts.models import invitation
from twinspace_rt.errors import CloseCode
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.models import member

NOBODY = "0" * 20


def code(response: httpx.Response) -> Any:
    return response.json().get("error", {}).get("code", response.status_code)


def secret_of(response: httpx.Response) -> str:
    link = response.json()["link"]
    assert "/link#" in link
    return str(link.partition("#")[2])


async def lead(town: Town) -> tuple[httpx.AsyncClient, str, Someone]:
    """Make a teacher's account and let it lead the seeded room."""
    account_id, someone = await town.account("teacher", school=0)
    anna = town.room.people["anna"].member_id
    assert town.live.node is not None
    await town.live.node.database.write(
        lambda db: db.execute(
            update(member).where(member.c.id == anna).values(account_id=account_id)
        )
    )
    return await town.browser(someone.token), account_id, someone


async def test_a_pupil_sees_their_one_room(town: Town) -> None:
    maja = town.room.people["maja"]
    me = (await (await town.browser(maja.token)).get("/api/me")).json()
    assert me["kind"] == "pupil"
    assert me["email"] is None
    assert [(r["id"], r["role"]) for r in me["rooms"]] == [(town.room.room_id, "pupil")]
    assert {s["country"] for s in me["rooms"][0]["schools"]} == {"SE", "GR"}


@pytest.mark.parametrize("token", [None, "x" * 43])
async def test_nobody_is_told_nothing(town: Town, token: str | None) -> None:
    browser = await town.browser(token)
    for path in ("/api/me", "/api/schools", "/api/administration", "/api/account/sessions"):
        assert code(await browser.get(path)) == "signed_out"
    for path in ("/api/rooms", f"/api/rooms/{town.room.room_id}/ticket", "/api/me"):
        assert code(await browser.post(path, json={})) == "signed_out"


async def test_a_teacher_founds_a_room_and_a_colleague_abroad_joins_by_link(town: Town) -> None:
    _, karin = await town.account("teacher", school=0)
    browser = await town.browser(karin.token)
    schools = (await browser.get("/api/schools")).json()
    partner = next(s["id"] for s in schools if s["country"] == "GR")
    body = {"title": " Bees ", "school_ids": [partner]}
    room_id = (await browser.post("/api/rooms", json=body)).json()["id"]
    mine = (await browser.get("/api/me")).json()["rooms"]
    assert [(r["title"], r["role"], len(r["schools"])) for r in mine] == [
        ("Bees", "teacher-admin", 2)
    ]
    invite = {"school_id": partner, "role": "teacher"}
    secret = secret_of(await browser.post(f"/api/rooms/{room_id}/invitations", json=invite))

    guest = await town.browser()
    facts = (await guest.post("/api/link", json={"token": secret})).json()
    assert (facts["room"], facts["school"], facts["role"]) == ("Bees", "1st Gymnasium", "teacher")
    account = {
        "token": secret,
        "name": "Eleni",
        "email": "eleni@example.org",
        "password": PASSWORD,
        "language": "en",
    }
    assert (await guest.post("/api/link/accept", json=account)).status_code == 200
    rooms = (await guest.get("/api/me")).json()["rooms"]
    assert [(r["id"], r["role"]) for r in rooms] == [(room_id, "teacher")]
    again = await (await town.browser()).post("/api/link/accept", json=account)
    assert code(again) == "accounts.link_gone"


async def test_nobody_makes_themselves_a_teacher_of_a_partner_school(town: Town) -> None:
    # Its teachers see the real names of its pupils.
    leader, _, _ = await lead(town)
    await town.account("teacher", school=1)
    path = f"/api/rooms/{town.room.room_id}/invitations"
    own, partner = town.room.schools
    for school, expected in ((partner, "accounts.ask_your_school"), (own, 200)):
        invite = {"school_id": school, "role": "teacher"}
        secret = secret_of(await leader.post(path, json=invite))
        account = {
            "token": secret,
            "name": "Somebody",
            "email": f"somebody.{school}@example.org",
            "password": PASSWORD,
            "language": "en",
        }
        answer = await (await town.browser()).post("/api/link/accept", json=account)
        assert code(answer) == expected


async def test_a_guest_becomes_nothing_but_a_guest(town: Town) -> None:
    leader, _, _ = await lead(town)
    await town.account("teacher", school=1)
    path = f"/api/rooms/{town.room.room_id}/invitations"

    async def link(role: str, school: int) -> str:
        invite = {"school_id": town.room.schools[school], "role": role}
        return secret_of(await leader.post(path, json=invite))

    guest = await town.browser()
    account = {
        "token": await link("visitor", 1),
        "name": "Father",
        "email": f"father.{town.room.room_id}@example.org",
        "password": PASSWORD,
        "language": "en",
    }
    # Of whichever school: a guest sees the real name of nobody.
    assert (await guest.post("/api/link/accept", json=account)).status_code == 200
    me = (await guest.get("/api/me")).json()
    assert me["kind"] == "visitor"
    assert [(r["id"], r["role"]) for r in me["rooms"]] == [(town.room.room_id, "visitor")]
    assert code(await guest.post("/api/rooms", json={"title": "Mine"})) == "people.teachers_only"
    assert code(await guest.get("/api/schools")) == "people.teachers_only"
    invite = {"school_id": town.room.schools[1], "role": "teacher"}
    assert code(await guest.post(path, json=invite)) == "people.not_yours"
    for school, role in ((0, "teacher"), (1, "teacher-admin")):
        joined = await guest.post("/api/link/join", json={"token": await link(role, school)})
        assert code(joined) == "accounts.for_teachers"
    assert [r["role"] for r in (await guest.get("/api/me")).json()["rooms"]] == ["visitor"]


async def test_somebody_with_an_account_joins_with_it(town: Town) -> None:
    browser, _, _ = await lead(town)
    anna = await town.window("anna")
    invite = {"school_id": town.room.schools[1], "role": "teacher-admin"}
    path = f"/api/rooms/{town.room.room_id}/invitations"
    secret = secret_of(await browser.post(path, json=invite))
    _, wrong = await town.account("teacher", school=0)
    _, right = await town.account("teacher", school=1)
    joined = await (await town.browser(wrong.token)).post("/api/link/join", json={"token": secret})
    assert code(joined) == "accounts.other_school"
    greek = await town.browser(right.token)
    assert (await greek.post("/api/link/join", json={"token": secret})).status_code == 200
    assert (await anna.expect("people.joined"))["member"]["role"] == "teacher-admin"
    assert (await town.window(right)).welcome["you"]["role"] == "teacher-admin"
    assert code(await greek.post("/api/link/join", json={"token": secret})) == "accounts.link_gone"
    secret = secret_of(await browser.post(path, json=invite))
    assert (
        code(await greek.post("/api/link/join", json={"token": secret}))
        == "accounts.member_already"
    )
    assert code(await greek.post("/api/link", json={"token": secret})) == 200


async def test_only_those_who_lead_a_room_invite_into_it(town: Town) -> None:
    path = f"/api/rooms/{town.room.room_id}/invitations"
    invite = {"school_id": town.room.schools[0], "role": "teacher"}
    leader, _, _ = await lead(town)
    assert (await leader.post(path, json=invite)).status_code == 201
    assert code(await leader.post(path, json=invite | {"school_id": NOBODY})) == "people.schools"
    assert code(await leader.post(path, json=invite | {"role": "moderator"})) == "invalid"
    _, stranger = await town.account("teacher", school=0)
    assert code(await (await town.browser(stranger.token)).post(path, json=invite)) == "not_found"
    maja = await town.browser(town.room.people["maja"].token)
    assert code(await maja.post(path, json=invite)) == "staff_only"


@pytest.mark.parametrize("change", [{"used_at": 1}, {"revoked_at": 1}, {"expires_at": 1}])
async def test_a_link_that_ended_opens_nothing(town: Town, change: dict[str, int]) -> None:
    assert town.live.node is not None
    database = town.live.node.database
    secret = await database.write(
        lambda db: create_invitation(
            db, Purpose.ACCOUNT, kind="administrator", days=1, now=now_ms()
        )
    )
    browser = await town.browser()
    assert (await browser.post("/api/link", json={"token": secret})).status_code == 200
    for purpose in ("sign-in", "password", "join"):
        body = {"token": secret} | ({"password": PASSWORD} if purpose == "password" else {})
        expected = "signed_out" if purpose == "join" else "accounts.link_gone"
        assert code(await browser.post(f"/api/link/{purpose}", json=body)) == expected
    await database.write(lambda db: db.execute(update(invitation).values(**change)))
    assert code(await browser.post("/api/link", json={"token": secret})) == "accounts.link_gone"


async def test_links_end_with_the_right_to_make_them(town: Town) -> None:
    leader, account_id, _ = await lead(town)
    path = f"/api/rooms/{town.room.room_id}/invitations"
    invite = {"school_id": town.room.schools[1], "role": "teacher-admin"}
    anna, nikos = (town.room.people[name].member_id for name in ("anna", "nikos"))
    await (await town.window("anna")).do("people.set_role", member_id=nikos, role="teacher-admin")
    above = await town.window("nikos")
    shut = f"/api/administration/staff/{account_id}"
    office = await administrator(town)

    async def invited() -> str:
        return secret_of(await leader.post(path, json=invite))

    async def opens(secret: str) -> Any:
        return code(await (await town.browser()).post("/api/link", json={"token": secret}))

    trusted_with_as_much = await invited()
    await above.do("people.set_role", member_id=anna, role="teacher-admin")
    assert await opens(trusted_with_as_much) == 200

    before_a_lesser_role = await invited()
    await above.do("people.set_role", member_id=anna, role="teacher")
    assert await opens(before_a_lesser_role) == "accounts.link_gone"
    await above.do("people.set_role", member_id=anna, role="teacher-admin")
    assert await opens(before_a_lesser_role) == "accounts.link_gone"

    before_the_account_was_shut = await invited()
    for disabled in (True, False):
        await office.post(shut, json={"disabled": disabled})
        assert await opens(before_the_account_was_shut) == "accounts.link_gone"

    leader = await town.browser((await town.signed_in(account_id)).token)
    before_removal = await invited()
    await above.do("people.remove", member_id=anna)
    assert await opens(before_removal) == "accounts.link_gone"


async def test_a_moderator_enters_by_saying_so_and_the_room_is_told(town: Town) -> None:
    anna = await town.window("anna")
    _, inga = await town.account("moderator", countries="DK SE")
    browser = await town.browser(inga.token)
    rooms = (await browser.get("/api/me")).json()["rooms"]
    assert [r["role"] for r in rooms if r["id"] == town.room.room_id] == ["moderator"]
    with pytest.raises(InvalidStatus):
        await town.window(inga)
    path = f"/api/rooms/{town.room.room_id}"
    for _ in range(2):
        assert (await browser.post(f"{path}/visit", json={})).status_code == 200
    window = await town.window(inga)
    assert window.welcome["you"]["role"] == "moderator"
    assert (await anna.expect("people.joined"))["member"]["role"] == "moderator"
    assert (await anna.expect("people.moderator_came"))["name"] == "Moderator"
    refused = await window.ask("people.create_team", name="X", nonce="nonce-refused")
    assert refused["error"]["code"] == "forbidden"

    await browser.post(f"{path}/leave", json={})
    assert await window.closed() == CloseCode.FORBIDDEN
    await browser.post(f"{path}/visit", json={})
    await browser.post("/api/sign-out", json={})
    visits = (await anna.ask("people.visits"))["ok"]["visits"]
    assert len(visits) == 2
    assert all(v["left_at"] >= v["came_at"] for v in visits)


async def test_a_moderator_of_elsewhere_finds_nothing(town: Town) -> None:
    _, other = await town.account("moderator", countries="DK")
    _, teacher = await town.account("teacher", school=0)
    _, everywhere = await town.account("moderator", countries="*")
    for someone, expected in ((other, "not_found"), (teacher, "not_found"), (everywhere, 200)):
        browser = await town.browser(someone.token)
        path = f"/api/rooms/{town.room.room_id}/visit"
        assert code(await browser.post(path, json={})) == expected
        assert code(await browser.post(f"/api/rooms/{NOBODY}/visit", json={})) == "not_found"


async def test_a_ticket_opens_the_socket_once(town: Town) -> None:
    maja = town.room.people["maja"]
    browser = await town.browser(maja.token)
    path = f"/api/rooms/{town.room.room_id}/ticket"
    ticket = (await browser.post(path, json={})).json()["ticket"]
    assert code(await browser.post(f"/api/rooms/{NOBODY}/ticket", json={})) == "not_found"

    async def use() -> Json:
        async with connect(
            f"{town.live.ws}/ws/rooms/{town.room.room_id}",
            origin=town.live.origin,  # type: ignore[arg-type]
            subprotocols=[Subprotocol("twinspace.v1")],
        ) as socket:
            await socket.send(json.dumps({"ticket": ticket}))
            await socket.send(json.dumps({"id": 1, "type": "room.hello", "since": None}))
            while isinstance(frame := await socket.recv(), bytes):
                pass  # the documents' Ping
            return dict(json.loads(frame))

    assert (await use())["you"]["member_id"] == maja.member_id
    with pytest.raises(ConnectionClosed) as closed:
        await use()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.SIGNED_OUT


async def test_signing_out_shuts_the_windows_of_that_sign_in(town: Town) -> None:
    maja = town.room.people["maja"]
    window = await town.window("maja")
    other = await town.window("eleni")
    await (await town.browser(maja.token)).post("/api/sign-out", json={})
    assert await window.closed() == CloseCode.SIGNED_OUT
    assert "ok" in await other.ask("people.visits")


async def test_name_and_language_are_mine_to_change(town: Town) -> None:
    _, karin = await town.account("teacher", school=0)
    browser = await town.browser(karin.token)
    me = (await browser.post("/api/me", json={"name": " Karin  B ", "language": "sv"})).json()
    assert (me["name"], me["language"]) == ("Karin B", "sv")
    maja = await town.browser(town.room.people["maja"].token)
    me = (await maja.post("/api/me", json={"name": "Queen", "language": "da"})).json()
    assert me["name"].startswith("Maja")
    assert me["language"] == "da"


async def administrator(town: Town) -> httpx.AsyncClient:
    _, someone = await town.account("administrator")
    return await town.browser(someone.token)


async def test_an_administrator_registers_invites_and_founds(town: Town) -> None:
    browser = await administrator(town)
    school = {"name": "Aarhus Skole", "country": "DK", "time_zone": "Europe/Copenhagen"}
    school_id = (await browser.post("/api/administration/schools", json=school)).json()["id"]
    path = f"/api/administration/schools/{school_id}"
    assert (await browser.post(path, json=school | {"city": "Aarhus"})).status_code == 200
    invite = {"kind": "teacher", "email": "bo@example.org", "school_id": school_id}
    secret = secret_of(await browser.post("/api/administration/invitations", json=invite))
    bo = await town.browser()
    account = {"name": "Bo", "email": "bo@example.org", "password": PASSWORD, "language": "da"}
    assert (await bo.post("/api/link/accept", json=account | {"token": secret})).status_code == 200
    overview = (await browser.get("/api/administration")).json()
    assert {s["city"] for s in overview["schools"]} >= {"Aarhus"}
    founder = next(s["id"] for s in overview["staff"] if s["name"] == "Bo")
    project = {"title": "Wind", "founders": [founder], "school_ids": [town.room.schools[0]]}
    assert (await browser.post("/api/administration/projects", json=project)).status_code == 201
    rooms = (await bo.get("/api/me")).json()["rooms"]
    assert [(r["title"], r["role"], len(r["schools"])) for r in rooms] == [
        ("Wind", "teacher-admin", 2)
    ]


async def test_what_an_administrator_asks_is_checked(town: Town) -> None:
    browser = await administrator(town)
    teacher_id, _ = await town.account("teacher", school=0)
    taken = await town.email(teacher_id)
    for path, body, expected in [
        ("schools", {"name": " ", "country": "DK"}, "accounts.school_name"),
        ("schools", {"name": "X", "country": "dk"}, "invalid"),
        ("schools", {"name": "X", "country": "DK", "time_zone": "Moon"}, "accounts.time_zone"),
        (f"schools/{NOBODY}", {"name": "X", "country": "DK"}, "not_found"),
        ("invitations", {"kind": "teacher"}, "accounts.school"),
        ("invitations", {"kind": "teacher", "school_id": NOBODY}, "not_found"),
        ("invitations", {"kind": "moderator"}, "accounts.countries"),
        ("invitations", {"kind": "administrator", "email": taken.upper()}, "accounts.exists"),
        (f"invitations/{NOBODY}/revoke", {}, "not_found"),
        (f"staff/{NOBODY}", {"disabled": True}, "not_found"),
        (f"staff/{NOBODY}/password", {}, "not_found"),
        ("projects", {"title": "X", "founders": [NOBODY]}, "people.founders"),
        ("projects", {"title": " ", "founders": [teacher_id]}, "people.title_missing"),
        (
            "projects",
            {"title": "X", "founders": [teacher_id], "school_ids": [NOBODY]},
            "people.schools",
        ),
    ]:
        response = await browser.post(f"/api/administration/{path}", json=body)
        assert code(response) == expected, (path, body)


async def test_a_shut_account_is_out_and_a_password_link_lets_a_person_back(town: Town) -> None:
    browser = await administrator(town)
    _, account_id, someone = await lead(town)
    window = await town.window(someone)
    path = f"/api/administration/staff/{account_id}"
    await browser.post(path, json={"disabled": True})
    assert await window.closed() == CloseCode.SIGNED_OUT
    sign_in = {"email": await town.email(account_id), "password": PASSWORD}
    guest = await town.browser()
    assert code(await guest.post("/api/sign-in", json=sign_in)) == "accounts.wrong"
    await browser.post(path, json={"disabled": False})
    secret = secret_of(await browser.post(f"{path}/password", json={}))
    new = {"token": secret, "password": "smultron i skogen"}
    assert (await guest.post("/api/link/password", json=new)).status_code == 200
    assert (await guest.get("/api/me")).status_code == 200
    assert code(await guest.post("/api/sign-in", json=sign_in)) == "accounts.wrong"
    assert code(await guest.post("/api/link/password", json=new)) == "accounts.link_gone"


async def test_administration_is_not_there_for_anybody_else(town: Town) -> None:
    _, teacher = await town.account("teacher", school=0)
    _, moderator = await town.account("moderator", countries="*")
    for someone, expected in [
        (teacher, "not_found"),
        (moderator, "not_found"),
        (town.room.people["maja"], "staff_only"),
    ]:
        browser = await town.browser(someone.token)
        for path in ("", "/operations", "/troubled"):
            assert code(await browser.get(f"/api/administration{path}")) == expected, path
        for path in (
            *("schools", "invitations", "projects", f"staff/{NOBODY}", f"nodes/{NOBODY}"),
            *(f"troubled/{NOBODY}/try-again", f"troubled/{NOBODY}/go-back"),
        ):
            response = await browser.post(f"/api/administration/{path}", json={})
            assert code(response) == expected, path


async def test_nobody_shuts_themselves_out(town: Town) -> None:
    account_id, someone = await town.account("administrator")
    browser = await town.browser(someone.token)
    path = f"/api/administration/staff/{account_id}"
    assert code(await browser.post(path, json={"disabled": True})) == "accounts.own"
