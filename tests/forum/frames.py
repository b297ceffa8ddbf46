"""Golden frames: what people's clients hold, are told after each step, and would read afresh.

One file for each person: the state at the ``start``, and for every step the ``pushes`` it caused
and the state ``after`` it, which is that of the room at ``seq``; at last all events as they are
``kept`` for those who resume, without the words that were taken back. The server's tests compare
the files with what it says now; the client's tests put pushes on states and compare.
``python -m tests.forum.frames`` writes them anew after a change that is meant.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import msgspec
from sqlalchemy import Connection, select

from tests.classroom import Classroom, Json, Person, open_classroom
from tests.golden import write_anew
from twinspace_rt.forum import feature, queries
from twinspace_rt.forum.messages import ReadThread
from twinspace_rt.streams.models import stream

FOLDER = Path(__file__).parent.parent / "frames" / "forum"
WATCHERS = ("anna", "olga", "maja", "eleni", "mod", "vera")
A_MOMENT = 1_700_000_000_000
Step = tuple[str, str, str, Json]

# Who does what, and under which name what came of it is known to the steps after it.
STEPS: list[Step] = [
    ("board", "anna", "forum.board_create", {"name": "Nature"}),
    ("stories", "anna", "forum.board_create", {"name": "Stories", "hold": True}),
    (
        "",
        "bo",
        "forum.board_edit",
        {"board_id": "board", "name": "Nature", "description": "What we see.", "hold": False},
    ),
    ("", "anna", "forum.board_order", {"board_ids": ["stories", "board"]}),
    ("bees", "olga", "forum.start", {"board_id": "board", "title": "Bees", "text": "We saw 40."}),
    ("news", "anna", "forum.start", {"board_id": "board", "title": "News", "text": "Welcome!"}),
    (
        "answer",
        "maja",
        "forum.reply",
        {
            "thread_id": "bees",
            "text": "In the hive?",
            "quote": {"post_id": "bees.first", "text": "saw 40"},
        },
    ),
    ("second", "eleni", "forum.reply", {"thread_id": "bees", "text": "We saw fifty."}),
    ("", "maja", "forum.read", {"thread_id": "bees", "place": 2}),
    ("", "maja", "forum.edit", {"post_id": "answer", "text": "In the garden?"}),
    ("", "eleni", "forum.like", {"post_id": "answer", "liked": True}),
    ("", "anna", "forum.like", {"post_id": "answer", "liked": True}),
    ("", "eleni", "forum.like", {"post_id": "answer", "liked": False}),
    ("", "olga", "forum.best", {"thread_id": "bees", "post_id": "second"}),
    ("", "olga", "forum.rename", {"thread_id": "bees", "title": "Bees in May"}),
    ("", "anna", "forum.pin", {"thread_id": "news", "pinned": True}),
    ("", "bo", "forum.lock", {"thread_id": "news", "locked": True}),
    ("", "anna", "forum.move", {"thread_id": "bees", "board_id": "stories"}),
    (
        "waiting",
        "maja",
        "forum.reply",
        {
            "thread_id": "bees",
            "text": "Shy words",
            "quote": {"post_id": "second", "text": "fifty"},
        },
    ),
    ("", "bo", "forum.return", {"post_id": "waiting", "reason": "Which ones?"}),
    ("", "maja", "forum.edit", {"post_id": "waiting", "text": "The black ones"}),
    ("", "anna", "forum.delete", {"post_id": "second"}),
    ("later", "anna", "forum.reply", {"thread_id": "bees", "text": "Seen sooner"}),
    ("", "anna", "forum.approve", {"post_id": "waiting"}),
    (
        "tale",
        "olga",
        "forum.start",
        {"board_id": "stories", "title": "A tale", "text": "Once there was"},
    ),
    ("", "olga", "forum.rename", {"thread_id": "tale", "title": "A fairy tale"}),
    ("", "bo", "forum.approve", {"post_id": "tale.first"}),
    ("", "olga", "forum.delete", {"post_id": "tale.first"}),
    ("shy", "maja", "forum.reply", {"thread_id": "bees", "text": "Never seen"}),
    ("", "maja", "forum.delete", {"post_id": "shy"}),
    ("gone", "olga", "forum.start", {"board_id": "stories", "title": "Gone", "text": "Gone"}),
    ("", "anna", "forum.delete", {"post_id": "gone.first"}),
    ("", "maja", "forum.read_all", {"board_id": "board"}),
    ("", "eleni", "forum.read_all", {}),
    ("last", "maja", "forum.reply", {"thread_id": "tale", "text": "Waits in it"}),
    ("", "anna", "forum.thread_delete", {"thread_id": "tale"}),
    ("", "anna", "forum.board_archive", {"board_id": "board", "archived": True}),
]


async def record(folder: Path) -> dict[str, Json]:
    """Take every step in turn in a new room, and return each watcher's record."""
    with _same_each_time():
        async with open_classroom(folder, [feature]) as room:
            people = {name: await room.enter(name) for name in room.members}
            records: dict[str, Json] = {
                name: {
                    "you": {key: people[name].welcome["you"][key] for key in ("member_id", "role")},
                    "start": await _state(room, people[name]),
                    "steps": [],
                }
                for name in WATCHERS
            }
            ids: dict[str, str] = {}
            handed_in: dict[str, int] = {}
            for step in STEPS:
                for person in people.values():
                    person.inbox.frames.clear()
                await _take(people, ids, handed_in, step)
                # What the step caused, before reading afresh adds to what is received.
                pushes = {name: people[name].pushes() for name in WATCHERS}
                for name in WATCHERS:
                    records[name]["steps"].append(
                        {
                            "step": f"{step[1]}: {step[2]}",
                            "pushes": pushes[name],
                            "after": await _state(room, people[name]),
                            "seq": await _head(room),
                        }
                    )
            for name in WATCHERS:
                window = await room.enter(name, {"epoch": 1, "seq": 0})
                records[name]["kept"] = window.pushes()
                window.leave()
    return records


async def _take(
    people: dict[str, Person], ids: dict[str, str], handed_in: dict[str, int], step: Step
) -> None:
    name, who, kind, fields = step
    if kind == "forum.approve":
        fields = {**fields, "at": handed_in[ids[fields["post_id"]]]}
    reply = await people[who].do(kind, **_named(fields, ids))
    for push in people["anna"].pushes("forum.held"):
        handed_in[push["post"]["id"]] = push["post"]["at"]
    result = reply.get("result")
    if isinstance(result, str):
        ids[name] = result
    elif result is not None:
        ids[name] = result["thread_id"] if kind == "forum.start" else result["post_id"]
        ids[f"{name}.first"] = result["post_id"]


def _named(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _named(part, ids) if key not in {"text", "title", "name"} else part
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_named(part, ids) for part in value]
    return ids.get(value, value) if isinstance(value, str) else value


async def _state(room: Classroom, person: Person) -> Json:
    principal = person.connection.principal

    def read(db: Connection) -> Json:
        forum = queries.forum_snapshot(db, principal)
        pages = [
            queries.thread_page(db, principal, ReadThread(id=0, thread_id=thread.id))
            for thread in forum.threads
        ]
        state: Json = msgspec.to_builtins({"forum": forum, "pages": pages})
        return state

    return await room.database.read(read)


async def _head(room: Classroom) -> int:
    head = select(stream.c.head_seq).where(stream.c.id == room.room_id)
    return int(await room.database.read(lambda db: db.execute(head).scalar_one()))


@contextmanager
def _same_each_time() -> Iterator[None]:
    # Identifiers (the node's own is the first), retry keys and moments are counted, so that a
    # record is the same each time.
    bits, keys, moments = itertools.count(0), itertools.count(1), itertools.count(A_MOMENT, 1000)
    with (
        patch("twinspace_rt.ids.secrets", SimpleNamespace(randbits=lambda _: next(bits))),
        patch("twinspace_rt.streams.log.now_ms", lambda: next(moments)),
        patch("twinspace_rt.streams.transaction.now_ms", lambda: next(moments)),
        patch("tests.classroom._nonces", keys),
    ):
        yield


def written(body: Json) -> str:
    """Write a record with one line for each push and each state."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    steps = ",\n".join(
        f'{{"step": {line(step["step"])},\n "pushes": ['
        + ",\n  ".join(line(push) for push in step["pushes"])
        + f'],\n "after": {line(step["after"])}, "seq": {step["seq"]}}}'
        for step in body["steps"]
    )
    head = f'"you": {line(body["you"])},\n"start": {line(body["start"])}'
    kept = ",\n".join(line(push) for push in body["kept"])
    return f'{{{head},\n"steps": [\n{steps}\n],\n"kept": [\n{kept}\n]}}\n'


if __name__ == "__main__":
    write_anew(record, FOLDER, written)
