"""A server that compacts a document, or says which ones it holds, when it is told to.

It lets go of a document a moment after the last person, too. Orders come over a socket of its own,
one each: ``compact DOCUMENT`` is answered by ``1`` if a snapshot was stored, ``held`` by the
documents, ``bus`` by ``1`` if it hears the other nodes.
"""

import asyncio
import contextlib
import socket

from twinspace_rt import cli, server
from twinspace_rt.docs import tending

IDLE_S = 0.2


def address(port: int) -> str:
    """Say where the server of a port takes orders: an abstract Unix socket, gone with it."""
    return f"\0twinspace-orders-{port}"


async def order(port: int, words: str) -> list[str]:
    """Tell a server to do something; returns the words it answers.

    Raises:
        OSError: It does not run.
        AssertionError: It failed.
    """
    reader, writer = await asyncio.open_unix_connection(address(port))
    with contextlib.closing(writer):
        writer.write(f"{words}\n".encode())
        answer = await reader.readline()
    assert answer.endswith(b"\n"), f"no answer to: {words}"
    return answer.decode().split()


class ObedientServer(server.Server):
    """The server itself, taking orders."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and take orders."""
        # Kept: uvloop closes one that nobody has.
        self._orders = await asyncio.start_unix_server(self._take, address(self.node.settings.port))
        await super().startup(sockets)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            words = (await reader.readline()).decode().split()
            writer.write(f"{' '.join(await self._obey(*words))}\n".encode())
            await writer.drain()

    async def _obey(self, what: str, document_id: str = "") -> list[str]:
        tended = self.node.tending
        if what == "held":
            return [document.id for document in tended.documents]
        if what == "bus":
            return [str(int(self.node.hub.bus.connected))]
        assert what == "compact"
        document = await self.node.library.open(document_id)
        assert document is not None
        return [str(int(await tended.compact(document)))]


if __name__ == "__main__":
    tending.IDLE_S = IDLE_S
    server.Server = ObedientServer  # type: ignore[misc]
    cli.main()
