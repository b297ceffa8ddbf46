"""Guessing at join cards on a large scale, from everywhere at once, while a school comes in."""

import asyncio
import random
from collections import Counter

import pytest
from sqlalchemy import select

from tests import figures
from tests.accounts.conftest import PupilCard, Site, database, site
from tests.security.test_guessing import cards, cheap, join_in
from twinspace_rt.accounts import passwords
from twinspace_rt.accounts.cards import new_words
from twinspace_rt.accounts.guessing import WRONG_MAX
from twinspace_rt.accounts.models import wrong_try
from twinspace_rt.accounts.sessions import HOUR_MS

__all__ = ["database", "site"]

# H15 says a million. At 2.3 to 2.8 ms each, most of it the guessers' own part, that would take over
# half an hour; these are about ten minutes.
GUESSES = 240_000
HOURS = 3
SCHOOL = 600
TARGETS = 10
AT_ONCE = 30
SCHOOL_ADDRESS = "203.0.113.1"
ADDRESSES = [f"198.51.{n // 250}.{n % 250}" for n in range(1000)]


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_guesses_from_everywhere_while_a_school_comes_in(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nearly a quarter of a million guesses: one address, a thousand, and the school's own.

    Hashes are made cheap, which the parameters in each hash allow: they would cost nearly two
    hours, and limit the guesser further.
    """
    monkeypatch.setattr(passwords, "_nobody", cheap.hash("a secret that nobody has"))
    targets, pupils = await cards(site, TARGETS), await cards(site, SCHOOL)
    browsers = [site.browser(a) for a in (SCHOOL_ADDRESS, "192.0.2.9", *ADDRESSES)]
    outcomes: Counter[int] = Counter()
    for hour in range(HOURS):
        share = pupils[hour * SCHOOL // HOURS : (hour + 1) * SCHOOL // HOURS]

        async def guess(seed: int) -> None:
            dice = random.Random(seed)
            for _ in range(GUESSES // HOURS // AT_ONCE):
                browser = dice.choice([browsers[0], browsers[1], dice.choice(browsers[2:])])
                known = dice.random() < 0.5
                code = dice.choice(targets).code if known else new_words("en")[:8]
                outcomes[await join_in(browser, code, new_words("en"))] += 1

        async def come_in(coming: list[PupilCard]) -> list[int]:
            async with site.browser(SCHOOL_ADDRESS) as browser:
                return [await join_in(browser, p.code, p.words) for p in coming]

        async with asyncio.TaskGroup() as tasks:
            for n in range(AT_ONCE):
                tasks.create_task(guess(hour * AT_ONCE + n))
            school = tasks.create_task(come_in(share))
        assert Counter(school.result()) == {200: len(share)}
        site.now += HOUR_MS
    assert set(outcomes) <= {401, 429}
    query = select(wrong_try.c.subject, wrong_try.c.at)
    rows = await site.database.read(lambda db: db.execute(query).all())
    reached = Counter((row.subject, row.at) for row in rows if row.subject.startswith("card:"))
    figures.tell(
        f"{sum(outcomes.values())} guesses in {HOURS} hours: {max(reached.values())} at most at "
        f"one card in an hour; {SCHOOL} of {SCHOOL} pupils came in meanwhile"
    )
    assert max(reached.values()) <= WRONG_MAX
