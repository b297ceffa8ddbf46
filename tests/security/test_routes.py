"""Who may ask what over HTTP: what a real server does, against what was decided.

``routes.txt`` is the decision, written by hand: a new route has to be decided there too. Whoever is
not let in learns no more by naming what is there than by naming what is not, and changes nothing.
"""

from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.security.asking import (
    Asked,
    browser,
    database_hash,
    every_request,
    same_as_nothing,
    send,
)
from tests.security.conftest import Country
from tests.security.projects import another_sign_in, moderator
from twinspace_rt.app import create_app
from twinspace_rt.web import http as pages

DECIDED = Path(__file__).with_name("routes.txt")
ROLES = "ATOPVMmSN"
MEMBERS = dict(zip("ATOPV", ("anna", "nikos", "olga", "maja", "vera"), strict=True))
REFUSALS = {"signed_out", "staff_only", "not_found", "people.not_yours", "people.teachers_only"}


def decided() -> dict[str, str]:
    """Read the decision: by method and path, the letters of those who are let in."""
    lines = [line for line in DECIDED.read_text("utf-8").splitlines() if line[:1] not in {"", "#"}]
    return {f"{method} {path}": who for method, path, who in (line.split() for line in lines)}


def routes(country: Country) -> dict[str, Asked]:
    """List all routes by method and path."""
    asked = [one for one in every_request(country.live) if one.method != "HEAD"]
    return {f"{one.method} {one.path.removeprefix('/api')}": one for one in asked}


async def sign_in(country: Country, role: str) -> str | None:
    """Sign somebody in anew, for a request that may end the sign-in it comes with."""
    assert country.live.node is not None
    here = country.here.people
    known = {"S": country.elsewhere.people["anna"]} | {
        letter: here[name] for letter, name in MEMBERS.items()
    }

    def make(db: Connection) -> str:
        if role in known:
            return another_sign_in(db, known[role]).token
        return moderator(db, "SE").token

    if role == "N":
        return None
    token = await country.live.node.database.write(make)
    if role == "M":
        async with browser(country.live, token) as window:
            visit = f"/api/rooms/{country.here.room_id}/visit"
            assert (await window.post(visit, json={})).status_code == 200
    return token


def test_every_address_of_the_server_is_known(country: Country) -> None:
    assert country.live.node is not None
    found = {str(getattr(route, "path", route)) for route in create_app(country.live.node).routes}
    files = {f"/{one.name}" for one in pages.CLIENT.glob("*.*")} | {"/assets"}
    assert found - files == {
        "/ws/rooms/{room_id}",
        "/ws/yjs/{document}",
        "/api",
        "/health/live",
        "/health/ready",
        "/{path:path}",
    }


def test_every_route_is_decided(country: Country) -> None:
    assert sorted(decided()) == sorted(routes(country))


@pytest.mark.parametrize("role", ROLES)
async def test_a_route_lets_nobody_in_but_those_decided(country: Country, role: str) -> None:
    here, known = country.here, routes(country)
    refused = [known[name] for name, who in decided().items() if role not in who]
    member_of = here.room_id if role in [*MEMBERS, "M"] else ""
    token = await sign_in(country, role)
    before = database_hash(country.live)
    async with browser(country.live, token) as window:
        for asked in refused:
            for answer in await same_as_nothing(window, here, asked, room_id=member_of):
                assert answer.json()["error"]["code"] in REFUSALS, asked
    assert database_hash(country.live) == before
    assert role == "A" or len(refused) > 10


@pytest.mark.parametrize("role", ROLES)
async def test_a_route_lets_those_in_who_are_decided(country: Country, role: str) -> None:
    here, known = country.here, routes(country)
    for name, who in decided().items():
        # What is open to nobody in particular asks for no sign-in: one of them stands for all.
        if role not in who or (who == ROLES and role != "N"):
            continue
        asked = known[name]
        async with browser(country.live, await sign_in(country, role)) as window:
            answer = await send(window, asked, here.fill_path(asked.path)[0], here.id_of)
        assert answer.status_code < 400 or answer.json()["error"]["code"] not in REFUSALS, asked
        assert answer.status_code < 500, asked
