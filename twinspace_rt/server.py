"""Runs the application under uvicorn, with defaults fit for long-lived sockets."""

import contextlib
import socket
from collections.abc import Sequence

import uvicorn

from twinspace_rt.admin import Way, first_start, listening
from twinspace_rt.app import Node, create_app
from twinspace_rt.web.fast_protocol import FastWebSocketProtocol
from twinspace_rt.web.http_protocol import HttpProtocol
from twinspace_rt.web.security import SecurityHeaders


class Server(uvicorn.Server):
    """uvicorn's server, which lets a node drain before connections are cut."""

    def __init__(self, node: Node) -> None:
        settings = node.settings
        super().__init__(
            uvicorn.Config(
                # Around Starlette itself: its answer to an unforeseen error comes from outside of
                # all that is added to it.
                SecurityHeaders(create_app(node)),
                host=settings.host,
                port=settings.port,
                ws=FastWebSocketProtocol,
                ws_max_size=settings.frame_max_bytes,
                # 58 against 24 kB a socket, and decompression bombs.
                ws_per_message_deflate=False,
                # One timer looks after all connections (RoomHub.watch).
                ws_ping_interval=None,
                loop="uvloop",
                http=HttpProtocol,
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=10,
                lifespan="on",
            )
        )
        self.node = node
        self._operators = contextlib.AsyncExitStack()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, listen to the operator's commands, and greet whoever starts it first."""
        await super().startup(sockets)
        if self.started:
            await self._operators.enter_async_context(listening(self.node))
            show(self.node.settings.origin, await first_start(self.node))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, commit and acknowledge what was taken, send everyone away, end."""
        await self._operators.aclose()
        for server in self.servers:
            server.close()
        await self.node.drain()
        await super().shutdown(sockets)


def show(origin: str, ways: Sequence[Way]) -> None:
    """Print where the server is and, the first time, the ways in; these go into no log."""
    print(f"TwinSpace RT is at {origin}", flush=True)
    if ways:
        print("\nWays in; side by side in one browser, each keeps its own sign-in:", flush=True)
    for way in ways:
        print(f"  {way.who}\n    {way.link}", flush=True)
