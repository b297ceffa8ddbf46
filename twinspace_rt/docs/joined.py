"""Edits of one commit as one update: who receives it takes it in, and draws, once."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from twinspace_rt.docs.lib0 import write_var_uint
from twinspace_rt.docs.store import TailEntry
from twinspace_rt.docs.update import NO_DELETES

A = TypeVar("A")
ONE_STRUCT = b"\1\1"
"""How an update begins that is one client's and has one struct."""


class Piece(NamedTuple):
    """An entry, taken apart once for all its receivers.

    Attributes:
        place: Its client and where it starts, as they are written; of one struct alone.
        struct: Its one struct if it deletes nothing, as typing makes it; else nothing, and then it
            is sent as it is.
    """

    body: bytes
    client: int
    start: int
    end: int
    place: bytes
    struct: bytes | None


def piece_of(entry: TailEntry) -> Piece:
    """Take an entry apart."""
    body = entry.body
    if body[:2] == ONE_STRUCT and body[-1:] == NO_DELETES and len(entry.ranges) == 1:
        at = _behind_place(body)
        return Piece(body, *entry.ranges[0], body[len(ONE_STRUCT) : at], body[at:-1])
    return Piece(body, 0, 0, 0, b"", None)


def joined(pieces: Sequence[Piece]) -> list[bytes]:
    """Write entries that follow each other as few updates, which mean the same.

    Those of one struct that delete nothing are joined; the others stay as they are, and nothing
    changes its place across them.

    Args:
        pieces: Committed entries in their order.
    """
    if len(pieces) == 1:
        return [pieces[0].body]
    updates: list[bytes] = []
    run: list[Piece] = []
    ends: dict[int, int] = {}
    for piece in pieces:
        _, client, start, end, _, struct = piece
        if struct is None:
            _end_run(run, updates)
            run, ends = [], {}
            updates.append(piece.body)
            continue
        if ends.get(client, start) != start:  # something between them is not for this receiver
            _end_run(run, updates)
            run, ends = [], {}
        run.append(piece)
        ends[client] = end
    _end_run(run, updates)
    return updates


class Batch(Generic[A]):
    """Entries of one commit for all who receive them: each gets what others wrote.

    Where everybody typed, as nearly always, what each client wrote is put together once, and a
    receiver's update is made of those parts.

    Args:
        entries: Committed entries in their order.
        authors: For each who wrote it, and is not to be sent it.
    """

    def __init__(self, entries: Sequence[TailEntry], authors: Sequence[A]) -> None:
        self._pieces = [piece_of(entry) for entry in entries]
        self._authors = authors
        self._parts = self._put_together()

    def whole(self) -> list[bytes]:
        """Write all of it."""
        if self._parts is None:
            return joined(self._pieces)
        return _update_of([part for _, part in self._parts])

    def without(self, author: A) -> list[bytes]:
        """Write what others than ``author`` wrote."""
        if self._parts is None:
            own = zip(self._pieces, self._authors, strict=True)
            return joined([piece for piece, a in own if a is not author])
        return _update_of([part for a, part in self._parts if a is not author])

    def _put_together(self) -> list[tuple[A, bytes]] | None:
        """Write what each client wrote; ``None`` unless each one's is one text of one author."""
        clients: dict[int, list[Piece]] = {}
        authors: dict[int, A] = {}
        for piece, author in zip(self._pieces, self._authors, strict=True):
            client = piece.client
            if piece.struct is None:
                return None
            if client not in clients:
                clients[client], authors[client] = [piece], author
            elif authors[client] is author and clients[client][-1].end == piece.start:
                clients[client].append(piece)
            else:
                return None
        return [(authors[c], _part_of(clients[c])) for c in sorted(clients, reverse=True)]


def _end_run(run: Sequence[Piece], updates: list[bytes]) -> None:
    if len(run) < 2:
        updates.extend(piece.body for piece in run)
        return
    clients: dict[int, list[Piece]] = {}
    for piece in run:
        clients.setdefault(piece.client, []).append(piece)
    updates += _update_of([_part_of(clients[client]) for client in sorted(clients, reverse=True)])


def _part_of(pieces: Sequence[Piece]) -> bytes:
    """Write what one client wrote: how many structs, where they begin, and these."""
    structs = [piece.struct or b"" for piece in pieces]
    return b"".join((_number(len(pieces)), pieces[0].place, *structs))


def _update_of(parts: Sequence[bytes]) -> list[bytes]:
    """Write an update of clients' parts, the greatest client first; none if there is none."""
    return [b"".join((_number(len(parts)), *parts, NO_DELETES))] if parts else []


def _number(number: int) -> bytes:
    if number < 0x80:  # nearly always, and then it is its own byte
        return bytes((number,))
    out = bytearray()
    write_var_uint(out, number)
    return bytes(out)


def _behind_place(body: bytes) -> int:
    """Tell where the one struct of an update begins: behind two numbers."""
    at = len(ONE_STRUCT)
    for _ in range(2):
        while body[at] & 0x80:
            at += 1
        at += 1
    return at
