"""Frames of the room's first page."""

from msgspec import Struct

from twinspace_rt.protocol import Millis, Push, WriteCommand


class HomeSnapshot(Struct, kw_only=True):
    """What the first page needs of one person."""

    since: Millis
    """When their last visit ended: what is newer is new to them. 0 until a visit has ended."""


class NoteVisit(WriteCommand, tag="home.visit", kw_only=True, frozen=True):
    """Say that one is here; half an hour without it ends the visit."""


class Visited(Push, tag="home.visited", kw_only=True):
    """To one person alone: another visit has begun, and what is newer than this is new to them."""

    since: Millis
