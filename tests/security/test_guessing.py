"""Join cards stand against guessing, and a school behind one address still gets in."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection

from tests.accounts.conftest import PupilCard, Site, database, site
from twinspace_rt.accounts import passwords
from twinspace_rt.accounts.cards import new_words, put_card
from twinspace_rt.accounts.guessing import WRONG_MAX
from twinspace_rt.accounts.invitations import Purpose, create_invitation, use_invitation
from twinspace_rt.accounts.models import invitation
from twinspace_rt.accounts.sessions import HOUR_MS
from twinspace_rt.ids import new_id

__all__ = ["database", "site"]

SCHOOL = 600
# The parameters stand in the hash itself: cards hashed like this cost little to check.
cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def cards(site: Site, count: int) -> list[PupilCard]:
    """Print many cards."""

    def put(db: Connection) -> list[PupilCard]:
        made = []
        for _ in range(count):
            words, member_id = new_words("en"), new_id()
            code = put_card(db, member_id, new_id(), cheap.hash(words), site.now)
            made.append(PupilCard(member_id, code, words))
        return made

    return await site.database.write(put)


async def join(site: Site, address: str, code: str, words: str) -> int:
    async with site.browser(address) as browser:
        return await join_in(browser, code, words)


async def join_in(browser: httpx.AsyncClient, code: str, words: str) -> int:
    browser.cookies.clear()
    return (await browser.post("/api/join", json={"code": code, "words": words})).status_code


async def test_a_school_behind_one_address_gets_in_with_honest_errors(site: Site) -> None:
    chance = random.Random(20)
    pupils = await cards(site, SCHOOL)

    async def come(school: httpx.AsyncClient, pupil: PupilCard) -> int:
        tries = 0
        while chance.random() < 0.5 and tries < 5:
            tries += 1
            code, words = pupil.code, pupil.words
            if chance.random() < 0.8:
                words = words[:-1]
            else:
                code = code[:-1] + ("2" if code[-1] != "2" else "3")
            assert await join_in(school, code, words) == 401
        return await join_in(school, pupil.code, pupil.words)

    # A class at a time, all at once.
    got_in: Counter[int] = Counter()
    async with site.browser("203.0.113.1") as school:
        for start in range(0, SCHOOL, 30):
            coming = (come(school, pupil) for pupil in pupils[start : start + 30])
            got_in.update(await asyncio.gather(*coming))
    assert got_in == {200: SCHOOL}


async def test_a_guesser_with_many_addresses_gets_as_far_as_with_one(site: Site) -> None:
    target, *others = await cards(site, 5)
    chance = random.Random(15)
    reached = 0
    for hour in range(3):
        for n in range(WRONG_MAX + 15):
            address = f"2001:db8:{chance.randrange(1 << 16):x}:{n:x}::1"
            assert await join(site, address, target.code, new_words("en")) == 401
        tried = await site.database.read(
            lambda db: db.exec_driver_sql(
                "select count(*) from wrong_try where subject = ? and at > ?",
                (f"card:{target.member_id}", site.now - HOUR_MS),
            ).scalar_one()
        )
        reached += tried
        assert reached == WRONG_MAX * (hour + 1)
        # It rests for its owner too; every other card of the class goes on.
        assert await join(site, "203.0.113.1", target.code, target.words) == 401
        for other in others:
            assert await join(site, "203.0.113.1", other.code, other.words) == 200
        site.now += HOUR_MS
    assert await join(site, "203.0.113.1", target.code, target.words) == 200


async def test_wrong_unknown_and_resting_cost_one_hash_each(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, resting = await cards(site, 2)
    for _ in range(WRONG_MAX):
        await join(site, "198.51.100.1", resting.code, "fox-fox-fox")
    checks = 0
    matches: Callable[[str, str], bool] = passwords._matches

    def counted(stored: str, secret: str) -> bool:
        nonlocal checks
        checks += 1
        return matches(stored, secret)

    monkeypatch.setattr(passwords, "_matches", counted)
    answers: list[tuple[int, Any]] = []
    for path, body in [
        ("/api/join", {"code": known.code, "words": "fox-fox-fox"}),
        ("/api/join", {"code": "ZZZZZZZZ", "words": known.words}),
        ("/api/join", {"code": "'; drop table card; --", "words": known.words}),
        ("/api/join", {"code": resting.code, "words": "fox-fox-fox"}),
        ("/api/join", resting.body),
        ("/api/sign-in", {"email": "nobody@example.org", "password": "fox-fox-fox"}),
    ]:
        before = checks
        async with site.browser() as browser:
            answer = await browser.post(path, json=body)
        assert checks == before + 1, body
        answers.append((answer.status_code, answer.json()))
    assert answers[:5] == [answers[0]] * 5
    assert answers[0][0] == answers[5][0] == 401


async def test_an_expired_link_a_used_one_and_none_look_alike(site: Site) -> None:
    def make(db: Connection) -> list[str]:
        tokens = [
            create_invitation(db, Purpose.SIGN_IN, days=days, now=site.now, member_id=new_id())
            for days in (0, 1, 1)
        ]
        ids = list(db.execute(invitation.select().order_by(invitation.c.expires_at)).scalars())
        use_invitation(db, ids[1], site.now)
        db.execute(invitation.update().where(invitation.c.id == ids[2]).values(revoked_at=1))
        return tokens

    tokens = await site.database.write(make)
    answers = []
    async with site.browser() as browser:
        for token in [*tokens, "x" * 43, "x", "'"]:
            answer = await browser.post("/api/link/sign-in", json={"token": token})
            answers.append((answer.status_code, answer.text))
    assert answers == [answers[0]] * 6
    assert answers[0][0] == 404
