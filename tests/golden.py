"""What golden frames have in common: runs that come out the same, and files people can read."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from tests.classroom import Json

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
