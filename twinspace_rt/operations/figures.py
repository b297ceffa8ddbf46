"""How one node does at this moment, in numbers that name nobody."""

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from twinspace_rt.bus.base import Bus
from twinspace_rt.rooms.hub import RoomHub

BUSIEST_MAX = 50
APP, PROVIDER = "app", "provider"
"""Kinds of connection: a browser with the whole room, or a program with documents alone."""
_PAGE_BYTES = os.sysconf("SC_PAGESIZE")


class OpenDocument(Protocol):
    """What is asked of a document."""

    @property
    def waiting_since(self) -> float | None:
        """When the oldest edit that waits for its commit came, by the loop's clock."""
        ...


class Backlog(Protocol):
    """What is asked of the edits that wait."""

    @property
    def bytes(self) -> int:
        """How much they are, over all documents of the node."""
        ...


class Documents(Protocol):
    """The documents' side; written by ``docs``."""

    @property
    def documents(self) -> Sequence[OpenDocument]:
        """Those that are open now."""
        ...

    @property
    def waiting(self) -> Backlog:
        """The edits that wait."""
        ...


class Engine(Protocol):
    """The document engine's side; written by ``docs``."""

    @property
    def restarts(self) -> int:
        """How often its process was replaced."""
        ...


class OpenRoom(msgspec.Struct, array_like=True, frozen=True):
    """A room and how many connections it has on this node."""

    id: str
    connections: int


class Figures(msgspec.Struct, kw_only=True):
    """One node at one moment. Unknown fields of another version are passed over."""

    connections: dict[str, int] = msgspec.field(default_factory=dict)
    rooms: int = 0
    busiest: list[OpenRoom] = []
    """The rooms with most connections, at most fifty of them."""
    documents: int = 0
    oldest_unacknowledged_s: float = 0.0
    backlog_bytes: int = 0
    outbox_bytes: int = 0
    outbox_max_bytes: int = 0
    engine_restarts: int = 0
    bus_connected: bool = True
    lag_s: float = 0.0
    """The worst lag of the event loop since the node last told the others."""
    memory_bytes: int = 0
    processor_share: float = 0.0
    """Of one processor, since the node last told the others."""
    metrics_port: int | None = None


@dataclass(frozen=True)
class Parts:
    """The parts of a node that figures are read from."""

    hub: RoomHub
    documents: Documents
    engine: Engine

    @property
    def bus(self) -> Bus:
        return self.hub.bus

    def read(self) -> Figures:
        """Look at every connection and document once: some milliseconds at thousands of them."""
        kinds = Counter({APP: 0, PROVIDER: 0})
        outbox = outbox_max = 0
        rooms = self.hub.rooms
        for room in rooms:
            for connection in room.connections:
                kinds[APP if connection.speaks_text else PROVIDER] += 1
                waiting = connection.outbox_bytes
                outbox += waiting
                outbox_max = max(outbox_max, waiting)
        documents = self.documents.documents
        since = [s for one in documents if (s := one.waiting_since) is not None]
        now = asyncio.get_running_loop().time()
        sizes = sorted((OpenRoom(r.id, len(r.connections)) for r in rooms), key=_by_size)
        return Figures(
            connections=dict(kinds),
            rooms=len(rooms),
            busiest=sizes[:BUSIEST_MAX],
            documents=len(documents),
            oldest_unacknowledged_s=round(now - min(since), 3) if since else 0.0,
            backlog_bytes=self.documents.waiting.bytes,
            outbox_bytes=outbox,
            outbox_max_bytes=outbox_max,
            engine_restarts=self.engine.restarts,
            bus_connected=self.bus.connected,
            memory_bytes=_resident_bytes(),
        )


def _by_size(one: OpenRoom) -> tuple[int, str]:
    return -one.connections, one.id


def _resident_bytes() -> int:
    # proc(5): the second number is what is resident, in pages.
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE_BYTES
