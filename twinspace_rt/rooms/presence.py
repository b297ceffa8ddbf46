"""Who is in a room and where: stamped by the server, never stored, told in batches."""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

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


class Presence:
    """Collects where everyone is, and tells the room in batches."""

    def __init__(self, room: "Room") -> None:
        self._room = room
        self._connections: dict[str, list[Connection]] = {}
        self._changed: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, connection: "Connection") -> None:
        """Count a connection in; it hears of everyone in its welcome."""
        self._connections.setdefault(connection.principal.member_id, []).append(connection)
        self._note(connection.principal.member_id)

    def leave(self, connection: "Connection") -> None:
        """Count a connection out; unknown ones are ignored, so a late close harms nobody."""
        mine = self._connections.get(connection.principal.member_id, [])
        if connection in mine:
            mine.remove(connection)
            if not mine:
                del self._connections[connection.principal.member_id]
            self._note(connection.principal.member_id)

    def move(self, connection: "Connection", place: Place) -> None:
        """Follow a person to another tool or document."""
        connection.place = (place.tool.value, place.target if place.tool is Tool.DOCS else None)
        self._note(connection.principal.member_id)

    def everyone(self) -> list[Present]:
        """List all who are here now."""
        return [self._present(member_id) for member_id in self._connections]

    def _present(self, member_id: str) -> Present:
        mine = self._connections.get(member_id, [])
        place = next((c.place for c in reversed(mine) if c.place), None) or (Tool.HOME.value, None)
        return Present(member_id=member_id, tool=place[0], target=place[1], connections=len(mine))

    def _note(self, member_id: str) -> None:
        self._changed.add(member_id)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tell)

    def _tell(self) -> None:
        self._timer = None
        changed, self._changed = self._changed, set()
        present = [self._present(member_id) for member_id in sorted(changed)]
        self._room.signal(PresenceSignal(present=present), ROOM)

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()


async def handle_place(call: Call, command: SetPlace) -> None:
    """Follow the person; everyone hears of it within a fifth of a second."""
    call.room.presence.move(call.connection, command.place)


feature = Feature(
    name="room",
    commands={SetPlace: (handle_place, reading(EVERYONE))},
    pushes=(PresenceSignal,),
)
