"""For every action: state before plus its pushes equals state read afresh (PROTOCOL.md T10).

The golden frames show it, to the server's tests and to the client's. Here: none of them is missing.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.classroom import Json
from twinspace_rt.app import FEATURES
from twinspace_rt.protocol import Signal, WriteCommand
from twinspace_rt.rooms.feature import Feature

FOLDER = Path(__file__).parent / "frames"


def recorded(feature: str) -> Iterator[tuple[set[str], list[Json]]]:
    """Yield the commands of each recorded step, and what one person was told of it."""
    for path in (FOLDER / feature).glob("*.json"):
        body = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(body, dict):
            for step in body["steps"]:
                yield {step["step"].partition(": ")[2]}, step["pushes"]
        else:
            for one in body:
                yield set(one["sent"]), one["pushes"]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_action_and_every_push_is_recorded(feature: Feature) -> None:
    actions = {
        str(kind.__struct_config__.tag)
        for kind in feature.commands
        if issubclass(kind, WriteCommand)
    }
    steps = list(recorded(feature.name))
    taken = {kind for kinds, _ in steps for kind in kinds if not kind.startswith("/")}
    told = {push["type"] for _, pushes in steps for push in pushes}
    assert taken == actions
    stored = [push for push in feature.pushes if not issubclass(push, Signal)]
    assert told == {push.__struct_config__.tag for push in stored}
