"""Sends commands in which one field names what is not there for whoever sends them."""

import json
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass

from tests.client import RoomClient
from tests.live import Live, Someone
from tests.security.projects import Project
from tests.security.samples import IdOf, Json, command_samples
from twinspace_rt.ids import new_id
from twinspace_rt.protocol import Command


def unknown(_: str) -> str:
    """Put an identifier of nothing into any field."""
    return new_id()


@dataclass(frozen=True)
class Named:
    """A command that was answered as one that names nothing, and all that was told of it."""

    command: str
    field: str
    sent: str
    heard: str


async def names_in_vain(
    live: Live,
    own: Project,
    person: Someone,
    kinds: Collection[type[Command]],
    foreign: IdOf,
    *,
    never: Collection[str] = (),
) -> AsyncIterator[Named]:
    """Send commands whose fields name what is the room's own, but one that names what is foreign.

    Each is answered as if that one named nothing at all. Fields ``never`` name anything foreign.
    """
    async with await RoomClient.open(live, own.room_id, person) as window:
        await window.hello()
        for field, known, other in _pairs(own, kinds, foreign):
            if field in never:
                continue
            answer, heard = await ask(live, window, known)
            assert answer == (await ask(live, window, other))[0], known
            yield Named(known["type"], field, json.dumps(known), json.dumps(heard))


def _pairs(
    own: Project, kinds: Collection[type[Command]], foreign: IdOf
) -> Iterator[tuple[str, Json, Json]]:
    seen = set()
    for kind in kinds:
        pairs = zip(
            one_foreign_id(kind, own, foreign), one_foreign_id(kind, own, unknown), strict=True
        )
        for (field, known), (_, other) in pairs:
            without_nonce = json.dumps(known | {"nonce": ""})
            if foreign(field) in without_nonce and without_nonce not in seen:
                seen.add(without_nonce)
                yield field, known, other


def one_foreign_id(kind: type[Command], own: Project, foreign: IdOf) -> Iterator[tuple[str, Json]]:
    """Make a command's frames in which one field names something foreign, and the rest what is own.

    Whoever checks the one field only would be led by the other into somebody else's room.
    """
    names: list[str] = []

    def note(name: str) -> str:
        names.append(name)
        return own.id_of(name)

    command_samples(kind, note)
    for wrong in dict.fromkeys(names):
        for channel in ("everyone", own.id_of("channel_id")):

            def fill(name: str, wrong: str = wrong, channel: str = channel) -> str:
                own_id = channel if name == "channel_id" else own.id_of(name)
                return foreign(name) if name == wrong else own_id

            for frame in command_samples(kind, fill):
                yield wrong, frame


async def ask(live: Live, window: RoomClient, frame: Json) -> tuple[Json, list[Json]]:
    """Send one command; returns its reply without its number, and all that came with it."""
    assert live.node is not None
    for room in live.node.hub.rooms:
        room._buckets.clear()  # how much may be asked is not what is asked here
    arguments = {k: v for k, v in frame.items() if k != "type"}
    answer = await window.ask(frame["type"], **arguments)
    answer.pop("id")
    heard, window.frames = [answer, *window.frames], []
    return answer, heard
