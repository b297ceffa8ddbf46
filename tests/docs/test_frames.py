"""The golden frames say what the server says, and leave no action out (PROTOCOL.md T10)."""

import json
from pathlib import Path

from tests.docs.frames import FOLDER, WATCHERS, record


async def test_what_is_recorded_is_what_the_server_says(tmp_path: Path) -> None:
    records = await record(tmp_path)
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(WATCHERS)
    for name, body in records.items():
        golden = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        assert body == golden, name


def test_a_visitor_hears_of_no_document() -> None:
    golden = json.loads((FOLDER / "vera.json").read_text(encoding="utf-8"))
    assert all(step["pushes"] == [] for step in golden["steps"])
    assert all(step["after"] == golden["start"] for step in golden["steps"])
