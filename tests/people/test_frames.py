"""The golden frames say what the server says, and leave no action out."""

import json
from pathlib import Path

from tests.people.frames import FOLDER, STEPS, WATCHERS, record
from twinspace_rt.people import feature
from twinspace_rt.protocol import WriteCommand


async def test_what_is_recorded_is_what_the_server_says(tmp_path: Path) -> None:
    records = await record(tmp_path)
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(WATCHERS)
    for name, body in records.items():
        golden = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        assert body["start"] == golden["start"]
        for now, then in zip(body["steps"], golden["steps"], strict=True):
            assert now == then, (name, now["step"])


def test_every_action_and_every_push_is_recorded() -> None:
    commands = {c.__struct_config__.tag for c in feature.commands if issubclass(c, WriteCommand)}
    assert {kind for _, _, kind, _ in STEPS if kind[0] != "/"} == commands
    seen = {
        push["type"]
        for path in FOLDER.glob("*.json")
        for step in json.loads(path.read_text(encoding="utf-8"))["steps"]
        for push in step["pushes"]
    }
    assert seen == {push.__struct_config__.tag for push in feature.pushes}
