"""Golden frames: since when things are new to a person, as they are told and would read afresh.

As for the people (``tests/people/frames.py``). ``python -m tests.home.frames`` writes them anew
after a change that is meant.
"""

import asyncio
import tempfile
from pathlib import Path
from unittest.mock import patch

import msgspec

from tests.classroom import Classroom, Json, Person, open_classroom
from tests.golden import A_MOMENT, same_each_time, written
from twinspace_rt.home import feature, queries

FOLDER = Path(__file__).parent.parent / "frames" / "home"
WATCHERS = ("maja",)
MINUTE = 60_000
# Who says that they are here, and how many minutes after the step before.
STEPS = [("maja", 0), ("maja", 20), ("anna", 5), ("maja", 45)]


async def record(folder: Path) -> dict[str, Json]:
    """Take every step in turn in a new room, and return each watcher's record."""
    now = A_MOMENT
    with (
        same_each_time(),
        patch("twinspace_rt.streams.transaction.now_ms", lambda: now),
        patch("twinspace_rt.home.queries.now_ms", lambda: now),
    ):
        async with open_classroom(folder, [feature]) as room:
            people = {name: await room.enter(name) for name in ("anna", "maja")}
            records: dict[str, Json] = {
                name: {"start": await _state(room, people[name]), "steps": []} for name in WATCHERS
            }
            for who, minutes in STEPS:
                now += minutes * MINUTE
                for person in people.values():
                    person.inbox.frames.clear()
                await people[who].do("home.visit")
                for name in WATCHERS:
                    pushes = people[name].pushes()
                    after = await _state(room, people[name])
                    step = {"step": f"{who}: home.visit", "pushes": pushes, "after": after}
                    records[name]["steps"].append(step)
    return records


async def _state(room: Classroom, person: Person) -> Json:
    principal = person.connection.principal
    state: Json = msgspec.to_builtins(
        await room.database.read(lambda db: queries.home_snapshot(db, principal))
    )
    return state


async def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        records = await record(Path(folder))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, body in records.items():
        (FOLDER / f"{name}.json").write_text(written(body), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_write())
