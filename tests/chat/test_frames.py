"""The golden frames say what the server says."""

import json

from tests.chat.frames import FOLDER, STEPS, record
from tests.classroom import Classroom


async def test_what_is_recorded_is_what_the_server_says(room: Classroom) -> None:
    """T10."""
    records = await record(room)
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(STEPS)
    for name, body in records.items():
        golden = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        assert body == golden, name
