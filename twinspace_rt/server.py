"""Runs the application under uvicorn, with defaults fit for long-lived sockets."""

import asyncio
import contextlib
import logging
import os
import resource
import socket
import sys
import threading
from collections.abc import Sequence
from types import FrameType

import uvicorn

from twinspace_rt import memory
from twinspace_rt.admin import Way, first_start, how_to_begin, listening, nobody_is_here
from twinspace_rt.app import Node, create_app
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.web.fast_protocol import FastWebSocketProtocol
from twinspace_rt.web.http_protocol import HttpProtocol
from twinspace_rt.web.security import SecurityHeaders

log = logging.getLogger(__name__)
LAST_WORDS_S = 3
TICK_S, TICKS = 1.0, 10
"""Once a second, which for uvicorn are ten ticks, the date in HTTP answers is written anew."""
EXIT_S = 18.0
"""After this the process ends whatever it waits for: nothing that was promised can be lost."""


class Server(uvicorn.Server):
    """uvicorn's server, which lets a node drain before connections are cut.

    Told to end (SIGTERM, Ctrl+C), it takes no more connections at once, and has ended within 20
    seconds, even if nothing around it answers.

    Args:
        node: What it serves.
        listener: A socket shared with other processes, of which one on this process's standard
            input looks after it; by itself it opens its own.
    """

    def __init__(self, node: Node, *, listener: socket.socket | None = None) -> None:
        settings = node.settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told_to_end = asyncio.Event()
        self._ends = False
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
                timeout_graceful_shutdown=LAST_WORDS_S,
                lifespan="on",
            )
        )
        self.node = node
        self._listener = listener
        self._operators = contextlib.AsyncExitStack()
        self._collector = memory.Collector()

    @property
    def should_exit(self) -> bool:
        """Whether it was told to end."""
        return self._ends

    @should_exit.setter
    def should_exit(self, ends: bool) -> None:
        self._ends = ends
        if ends and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._told_to_end.set)

    def start(self) -> None:
        """Serve until told to end."""
        allow_many_sockets()
        self.run([self._listener] if self._listener else None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, listen to the operator's commands, and greet whoever starts it first."""
        await super().startup(sockets)
        if not self.started:
            return
        self._collector.settle()
        self._loop = asyncio.get_running_loop()
        if self.should_exit:
            self._told_to_end.set()
        await self._operators.enter_async_context(listening(self.node))
        if self._listener is None:
            print(f"TwinSpace RT is at {self.node.settings.origin}", flush=True)
        else:
            self._loop.add_reader(sys.stdin.fileno(), self._orphaned)
        try:
            await self._greet()
        except StorageUnavailable as error:
            log.warning("nobody was invited code=%s", error.code)  # the next start does it

    async def _greet(self) -> None:
        # Whatever else takes the words that are printed (a journal, a container's log) keeps them.
        if self.node.settings.demo or sys.stdout.isatty():
            show(await first_start(self.node))
        elif await nobody_is_here(self.node):
            print(how_to_begin(self.node.settings), flush=True)

    async def main_loop(self) -> None:
        """Wait for the end; uvicorn would look for it ten times a second, idle or not."""
        tick = 0
        while not await self.on_tick(tick):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told_to_end.wait(), TICK_S)
            tick += TICKS
            self._collector.tend(*self.node.hub.count())

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal to end; the event loop may be in the middle of anything."""
        if self._loop is not None and not self.should_exit:
            self._loop.call_soon_threadsafe(self._begin_to_end)
        super().handle_exit(sig, frame)

    def _orphaned(self) -> None:
        # Nothing is ever written there: it has been closed, with the process at its other end.
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        self.should_exit = True
        self._begin_to_end()

    def _begin_to_end(self) -> None:
        limit = threading.Timer(EXIT_S, _give_up)
        limit.daemon = True
        limit.start()
        self._stop_accepting()

    def _stop_accepting(self) -> None:
        for server in self.servers:
            server.close()
        if self._listener is not None:
            self._listener.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, commit and acknowledge what was taken, send everyone away, end."""
        self._stop_accepting()
        await self._operators.aclose()
        await self.node.drain()
        await super().shutdown(sockets)


def _give_up() -> None:
    log.critical("did not end in time, and ends now")
    os._exit(1)


def show(ways: Sequence[Way]) -> None:
    """Print the ways in that a first start makes: to a terminal, or with the demonstration.

    Nothing else is printed that lets anybody in, since what is printed may be kept in a log.
    """
    if ways:
        print("\nWays in; side by side in one browser, each keeps its own sign-in:", flush=True)
    for way in ways:
        print(f"  {way.who}\n    {way.link}", flush=True)


def allow_many_sockets() -> None:
    """Raise this process's limit of open files as far as it may: each connection is one.

    Many systems start a process with 1,024.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # "no limit" is not taken everywhere
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
