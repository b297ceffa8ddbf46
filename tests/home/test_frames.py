"""The golden frames (PROTOCOL.md T10, N1) say what the server says."""

import json
from pathlib import Path

from tests.home.frames import FOLDER, WATCHERS, record


async def test_what_is_recorded_is_what_the_server_says(tmp_path: Path) -> None:
    records = await record(tmp_path)
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(WATCHERS)
    for name, body in records.items():
        assert body == json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")), name
