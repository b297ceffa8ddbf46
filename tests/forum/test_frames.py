"""The golden frames (PROTOCOL.md T10, F6) say what the server says, and leave no action out."""

import json
from pathlib import Path

from tests.forum.frames import FOLDER, WATCHERS, record


async def test_what_is_recorded_is_what_the_server_says(tmp_path: Path) -> None:
    records = await record(tmp_path)
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(WATCHERS)
    for name, body in records.items():
        golden = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        assert body["you"] == golden["you"]
        assert body["start"] == golden["start"]
        for now, then in zip(body["steps"], golden["steps"], strict=True):
            assert now == then, (name, now["step"])
        assert body["kept"] == golden["kept"]
