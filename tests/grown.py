"""Two whole nodes on one PostgreSQL and Redis, and people who come in at either."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.client import Json, RoomClient
from tests.live import Live, SeededRoom, seed_room, serve_two
from tests.peers.raw import Peer, eventually


@dataclass
class Grown:
    """Two nodes, and a room that both have."""

    nodes: tuple[Live, Live]
    room: SeededRoom
    stack: AsyncExitStack

    async def met(self) -> None:
        """Wait until each of the nodes knows that the other one is there."""
        hubs = [live.node.hub for live in self.nodes if live.node]
        await eventually(lambda: all(hub.bus.connected and hub.neighbours.alive for hub in hubs))

    async def window(self, node: int, name: str, since: Json | None = None) -> RoomClient:
        """Open a window of somebody on one of the nodes, and say hello."""
        person = self.room.people[name]
        client = await RoomClient.open(self.nodes[node], self.room.room_id, person)
        await self.stack.enter_async_context(client)
        await client.hello(since)
        return client

    async def peer(self, node: int, name: str) -> Peer:
        """Join the plain document on one of the nodes, with nothing in hand."""
        person, document = self.room.people[name], self.room.documents[1]
        peer = await Peer.open(self.nodes[node], self.room.room_id, person, document)
        await self.stack.enter_async_context(peer)
        return peer


@asynccontextmanager
async def grow(folder: Path, postgresql_url: str, redis_url: str) -> AsyncIterator[Grown]:
    """Run two nodes in this process, and seed a room that both have."""
    async with (
        serve_two(folder, database_url=postgresql_url, bus_url=redis_url) as (first, second),
        AsyncExitStack() as windows,
    ):
        assert first.node is not None
        room = await first.node.database.write(seed_room)
        yield Grown((first, second), room, windows)
