"""Golden frames: what clients hold of the document list, are told, and would read afresh.

As for the people (``tests/people/frames.py``). ``python -m tests.docs.frames`` writes them anew
after a change that is meant.
"""

from pathlib import Path
from typing import Any

from tests.classroom import Json, open_classroom
from tests.golden import same_each_time, state_of, write_anew
from twinspace_rt.docs import queries
from twinspace_rt.docs.feature import feature

FOLDER = Path(__file__).parent.parent / "frames" / "docs"
WATCHERS = ("anna", "maja", "eleni", "vera")
Step = tuple[str, str, str, Json]

# Who does what, and under which name what came of it is known to the steps after it.
STEPS: list[Step] = [
    ("rivers", "anna", "docs.create_folder", {"title": "Rivers"}),
    ("page", "anna", "docs.create", {"title": "The Høje", "kind": "rich", "folder_id": "rivers"}),
    ("note", "olga", "docs.create", {"title": "Thursday", "kind": "text"}),
    ("", "olga", "docs.change", {"document_id": "note", "title": "Friday"}),
    ("", "anna", "docs.change", {"document_id": "note", "folder_id": "rivers"}),
    ("", "anna", "docs.change", {"document_id": "page", "folder_id": None}),
    ("", "anna", "docs.change", {"document_id": "page", "archived": True}),
    ("", "anna", "docs.change", {"document_id": "page", "archived": False, "title": "Høje å"}),
    ("", "anna", "docs.change_folder", {"folder_id": "rivers", "title": "All rivers"}),
    ("", "anna", "docs.change_folder", {"folder_id": "rivers", "archived": True}),
]


async def record(folder: Path) -> dict[str, Json]:
    """Take every step in turn in a new room, and return each watcher's record."""
    with same_each_time():
        async with open_classroom(folder, [feature]) as room:
            people = {name: await room.enter(name) for name in room.members}
            records: dict[str, Json] = {
                name: {
                    "start": await state_of(room, people[name], queries.docs_snapshot),
                    "steps": [],
                }
                for name in WATCHERS
            }
            ids: dict[str, str] = {}
            for name, who, kind, fields in STEPS:
                for person in people.values():
                    person.inbox.frames.clear()
                known = {key: _named(value, ids) for key, value in fields.items()}
                result = (await people[who].do(kind, **known)).get("result")
                if name:
                    ids[name] = str(result)
                for watcher in WATCHERS:
                    pushes = people[watcher].pushes()
                    after = await state_of(room, people[watcher], queries.docs_snapshot)
                    step = {"step": f"{who}: {kind}", "pushes": pushes, "after": after}
                    records[watcher]["steps"].append(step)
    return records


def _named(value: Any, ids: dict[str, str]) -> Any:
    return ids.get(value, value) if isinstance(value, str) else value


if __name__ == "__main__":
    write_anew(record, FOLDER)
