"""Edits of one commit as one update: who receives it takes it in, and draws, once."""

from collections.abc import Sequence

from twinspace_rt.docs.lib0 import write_var_uint
from twinspace_rt.docs.store import TailEntry

ONE_STRUCT = b"\1\1"
"""How an update begins that is one client's and has one struct."""
NO_DELETES = b"\0"
"""How an update ends that deletes nothing: numbers are never longer than they have to be, so the
last byte of a deleted range's length is not zero."""


def joined(entries: Sequence[TailEntry]) -> list[bytes]:
    """Write entries that follow each other as few updates, which mean the same.

    Those of one struct that delete nothing, as typing makes them, are joined; the others stay as
    they are, and nothing changes its place across them.

    Args:
        entries: Committed entries in their order.
    """
    if len(entries) == 1:
        return [entries[0].body]
    updates: list[bytes] = []
    run: list[TailEntry] = []
    ends: dict[int, int] = {}
    for entry in entries:
        if not _is_plain(entry):
            _end_run(run, updates)
            run, ends = [], {}
            updates.append(entry.body)
            continue
        client, start, end = entry.ranges[0]
        if ends.get(client, start) != start:  # something between them is not for this receiver
            _end_run(run, updates)
            run, ends = [], {}
        run.append(entry)
        ends[client] = end
    _end_run(run, updates)
    return updates


def _is_plain(entry: TailEntry) -> bool:
    body = entry.body
    return body[:2] == ONE_STRUCT and body[-1:] == NO_DELETES and len(entry.ranges) == 1


def _end_run(run: Sequence[TailEntry], updates: list[bytes]) -> None:
    if len(run) < 2:
        updates.extend(entry.body for entry in run)
        return
    structs: dict[int, list[bytes]] = {}
    starts: dict[int, int] = {}
    for entry in run:
        client, start, _ = entry.ranges[0]
        starts.setdefault(client, start)
        structs.setdefault(client, []).append(_struct_of(entry.body))
    out = bytearray()
    write_var_uint(out, len(structs))
    for client in sorted(structs, reverse=True):
        write_var_uint(out, len(structs[client]))
        write_var_uint(out, client)
        write_var_uint(out, starts[client])
        out += b"".join(structs[client])
    out += NO_DELETES
    updates.append(bytes(out))


def _struct_of(body: bytes) -> bytes:
    """Cut the one struct out of an update: behind two numbers, before the empty delete set."""
    at = len(ONE_STRUCT)
    for _ in range(2):
        while body[at] & 0x80:
            at += 1
        at += 1
    return body[at:-1]
