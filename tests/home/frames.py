"""Golden frames: since when things are new to a person, as they are told and would read afresh.

As for the people (``tests/people/frames.py``). ``python -m tests.home.frames`` writes them anew
after a change that is meant.
"""

from pathlib import Path
from unittest.mock import patch

from tests.classroom import Json, open_classroom
from tests.golden import A_MOMENT, same_each_time, state_of, write_anew
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
                name: {
                    "start": await state_of(room, people[name], queries.home_snapshot),
                    "steps": [],
                }
                for name in WATCHERS
            }
            for who, minutes in STEPS:
                now += minutes * MINUTE
                for person in people.values():
                    person.inbox.frames.clear()
                await people[who].do("home.visit")
                for name in WATCHERS:
                    pushes = people[name].pushes()
                    after = await state_of(room, people[name], queries.home_snapshot)
                    step = {"step": f"{who}: home.visit", "pushes": pushes, "after": after}
                    records[name]["steps"].append(step)
    return records


if __name__ == "__main__":
    write_anew(record, FOLDER)
