"""What golden frames have in common: runs that come out the same, and files people can read."""

import asyncio
import itertools
import json
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import msgspec
from sqlalchemy import Connection

from tests.classroom import Classroom, Json, Person
from twinspace_rt.rooms.access import Principal

A_MOMENT = 1_700_000_000_000


@contextmanager
def same_each_time() -> Iterator[None]:
    """Count identifiers, pictures, retry keys and moments: a record is the same each time.

    The first identifier is the node's own, which no record holds.
    """
    bits, keys, moments = itertools.count(0), itertools.count(1), itertools.count(A_MOMENT, 1000)
    with (
        patch("twinspace_rt.ids.secrets", SimpleNamespace(randbits=lambda _: next(bits))),
        patch("twinspace_rt.rooms.avatars.secrets", SimpleNamespace(choice=min)),
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
        + f'],\n "after": {line(step["after"])}}}'
        for step in body["steps"]
    )
    return f'{{"start": {line(body["start"])},\n"steps": [\n{steps}\n]}}\n'


async def state_of(
    room: Classroom, person: Person, snapshot: Callable[[Connection, Principal], Any]
) -> Json:
    """Read afresh what a feature's snapshot tells a person."""
    principal = person.connection.principal
    state: Json = msgspec.to_builtins(await room.database.read(lambda db: snapshot(db, principal)))
    return state


def write_anew(
    record: Callable[[Path], Coroutine[Any, Any, Mapping[str, Json]]],
    into: Path,
    written: Callable[[Json], str] = written,
) -> None:
    """Make a record in an empty folder, and write each person's part of it."""
    with tempfile.TemporaryDirectory() as folder:
        records = asyncio.run(record(Path(folder)))
    into.mkdir(parents=True, exist_ok=True)
    for name, body in records.items():
        (into / f"{name}.json").write_text(written(body), encoding="utf-8")
