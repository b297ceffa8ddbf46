"""Who is in a room and where: stamped by the server, never stored, told in batches.

Each node counts the connections it has itself, and adds what the other nodes tell of theirs.
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from twinspace_rt.bus.neighbours import Neighbours
from twinspace_rt.protocol import Command, Id, Signal
from twinspace_rt.rooms.access import EVERYONE, ROOM, reading
from twinspace_rt.rooms.feature import Call, Feature

if TYPE_CHECKING:
    from twinspace_rt.rooms.connection import Connection
    from twinspace_rt.rooms.room import Room

TICK_S = 0.2


class Tool(StrEnum):
    """The room's tools a person can be in."""

    HOME = "home"
    CHAT = "chat"
    FORUM = "forum"
    DOCS = "docs"
    PEOPLE = "people"
    SETTINGS = "settings"


class Place(Struct, kw_only=True, forbid_unknown_fields=True):
    """Where in the room somebody is; ``target`` names the document they have open."""

    tool: Tool
    target: Id | None = None


class SetPlace(Command, tag="room.place", kw_only=True, frozen=True):
    """Tell where in the room this connection is."""

    place: Place


class Present(Struct, kw_only=True):
    """One person who is in the room now."""

    member_id: str
    tool: str
    target: str | None
    connections: Annotated[int, Meta(ge=0)]
    """How many windows they have open; 0: they have left."""


class PresenceSignal(Signal, tag="room.presence", kw_only=True):
    """Who is here: all of them if ``complete``, else those who came, moved or left."""

    present: list[Present]
    complete: bool = False


class Stay(Struct, array_like=True, frozen=True):
    """How one node sees a person: where they went last, and how many windows they have open."""

    tool: str
    target: str | None
    connections: int

    @property
    def place(self) -> tuple[str, str | None]:
        return self.tool, self.target


NOWHERE = Stay(Tool.HOME.value, None, 0)
HERE = ""
"""Stands for this node where others stand by their identifiers."""
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Stay)


class Presence:
    """Collects where everyone is, and tells the room, and the other nodes, in batches."""

    def __init__(self, room: "Room", neighbours: Neighbours) -> None:
        self._room = room
        self._connections: dict[str, list[Connection]] = {}
        # Of each person the nodes they are on; the one on which they moved last is the last.
        self._stays: dict[str, dict[str, Stay]] = {}
        self._changed: set[str] = set()
        self._changed_here: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.nodes = neighbours.share(
            f"{room.id}.now", whole=self._whole, told=self._told, passed=room.signalled
        )

    def enter(self, connection: "Connection") -> None:
        """Count a connection in; it hears of everyone in its welcome."""
        self._connections.setdefault(connection.principal.member_id, []).append(connection)
        self._look(connection.principal.member_id)

    def leave(self, connection: "Connection") -> None:
        """Count a connection out; unknown ones are ignored, so a late close harms nobody."""
        mine = self._connections.get(connection.principal.member_id, [])
        if connection in mine:
            mine.remove(connection)
            if not mine:
                del self._connections[connection.principal.member_id]
            self._look(connection.principal.member_id)

    def move(self, connection: "Connection", place: Place) -> None:
        """Follow a person to another tool or document."""
        connection.place = (place.tool.value, place.target if place.tool is Tool.DOCS else None)
        self._look(connection.principal.member_id)

    def everyone(self) -> list[Present]:
        """List all who are here now, on any node."""
        return [self._present(member_id) for member_id in self._stays]

    def _look(self, member_id: str) -> None:
        mine = self._connections.get(member_id)
        stay = None
        if mine:
            place = next((c.place for c in reversed(mine) if c.place), (Tool.HOME.value, None))
            stay = Stay(*place, connections=len(mine))
        self._changed_here.add(member_id)
        self._set(member_id, HERE, stay)

    def _set(self, member_id: str, node: str, stay: Stay | None) -> None:
        stays = self._stays.setdefault(member_id, {})
        before = stays.get(node)
        if (
            stay is None
            or before is None
            or (stay.tool, stay.target) != (before.tool, before.target)
        ):
            stays.pop(node, None)
        if stay is not None:
            stays[node] = stay
        if not stays:
            del self._stays[member_id]
        if stay != before:
            self._note(member_id)

    def _present(self, member_id: str) -> Present:
        count, last = 0, NOWHERE
        for last in self._stays.get(member_id, {}).values():
            count += last.connections
        return Present(member_id=member_id, tool=last.tool, target=last.target, connections=count)

    def _note(self, member_id: str) -> None:
        self._changed.add(member_id)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tell)

    def _tell(self) -> None:
        self._timer = None
        changed, self._changed = self._changed, set()
        here, self._changed_here = self._changed_here, set()
        present = [self._present(member_id) for member_id in sorted(changed)]
        self._room.signal_here(PresenceSignal(present=present), ROOM)
        self.nodes.tell({member_id: self._encode(member_id) for member_id in sorted(here)})

    # -- the other nodes

    def _encode(self, member_id: str) -> bytes | None:
        stay = self._stays.get(member_id, {}).get(HERE)
        return None if stay is None else _encoder.encode(stay)

    def _whole(self) -> dict[str, bytes]:
        values = {member_id: self._encode(member_id) for member_id in self._connections}
        return {member_id: value for member_id, value in values.items() if value is not None}

    def _told(self, node: str, values: Mapping[str, bytes | None]) -> None:
        for member_id, value in values.items():
            self._set(member_id, node, None if value is None else _decoder.decode(value))

    def close(self) -> None:
        """Stop the timer, and tell the other nodes that nobody is here any more."""
        if self._timer is not None:
            self._timer.cancel()
        self.nodes.close()


async def handle_place(call: Call, command: SetPlace) -> None:
    """Follow the person; everyone hears of it within a fifth of a second."""
    call.room.presence.move(call.connection, command.place)


feature = Feature(
    name="room",
    commands={SetPlace: (handle_place, reading(EVERYONE))},
    pushes=(PresenceSignal,),
)
