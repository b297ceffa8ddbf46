"""A malformed request gets an error with a stable code and a sentence, whichever route it asks."""

import json
import logging

import pytest

from tests.live import seed_administrator
from tests.security.asking import browser, every_request
from tests.security.conftest import Country
from tests.security.naming import unknown
from tests.security.test_malformed import malformed


@pytest.mark.parametrize("who", ["administrator", "teacher"])
async def test_a_malformed_body_is_told_what_is_wrong(
    country: Country, caplog: pytest.LogCaptureFixture, who: str
) -> None:
    live, here = country.live, country.elsewhere
    assert live.node is not None
    token = here.people["anna"].token
    if who == "administrator":
        token = (await live.node.database.write(seed_administrator)).token
    codes = set()
    async with browser(live, token) as window:
        for asked in every_request(live):
            if asked.body is None or ("administration" in asked.path) is (who == "teacher"):
                continue
            path = here.fill_path(asked.path)[0]
            for spoilt in malformed(asked.filled(unknown) | {"type": ""}):
                spoilt.pop("type")
                answer = await window.post(
                    path,
                    content=json.dumps(spoilt),
                    headers={"content-type": "application/json"},
                )
                assert answer.status_code < 500, (asked, spoilt)
                if answer.status_code >= 400:
                    error = answer.json()["error"]
                    assert len(error["message"]) < 300
                    codes.add(error["code"])
    assert "invalid" in codes
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []
