"""Moderators come and go before everyone's eyes, however their visit ends (PROTOCOL.md M6)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from tests.live import Someone
from tests.people.conftest import PASSWORD, Town
from tests.people.watching import follows, ids, watch
from twinspace_rt.accounts.models import session
from twinspace_rt.protocol import now_ms


@dataclass
class Moderator:
    """A moderator in the room: in a browser, and signed in on a phone too."""

    town: Town
    account_id: str
    inga: Someone
    browser: httpx.AsyncClient
    phone: httpx.AsyncClient


async def visiting(town: Town) -> Moderator:
    """Let a moderator enter the room."""
    account_id, inga = await town.account("moderator", countries="SE")
    phone = await town.browser((await town.signed_in(account_id)).token)
    moderator = Moderator(town, account_id, inga, await town.browser(inga.token), phone)
    await granted(moderator.browser, f"/api/rooms/{town.room.room_id}/visit")
    return moderator


async def granted(browser: httpx.AsyncClient, path: str, **body: Any) -> None:
    """Ask something that must be granted."""
    answer = await browser.post(path, json=body)
    assert answer.is_success, answer.text


async def test_a_moderator_comes_and_goes_before_everyones_eyes(town: Town) -> None:
    seen = await watch(town, "anna", "maja", "vera")
    # The account's own name is taken here, so that it gets another one.
    await seen["anna"].do("people.rename", member_id=ids(town, "maja")[0], name="Moderator")
    account_id, inga = await town.account("moderator", countries="SE")
    phone = await town.browser((await town.signed_in(account_id)).token)
    browser = await town.browser(inga.token)
    path = f"/api/rooms/{town.room.room_id}"
    for device, what in ((browser, "visit"), (phone, "visit"), (phone, "leave"), (phone, "leave")):
        assert (await device.post(f"{path}/{what}", json={})).status_code == 200
        await follows(town, seen)
    visits = seen["maja"].welcome["held"]["visits"]
    assert [(one["name"], one["left_at"] is None) for one in visits] == [("Moderator 2", False)] * 2


async def sign_out(moderator: Moderator) -> None:
    await granted(moderator.browser, "/api/sign-out")


async def sign_out_everywhere_on_another_device(moderator: Moderator) -> None:
    await granted(moderator.phone, "/api/sign-out-everywhere")


async def end_that_session_on_another_device(moderator: Moderator) -> None:
    there = {"session_id": moderator.inga.session_id}
    await granted(moderator.phone, "/api/account/sessions/end", **there)


async def change_the_password_on_another_device(moderator: Moderator) -> None:
    words = {"current": PASSWORD, "new": "smultron i skogen"}
    await granted(moderator.phone, "/api/account/password", **words)


async def sign_in_anew_in_the_same_browser(moderator: Moderator) -> None:
    address = await moderator.town.email(moderator.account_id)
    await granted(moderator.browser, "/api/sign-in", email=address, password=PASSWORD)


async def be_shut_out_by_an_administrator(moderator: Moderator) -> None:
    _, ada = await moderator.town.account("administrator")
    browser = await moderator.town.browser(ada.token)
    await granted(browser, f"/api/administration/staff/{moderator.account_id}", disabled=True)


async def be_signed_out_by_the_clock(moderator: Moderator) -> None:
    ends = update(session).where(session.c.id == moderator.inga.session_id)
    await moderator.town.write(lambda db: db.execute(ends.values(expires_at=now_ms())))


@pytest.mark.parametrize(
    "way_out",
    [
        sign_out,
        sign_out_everywhere_on_another_device,
        end_that_session_on_another_device,
        change_the_password_on_another_device,
        sign_in_anew_in_the_same_browser,
        be_shut_out_by_an_administrator,
        be_signed_out_by_the_clock,
    ],
    ids=lambda way_out: way_out.__name__,
)
async def test_a_moderators_visit_ends_with_the_sign_in_before_everyones_eyes(
    town: Town, way_out: Callable[[Moderator], Awaitable[None]]
) -> None:
    """M6, T10: the log that one reads afresh says no more than one was told."""
    moderator = await visiting(town)
    seen = await watch(town, "anna", "maja", "vera")
    await way_out(moderator)
    for name in ("anna", "maja"):
        told = await seen[name].expect("people.moderator_left")
        seen[name].frames.append(told)
    await follows(town, seen)
    [visit] = seen["maja"].welcome["held"]["visits"]
    ended = select(session.c.revoked_at, session.c.expires_at)
    revoked_at, expires_at = await town.write(
        lambda db: db.execute(ended.where(session.c.id == moderator.inga.session_id)).one()
    )
    assert visit["left_at"] == (revoked_at or expires_at)


async def test_a_visit_whose_end_is_not_told_yet_ends_before_the_next_begins(town: Town) -> None:
    moderator = await visiting(town)
    seen = await watch(town, "anna")
    now = now_ms()
    ends = update(session).where(session.c.id == moderator.inga.session_id)
    await town.write(lambda db: db.execute(ends.values(revoked_at=now)))
    await granted(moderator.phone, f"/api/rooms/{town.room.room_id}/visit")
    await seen["anna"].ask("people.visits")
    told = [f for f in seen["anna"].frames if f.get("type", "").startswith("people.moderator")]
    assert [push["type"] for push in told] == ["people.moderator_left", "people.moderator_came"]
    assert told[0]["left_at"] == now
    await follows(town, seen)
