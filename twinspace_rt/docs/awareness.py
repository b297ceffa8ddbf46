"""Cursors of one document: the last state of each client, stamped by the server, never stored.

Every client id in an outgoing state belongs to the connection that sent it, its ``user`` is what
the server knows, and its clock is the server's own: a client that comes back with its old clock
would otherwise stay invisible until its next renewal. What honest clients relay of others is
dropped without a word.

What other nodes show was stamped there, by the node that holds the connection. Of a client that
comes by two ways, the connection here goes before another member's elsewhere; a member's own
newest one goes before the older, wherever they are.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from twinspace_rt.docs.lib0 import (
    Malformed,
    read_string,
    read_var_uint,
    write_string,
    write_var_uint,
)
from twinspace_rt.docs.selection import places_in
from twinspace_rt.errors import CloseCode, Disconnect
from twinspace_rt.rooms.access import Principal

STATE_MAX_BYTES = 2048
IDS_PER_SESSION = 8
ENTRIES_MAX = 4096
FIRST_CLOCK = 1_600_000_000_000
"""The server's clocks are milliseconds since 1970; a client's own count from 0."""


class _Cursor(msgspec.Struct, array_like=True):
    """A client's state on its way to other nodes."""

    clock: int
    member_id: str
    state: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Cursor)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Owns the clients that another node shows."""

    node: str


@dataclass(slots=True)
class _Client:
    clock: int
    state: bytes | None
    owner: object
    member_id: str

    def encoded(self) -> bytes:
        """Write it for other nodes."""
        return _encoder.encode(_Cursor(self.clock, self.member_id, self.state or b"null"))


class Awareness:
    """The states of one document's clients.

    Args:
        foreign: Tells whether a client id is bound to another member than this one.
    """

    def __init__(self, foreign: Callable[[int, str], bool]) -> None:
        self._foreign = foreign
        self._clients: dict[int, _Client] = {}
        # By the owner's id(): else each who moves would look through all. None is left empty.
        self._of_owner: dict[int, set[int]] = {}
        self._changed: set[int] = set()
        self._clock = 0

    def receive(self, body: bytes, owner: object, principal: Principal) -> bool:
        """Take in what a client says of itself; returns whether there is something to tell.

        Raises:
            Disconnect: The message is malformed.
        """
        mine = set(self._of_owner.get(id(owner), ()))
        for client, clock, text in _read_states(body):
            held = self._clients.get(client)
            if (
                held is not None
                and held.owner is not owner
                and held.state is not None
                and not _returns(held, clock, text, principal)
            ):
                continue
            if self._foreign(client, principal.member_id) or len(text) > STATE_MAX_BYTES:
                continue
            if client not in mine and (text == "null" or len(mine) >= IDS_PER_SESSION):
                continue
            state = _stamp(text, principal)
            mine.add(client)
            self._set(client, state, owner, principal.member_id)
        return bool(self._changed)

    def leave(self, owner: object) -> bool:
        """Take away what a connection showed; returns whether there is something to tell."""
        for client in tuple(self._of_owner.get(id(owner), ())):
            held = self._clients[client]
            if held.state is not None:
                self._set(client, None, owner, held.member_id)
        return bool(self._changed)

    def show(self, node: str, values: Mapping[str, bytes | None]) -> bool:
        """Take in what another node shows; returns whether there is something to tell."""
        owner = Elsewhere(node)
        for key, value in values.items():
            client, held = int(key), self._clients.get(int(key))
            is_its = held is not None and held.owner == owner
            if value is None:
                if held is not None and is_its and held.state is not None:
                    self._set(client, None, owner, held.member_id)
                continue
            cursor = _decoder.decode(value)
            # What goes out from here is ahead of what people were told there, should they come.
            self._clock = max(self._clock, cursor.clock)
            if self._foreign(client, cursor.member_id):
                continue
            if held is None or held.state is None or is_its or _is_newer(cursor, held):
                self._set(client, cursor.state, owner, cursor.member_id)
        return bool(self._changed)

    def own(self) -> dict[str, bytes]:
        """Write, for other nodes, the states that connections of this one show."""
        return {
            str(client): held.encoded()
            for client, held in self._clients.items()
            if held.state is not None and not isinstance(held.owner, Elsewhere)
        }

    def _set(self, client: int, state: bytes | None, owner: object, member_id: str) -> None:
        if client in self._clients:
            self._disown(client)
        self._of_owner.setdefault(id(owner), set()).add(client)
        # One clock for all, in milliseconds: it stays ahead of itself over a restart, and of what
        # browsers remember of a client that left.
        self._clients[client] = _Client(self._next_clock(), state, owner, member_id)
        self._changed.add(client)

    def _disown(self, client: int) -> None:
        owner = id(self._clients[client].owner)
        theirs = self._of_owner[owner]
        theirs.discard(client)
        if not theirs:
            del self._of_owner[owner]

    def _next_clock(self) -> int:
        self._clock = max(time.time_ns() // 1_000_000, self._clock + 1)
        return self._clock

    def everyone(self) -> bytes | None:
        """Write the states of all who show one, or ``None`` if nobody does.

        With a new clock: who comes back remembers the old one, and would take nothing by it.
        """
        shown = [client for client, held in self._clients.items() if held.state is not None]
        clock = self._next_clock()
        for client in shown:
            self._clients[client].clock = clock
        return _message(len(shown), map(self._entry, shown)) if shown else None

    def changes(self) -> "Changes":
        """Take what has changed since the last call."""
        changed, self._changed = self._changed, set()
        shown: dict[int, list[bytes]] = {}
        for client in changed:
            shown.setdefault(id(self._clients[client].owner), []).append(self._entry(client))
        parts = [b"".join(entries) for entries in shown.values()]
        told = Changes(
            _message(len(changed), parts) if changed else None,
            _without_own(shown, parts),
            {
                str(client): held.encoded() if held.state is not None else None
                for client, held in ((client, self._clients[client]) for client in changed)
                if not isinstance(held.owner, Elsewhere)
            },
        )
        for client in changed:
            if self._clients[client].state is None:
                self._disown(client)
                del self._clients[client]
        return told

    def _entry(self, client: int) -> bytes:
        held, out = self._clients[client], bytearray()
        write_var_uint(out, client)
        write_var_uint(out, held.clock)
        write_string(out, (held.state or b"null").decode())
        return bytes(out)


def _message(count: int, entries: Iterable[bytes]) -> bytes:
    out = bytearray()
    write_var_uint(out, count)
    return b"".join([out, *entries])


def _without_own(shown: dict[int, list[bytes]], parts: list[bytes]) -> dict[int, bytes | None]:
    """Write for each owner what the others show; ``None`` where nobody else does.

    Cut out of what is written once: with three hundred who all move, putting the parts together
    anew for everyone took longer than all the rest.
    """
    whole, count, end = b"".join(parts), sum(map(len, shown.values())), 0
    bodies: dict[int, bytes | None] = {}
    for (owner, entries), part in zip(shown.items(), parts, strict=True):
        begin, end = end, end + len(part)
        others = count - len(entries)
        bodies[owner] = _message(others, (whole[:begin], whole[end:])) if others else None
    return bodies


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be told: to everyone, to each owner without its own, and to the other nodes."""

    all: bytes | None
    by_owner: dict[int, bytes | None]
    own: dict[str, bytes | None]

    def for_owner(self, owner: object) -> bytes | None:
        """Return what to tell this one: ``all`` itself, where none of it is its own.

        ``None`` if there is nothing to tell them.
        """
        return self.by_owner.get(id(owner), self.all)


def _is_newer(cursor: _Cursor, held: _Client) -> bool:
    """Tell whether a member has come to another node while the old socket is still dying."""
    return cursor.member_id == held.member_id and cursor.clock > held.clock


def _returns(held: _Client, clock: int, text: str, principal: Principal) -> bool:
    """Tell whether a member has come back on a new socket while the old one is still dying.

    A second window of the member may relay what it was told of the first one: with the clock it
    was told, which is the server's and no client's own.
    """
    told = FIRST_CLOCK <= clock <= held.clock
    return held.member_id == principal.member_id and text != "null" and not told


def _read_states(body: bytes) -> list[tuple[int, int, str]]:
    try:
        count, pos = read_var_uint(body, 0)
        if count > ENTRIES_MAX:
            raise Malformed("too-many")
        states = []
        for _ in range(count):
            client, pos = read_var_uint(body, pos)
            clock, pos = read_var_uint(body, pos)
            text, pos = read_string(body, pos)
            states.append((client, clock, text))
        if pos != len(body):
            raise Malformed("trailing")
    except Malformed as error:
        raise Disconnect(CloseCode.MALFORMED, f"awareness-{error.code}") from error
    return states


def _stamp(text: str, principal: Principal) -> bytes | None:
    try:
        state: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Disconnect(CloseCode.MALFORMED, "awareness-json") from error
    if not isinstance(state, dict):
        return None
    kept = places_in(state)
    kept["user"] = {"id": principal.member_id, "name": principal.name}
    return msgspec.json.encode(kept)
