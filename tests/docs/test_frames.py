"""The golden frames say what the server says, and leave no action out (PROTOCOL.md T10)."""

import json
from pathlib import Path

from tests.docs.frames import FOLDER, STEPS, WATCHERS, record
from twinspace_rt.docs.feature import feature
from twinspace_rt.protocol import WriteCommand


async def test_what_is_recorded_is_what_the_server_says(tmp_path: Path) -> None:
    records = await record(tmp_path)
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(WATCHERS)
    for name, body in records.items():
        golden = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        assert body == golden, name


def test_every_action_and_every_push_is_recorded() -> None:
    commands = {c.__struct_config__.tag for c in feature.commands if issubclass(c, WriteCommand)}
    assert {kind for _, _, kind, _ in STEPS} == commands
    golden = json.loads((FOLDER / "anna.json").read_text(encoding="utf-8"))
    seen = {push["type"] for step in golden["steps"] for push in step["pushes"]}
    assert seen == {push.__struct_config__.tag for push in feature.pushes}


def test_a_visitor_hears_of_no_document() -> None:
    golden = json.loads((FOLDER / "vera.json").read_text(encoding="utf-8"))
    assert all(step["pushes"] == [] for step in golden["steps"])
    assert all(step["after"] == golden["start"] for step in golden["steps"])
