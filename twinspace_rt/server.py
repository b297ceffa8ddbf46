"""Runs the application under uvicorn, with defaults fit for long-lived sockets."""

import logging
import socket

import uvicorn

from twinspace_rt.app import Node, create_app
from twinspace_rt.web.fast_protocol import FastWebSocketProtocol


class Server(uvicorn.Server):
    """uvicorn's server, which lets a node drain before connections are cut."""

    def __init__(self, node: Node) -> None:
        settings = node.settings
        super().__init__(
            uvicorn.Config(
                create_app(node),
                host=settings.host,
                port=settings.port,
                ws=FastWebSocketProtocol,
                ws_max_size=settings.frame_max_bytes,
                # 58 against 24 kB a socket, and decompression bombs.
                ws_per_message_deflate=False,
                # One timer looks after all connections (RoomHub.watch).
                ws_ping_interval=None,
                loop="uvloop",
                http="httptools",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=10,
                lifespan="on",
            )
        )
        self.node = node

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, commit and acknowledge what was taken, send everyone away, end."""
        for server in self.servers:
            server.close()
        await self.node.drain()
        await super().shutdown(sockets)


def set_up_logging() -> None:
    """Log to standard error: one line a record, never a person's words, names or secrets."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
