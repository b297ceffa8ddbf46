"""Frames of the room itself: hello and welcome."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from twinspace_rt.protocol import Command, Signal
from twinspace_rt.rooms.presence import Present


class Since(Struct, kw_only=True, forbid_unknown_fields=True):
    """The last event a client saw."""

    epoch: Annotated[int, Meta(ge=0)]
    seq: Annotated[int, Meta(ge=0)]


class Hello(Command, tag="room.hello", kw_only=True, frozen=True):
    """Ask to be admitted: all there is, or what came after ``since``."""

    since: Since | None = None


class You(Struct, kw_only=True):
    """Who the server says you are."""

    member_id: str
    name: str
    role: str
    school_id: str
    language: str
    teams: list[str]


class RoomFacts(Struct, kw_only=True):
    """What everyone in the room knows of it."""

    id: str
    title: str
    description: str
    state: str


class Welcome(Signal, tag="room.welcome", kw_only=True):
    """Answers ``room.hello``. ``resumed``: only the missed pushes follow; else all is in here."""

    id: int
    epoch: int
    seq: int
    resumed: bool
    server_time: int
    you: You
    room: RoomFacts
    present: list[Present]
    features: dict[str, Any]
