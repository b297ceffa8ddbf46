"""A malformed command gets an error reply with a stable code and a sentence (PROTOCOL.md T3).

Whichever command it is, and whatever stands in whichever of its fields, nothing fails inside.
"""

import itertools
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from tests.classroom import Json, open_classroom
from tests.security.naming import unknown
from tests.security.samples import command_samples
from tests.security.test_table import commands
from twinspace_rt.app import FEATURES

WRONG: list[Any] = [
    None,
    True,
    -1,
    2**70,
    1e300,
    "",
    " ",
    "\0",
    "\ud800",
    "x" * 70_000,
    "' or 1=1 --",
    [],
    [[[]]],
    ["x"] * 2_000,
    {},
    {"__proto__": {}},
]


def malformed(frame: Json) -> list[Json]:
    """Spoil a frame in every way, a field at a time."""
    fields = [name for name in frame if name != "type"]
    return [
        frame | {"unheard_of": 1},
        frame | {"type": frame["type"] + "x"},
        *({k: v for k, v in frame.items() if k != name} for name in fields),
        *(frame | {name: wrong} for name in fields for wrong in WRONG),
    ]


@pytest.mark.parametrize("feature", [feature.name for feature in FEATURES])
async def test_a_malformed_command_is_told_what_is_wrong(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, feature: str
) -> None:
    codes = set()
    async with open_classroom(tmp_path, FEATURES) as room:
        anna = await room.enter("anna")
        for kind in commands().values():
            frame = command_samples(kind, unknown)[-1]
            for spoilt in malformed(frame) if frame["type"].startswith(f"{feature}.") else ():
                anna.room._buckets.clear()
                sent = json.dumps({"id": 7} | spoilt)
                await anna.room.receive(anna.connection, sent)
                reply = anna.take(lambda one: one.get("id") in {0, 7})
                if "error" in reply:
                    codes.add(reply["error"]["code"])
                    assert re.fullmatch("[a-z_]+([.][a-z_]+)?", reply["error"]["code"]), spoilt
                    assert re.fullmatch("[A-Z].+[.]", reply["error"]["message"], re.DOTALL), spoilt
                    assert len(reply["error"]["message"]) < 300, spoilt["type"]
        assert "ok" in await (await room.enter("bo")).ask("people.visits")
    assert "invalid" in codes
    assert "internal" not in codes
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_a_malformed_place_to_go_on_from_is_refused_or_gets_everything(
    tmp_path: Path,
) -> None:
    async with open_classroom(tmp_path, FEATURES) as room:
        anna = await room.enter("anna")
        for name, wrong in itertools.product(("epoch", "seq"), WRONG):
            anna.connection.greeted = False
            hello = {"id": 7, "type": "room.hello", "since": {"epoch": 1, "seq": 0, name: wrong}}
            await anna.room.receive(anna.connection, json.dumps(hello))
            reply = anna.take(lambda one: one.get("id") in {0, 7})
            assert reply.get("error", {"code": "invalid"})["code"] == "invalid"
            assert not reply.get("resumed")
