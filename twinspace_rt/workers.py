"""Several processes on one machine that share a port: started, watched, and ended together.

Each is a node of its own. The kernel hands a connection to whichever of them takes it first, so
all listen on one socket, which was opened here and outlives each of them.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process

from twinspace_rt.bus.redis import RedisBus
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.errors import BadSetting
from twinspace_rt.settings import Settings

log = logging.getLogger(__name__)
BACKLOG = 2048
STEADY_S = 30.0
"""A process that lived this long is started again at once; others wait longer each time."""
RETRY_MIN_S = 0.5
RETRY_MAX_S = 15.0
STOP_S = 25.0
"""A process ends by itself within 20 seconds of being told to; after this it is killed."""


def check_shared(settings: Settings) -> None:
    """Make sure that several processes can work on what the settings name.

    Raises:
        BadSetting: They would have to share what only one may have.
    """
    if not settings.database_url:
        raise BadSetting(
            "Several workers need a database that they can share: set TWINSPACE_DATABASE_URL to a "
            "PostgreSQL, or start one worker. [workers.database]"
        )
    if not settings.bus_url:
        raise BadSetting(
            "Several workers need a way to talk to each other: set TWINSPACE_BUS_URL to a Redis, "
            "or start one worker. [workers.bus]"
        )
    PostgresqlDatabase(settings.database_url)
    RedisBus(settings.bus_url)


def listen(settings: Settings) -> socket.socket:
    """Open the socket that all workers take connections from.

    Raises:
        BadSetting: The address is taken, or is none of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise BadSetting(
            f"Nobody can listen on {settings.host} port {settings.port}: {error.strerror}."
        ) from error


class Supervisor:
    """Keeps ``count`` workers running until it is told to stop (SIGTERM, or Ctrl+C).

    A worker that dies is started again. Told to stop, it closes the socket and has all of them
    drain; told a second time, it ends them at once. If it is killed itself, they drain as well.

    Args:
        listener: What the workers take connections from.
        count: How many.
    """

    def __init__(self, listener: socket.socket, count: int) -> None:
        self._listener = listener
        self._count = count
        self._stopping = asyncio.Event()
        self._running: set[Process] = set()

    async def run(self) -> None:
        """Run until all workers have ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        async with asyncio.TaskGroup() as slots:
            for slot in range(1, self._count + 1):
                slots.create_task(self._keep(slot))

    def _stop(self) -> None:
        if self._stopping.is_set():
            for process in self._running:
                process.kill()
            return
        log.info("stopping workers=%d", len(self._running))
        self._stopping.set()
        # What still waits to be taken is refused, and comes back to whoever listens next.
        self._listener.close()
        for process in self._running:
            process.terminate()

    async def _keep(self, slot: int) -> None:
        loop = asyncio.get_running_loop()
        wait_s = RETRY_MIN_S
        while not self._stopping.is_set():
            began = loop.time()
            process = await self._start()
            log.info("worker started slot=%d process=%d", slot, process.pid)
            code = await self._wait(process)
            if self._stopping.is_set():
                return
            log.error("worker ended slot=%d process=%d code=%d", slot, process.pid, code)
            wait_s = RETRY_MIN_S if loop.time() - began > STEADY_S else wait_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._stopping.wait()
            wait_s = min(2 * wait_s, RETRY_MAX_S)

    async def _start(self) -> Process:
        descriptor = self._listener.fileno()
        port = self._listener.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "twinspace_rt", "serve", "--socket", str(descriptor)),
            env=os.environ | {"TWINSPACE_PORT": str(port)},
            # Its end says that nobody looks after the worker any more.
            stdin=PIPE,
            pass_fds=[descriptor],
            # Ctrl+C goes to every process of a terminal, and would be its second signal.
            start_new_session=True,
        )
        self._running.add(process)
        if self._stopping.is_set():
            process.terminate()
        return process

    async def _wait(self, process: Process) -> int:
        ended = asyncio.ensure_future(process.wait())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        try:
            async with asyncio.timeout(STOP_S if self._stopping.is_set() else None):
                return await ended
        except TimeoutError:
            log.error("worker killed process=%d", process.pid)
            process.kill()
            return await process.wait()
        finally:
            self._running.discard(process)


def serve_with_workers(settings: Settings, count: int) -> None:
    """Serve with several processes until told to stop.

    Raises:
        BadSetting: They cannot work together on what the settings name.
    """
    check_shared(settings)
    with listen(settings) as listener:
        print(f"TwinSpace RT is at {settings.origin}, with {count} workers", flush=True)

        async def supervise() -> None:
            await Supervisor(listener, count).run()

        asyncio.run(supervise())
