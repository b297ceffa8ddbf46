"""Signing in and out, over HTTP: who gets in, what a guesser learns, and what is left behind."""

import asyncio
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, func, select, update

from tests.accounts.conftest import NOW, ORIGIN, PupilCard, Site
from twinspace_rt.accounts import guessing
from twinspace_rt.accounts.models import account, card, wrong_try
from twinspace_rt.accounts.sessions import HOUR_MS, REMEMBERED_DAYS
from twinspace_rt.accounts.tokens import new_code
from twinspace_rt.db.engine import SqliteDatabase
from twinspace_rt.settings import Settings

PASSWORD = "lingon och mjölk"
# Tried often; the parameters stand in the hash itself.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


async def is_in(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/api/account/sessions")).status_code == 200


async def sign_in(browser: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await browser.post("/api/sign-in", json={"email": email, "password": password})


async def join(browser: httpx.AsyncClient, **body: str) -> httpx.Response:
    return await browser.post("/api/join", json=body)


def told(response: httpx.Response) -> Any:
    return response.status_code, response.json()


async def test_a_teacher_signs_in_with_the_address_however_it_is_written(site: Site) -> None:
    await site.teacher("Karin@Example.org", PASSWORD)
    async with site.browser() as browser:
        assert not await is_in(browser)
        assert (await sign_in(browser, " karin@example.ORG ", PASSWORD)).status_code == 200
        assert await is_in(browser)


async def test_a_pupil_joins_with_a_card_however_it_is_typed(site: Site) -> None:
    pupil = await site.pupil()
    typed = f" {pupil.code[:4].lower()}-{pupil.code[4:]} ".replace("0", "o").replace("1", "l")
    async with site.browser() as browser:
        words = pupil.words.replace("-", "  ").upper()
        assert (await join(browser, code=typed, words=words)).status_code == 200
        assert await is_in(browser)


async def test_wrong_and_unknown_and_disabled_and_resting_look_alike(
    site: Site, database: SqliteDatabase
) -> None:
    disabled, resting = await site.teacher("off@example.org"), "resting@example.org"
    await site.teacher("here@example.org")
    await site.teacher(resting)
    await database.write(
        lambda db: db.execute(update(account).where(account.c.id == disabled).values(disabled_at=1))
    )
    async with site.browser() as browser:
        for _ in range(guessing.WRONG_MAX):
            await sign_in(browser, resting, "not this one")
        answers = [
            told(await sign_in(browser, email, password))
            for email, password in [
                ("here@example.org", "not this one"),
                ("nobody@example.org", PASSWORD),
                ("off@example.org", PASSWORD),
                (resting, PASSWORD),
            ]
        ]
    assert answers == [answers[0]] * 4
    assert answers[0][0] == 401
    assert answers[0][1]["error"]["code"] == "accounts.wrong"


async def test_a_card_takes_twenty_wrong_tries_an_hour_from_everywhere_together(
    site: Site,
) -> None:
    pupil, other = await site.pupil(), await site.pupil()
    tries = guessing.WRONG_MAX + 10
    async with asyncio.TaskGroup() as group:
        guesses = [group.create_task(guess(site, pupil, f"198.51.100.{n}")) for n in range(tries)]
    assert {g.result() for g in guesses} == {401}
    async with site.browser() as browser:
        assert (await join(browser, **pupil.body)).status_code == 401
        assert (await join(browser, **other.body)).status_code == 200
        site.now += HOUR_MS - 1
        assert (await join(browser, **pupil.body)).status_code == 401
        site.now += 1
        assert (await join(browser, **pupil.body)).status_code == 200


async def guess(site: Site, pupil: PupilCard, address: str) -> int:
    async with site.browser(address) as browser:
        return (await join(browser, code=pupil.code, words="fox-fox-fox")).status_code


async def test_a_right_try_gives_back_only_itself(site: Site) -> None:
    pupil = await site.pupil()
    async with site.browser() as browser:
        for _ in range(guessing.WRONG_MAX - 1):
            await join(browser, code=pupil.code, words="fox-fox-fox")
        assert (await join(browser, **pupil.body)).status_code == 200
        assert (await join(browser, **pupil.body)).status_code == 200
        await join(browser, code=pupil.code, words="fox-fox-fox")
        assert (await join(browser, **pupil.body)).status_code == 401


async def test_a_class_gets_in_behind_an_address_that_guesses(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "ADDRESS_WRONG_MAX", 5)
    pupils = [await site.pupil() for _ in range(30)]
    async with site.browser() as guesser:
        for _ in range(5):
            assert (await join(guesser, code="00000000", words="a")).status_code == 401
        unknown = told(await join(guesser, code="00000000", words="a"))
        known = told(await join(guesser, code=pupils[0].code, words="a"))
    assert unknown == known
    assert unknown[0] == 429

    async def come(pupil: PupilCard) -> int:
        async with site.browser() as browser:
            return (await join(browser, **pupil.body)).status_code

    assert await asyncio.gather(*(come(pupil) for pupil in pupils)) == [200] * 30


async def test_a_reset_card_opens_nothing_any_more(site: Site, database: SqliteDatabase) -> None:
    pupil = await site.pupil()
    async with site.browser() as browser:
        assert (await join(browser, **pupil.body)).status_code == 200
        await database.write(lambda db: db.execute(card.delete()))
        assert (await join(browser, **pupil.body)).status_code == 401


async def test_signing_in_again_ends_the_session_before_it(site: Site) -> None:
    pupil = await site.pupil()
    async with site.browser() as browser:
        await join(browser, **pupil.body)
        first = browser.cookies["twinspace"]
        await join(browser, **pupil.body)
        assert browser.cookies["twinspace"] != first
        assert len(site.closed) == 1
        browser.cookies.clear()
        browser.cookies.set("twinspace", first)
        assert not await is_in(browser)


async def test_signing_out_ends_this_session_and_everywhere_ends_all(site: Site) -> None:
    await site.teacher()
    async with site.browser() as here, site.browser() as there, site.browser() as third:
        for browser in (here, there, third):
            await sign_in(browser, "karin@example.org", PASSWORD)
        assert (await third.post("/api/sign-out", json={})).status_code == 200
        assert [await is_in(b) for b in (here, there, third)] == [True, True, False]
        await here.post("/api/sign-out-everywhere", json={})
        assert [await is_in(b) for b in (here, there)] == [False, False]
    assert len(site.closed) == 3


async def test_a_device_can_be_signed_out_by_its_owner_alone(site: Site) -> None:
    await site.teacher("a@example.org")
    await site.teacher("b@example.org")
    async with site.browser() as here, site.browser() as there, site.browser() as other:
        await sign_in(here, "a@example.org", PASSWORD)
        await sign_in(there, "a@example.org", PASSWORD)
        await sign_in(other, "b@example.org", PASSWORD)
        listed = (await here.get("/api/account/sessions")).json()
        far = next(s["id"] for s in listed if not s["here"])
        assert len(listed) == 2
        await other.post("/api/account/sessions/end", json={"session_id": far})
        assert await is_in(there)
        await here.post("/api/account/sessions/end", json={"session_id": far})
        assert [await is_in(b) for b in (here, there)] == [True, False]


async def test_a_new_password_needs_the_old_one_and_signs_the_others_out(site: Site) -> None:
    await site.teacher()
    async with site.browser() as here, site.browser() as there:
        for browser in (here, there):
            await sign_in(browser, "karin@example.org", PASSWORD)

        async def change(current: str, new: str) -> str:
            body = {"current": current, "new": new}
            answer = (await here.post("/api/account/password", json=body)).json()
            return str(answer.get("error", {}).get("code", "done"))

        assert await change("not this one", "smultron i skogen") == "accounts.wrong_password"
        assert await change(PASSWORD, "short") == "accounts.password_short"
        assert await change(PASSWORD, "karin@example.org") == "accounts.password_weak"
        assert await change(PASSWORD, "aaaaaaaaaaaa") == "accounts.password_weak"
        assert await is_in(there)
        assert await change(PASSWORD, "smultron i skogen") == "done"
        assert [await is_in(b) for b in (here, there)] == [True, False]
        assert (await sign_in(there, "karin@example.org", PASSWORD)).status_code == 401
        assert (await sign_in(there, "karin@example.org", "smultron i skogen")).status_code == 200


async def test_the_cookie_is_out_of_reach(database: SqliteDatabase) -> None:
    for settings, attributes in [
        (Settings(), {"HttpOnly", "Path=/", "SameSite=lax"}),
        (
            Settings(public_url="https://rooms.example.org", allowed_origins=(ORIGIN,)),
            {"HttpOnly", "Path=/", "SameSite=lax", "Secure"},
        ),
    ]:
        site = Site(database, settings)
        async with site.browser() as browser:
            response = await join(browser, **(await site.pupil()).body)
        name, *found = response.headers["set-cookie"].split("; ")
        assert name.startswith("__Host-" if "Secure" in attributes else "twinspace=")
        assert {part for part in found if not part.startswith("Max-Age")} == attributes


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": "https://evil.example"}, "origin"),
        ({"origin": "null"}, "origin"),
        ({"origin": f"{ORIGIN}.evil.example"}, "origin"),
        ({"origin": ORIGIN, "sec-fetch-site": "cross-site"}, "origin"),
        ({"origin": ORIGIN, "sec-fetch-site": "same-site"}, "origin"),
        ({"origin": ORIGIN, "content-type": "text/plain"}, "content_type"),
        ({"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}, "content_type"),
    ],
)
async def test_other_sites_cannot_make_a_browser_ask(
    site: Site, headers: dict[str, str], code: str
) -> None:
    pupil = await site.pupil()
    content = httpx.Request("POST", ORIGIN, json=pupil.body).content
    async with site.browser() as browser:
        sent = {"content-type": "application/json", **headers}
        response = await browser.post("/api/join", content=content, headers=sent)
        assert response.json()["error"]["code"] == code
        del browser.headers["origin"]
        response = await browser.post("/api/join", json=pupil.body)
        assert response.json()["error"]["code"] == "origin"
        assert not await is_in(browser)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "invalid"),
        (b"[]", "invalid"),
        (b'{"code":"x"}', "invalid"),
        (b'{"code":"x","words":1}', "invalid"),
        (b'{"code":"x","words":"y","more":1}', "invalid"),
        (b'{"code":"' + b"x" * 70_000 + b'","words":"y"}', "too_large"),
        (b'{"code":"\xff","words":"y"}', "invalid"),
    ],
)
async def test_bad_bodies_are_told_so(site: Site, content: bytes, code: str) -> None:
    async with site.browser() as browser:
        response = await browser.post(
            "/api/join", content=content, headers={"content-type": "application/json"}
        )
    assert response.status_code == 400
    assert response.json()["error"]["code"] == code


async def test_what_is_not_there_says_so_in_json(site: Site) -> None:
    async with site.browser() as browser:
        for response in (await browser.get("/api/nothing"), await browser.post("/api/x", json={})):
            assert response.status_code == 404
            assert response.json()["error"]["code"] == "not_found"


@pytest.mark.long
async def test_a_whole_school_comes_in_while_its_own_address_guesses(
    site: Site, database: SqliteDatabase
) -> None:
    pupils = [await site.pupil() for _ in range(600)]
    attacked, honest = pupils[:5], pupils[5:]
    school = "192.0.2.1"
    wrong = asyncio.Event()

    async def attack(number: int) -> int:
        code = attacked[number % 5].code if number % 2 else new_code()
        async with site.browser(school) as browser:
            status = (await join(browser, code=code, words="fox-fox-fox")).status_code
        wrong.set()
        return status

    async def come(pupil: PupilCard) -> int:
        await wrong.wait()
        async with site.browser(school) as browser:
            return (await join(browser, **pupil.body)).status_code

    guessed, came = await asyncio.gather(
        asyncio.gather(*(attack(n) for n in range(3000))),
        asyncio.gather(*(come(pupil) for pupil in honest)),
    )
    assert set(guessed) == {401, 429}
    assert set(came) == {200}

    def tries(db: Connection) -> list[int]:
        known = [f"card:{pupil.member_id}" for pupil in attacked]
        counts = select(func.count()).where(wrong_try.c.subject.in_(known))
        return list(db.execute(counts.group_by(wrong_try.c.subject)).scalars())

    assert await database.read(tries) == [guessing.WRONG_MAX] * 5


async def spend(site: Site, email: str, *addresses: str) -> None:
    """Guess at a password until every network's measure is full."""
    for address in addresses:
        async with site.browser(address) as stranger:
            for _ in range(guessing.WRONG_MAX):
                assert (await sign_in(stranger, email, "not this one")).status_code == 401
            # Full: the right one is not even tried.
            assert (await sign_in(stranger, email, PASSWORD)).status_code == 401


async def test_who_guesses_at_a_teachers_password_rests_alone(site: Site) -> None:
    await site.teacher(password_hash=CHEAP)
    await spend(site, "karin@example.org", "198.51.100.1")
    async with site.browser("203.0.113.1") as elsewhere:
        assert (await sign_in(elsewhere, "karin@example.org", PASSWORD)).status_code == 200


async def test_guessers_from_many_networks_rest_all_but_browsers_of_before(site: Site) -> None:
    await site.teacher(password_hash=CHEAP)
    networks = guessing.ACCOUNT_WRONG_MAX // guessing.WRONG_MAX
    async with site.browser() as own, site.browser("203.0.113.1") as new:
        assert (await sign_in(own, "karin@example.org", PASSWORD)).status_code == 200
        await own.post("/api/sign-out", json={})
        await spend(site, "karin@example.org", *(f"198.51.100.{n}" for n in range(networks)))
        assert (await sign_in(new, "karin@example.org", PASSWORD)).status_code == 401
        # Signed out, and from a network that guesses: it is still known.
        assert (await sign_in(own, "karin@example.org", PASSWORD)).status_code == 200
        site.now += HOUR_MS
        assert (await sign_in(new, "karin@example.org", PASSWORD)).status_code == 200


async def test_a_browser_of_before_has_a_measure_of_its_own(site: Site) -> None:
    await site.teacher(password_hash=CHEAP)
    async with site.browser() as own, site.browser() as new:
        assert (await sign_in(own, "karin@example.org", PASSWORD)).status_code == 200
        for _ in range(guessing.WRONG_MAX):
            await sign_in(own, "karin@example.org", "not this one")
        assert (await sign_in(own, "karin@example.org", PASSWORD)).status_code == 401
        assert (await sign_in(new, "karin@example.org", PASSWORD)).status_code == 200


@pytest.mark.parametrize("value", ["x" * 43, "", "'; drop table session; --", None])
async def test_no_other_browser_passes_for_one_of_before(site: Site, value: str | None) -> None:
    await site.teacher(password_hash=CHEAP)
    await site.teacher("nikos@example.org", password_hash=CHEAP)
    await spend(site, "karin@example.org", "192.0.2.1")
    async with site.browser() as browser:
        if value is None:  # a colleague's own browser
            assert (await sign_in(browser, "nikos@example.org", PASSWORD)).status_code == 200
        else:
            browser.cookies.set("twinspace-last", value)
        assert (await sign_in(browser, "karin@example.org", PASSWORD)).status_code == 401


async def test_a_browser_is_remembered_for_half_a_year(site: Site) -> None:
    await site.teacher(password_hash=CHEAP)
    async with site.browser() as browser:
        await sign_in(browser, "karin@example.org", PASSWORD)
        kept = browser.cookies["twinspace-last"]
    for days, status in ((REMEMBERED_DAYS - 1, 200), (REMEMBERED_DAYS, 401)):
        site.now = NOW + days * 24 * HOUR_MS
        await spend(site, "karin@example.org", "192.0.2.1")
        async with site.browser() as browser:
            browser.cookies.set("twinspace-last", kept)
            assert (await sign_in(browser, "karin@example.org", PASSWORD)).status_code == status


async def test_a_pupils_browser_is_not_remembered(site: Site) -> None:
    pupil = await site.pupil()
    async with site.browser() as browser:
        await join(browser, **pupil.body)
        assert list(browser.cookies) == ["twinspace"]


async def test_who_is_signed_in_changes_the_password_though_others_guess(site: Site) -> None:
    await site.teacher(password_hash=CHEAP)
    new = {"current": PASSWORD, "new": "blåbär och grädde"}
    async with site.browser() as browser:
        await sign_in(browser, "karin@example.org", PASSWORD)
        await spend(site, "karin@example.org", "198.51.100.1")
        assert (await browser.post("/api/account/password", json=new)).status_code == 200
        wrong = {"current": "not this one", "new": "hallon och vanilj"}
        for _ in range(guessing.WRONG_MAX):
            assert (await browser.post("/api/account/password", json=wrong)).status_code == 401
        right = {"current": new["new"], "new": "hallon och vanilj"}
        assert (await browser.post("/api/account/password", json=right)).status_code == 401
