"""Several servers in processes of their own, on one PostgreSQL and one Redis."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import psutil

from tests import programs
from tests.faults.lines import Line, MessageLine, opened
from tests.faults.storage import Storage, new_database
from tests.live import Live, SeededRoom, restart_process, stop_process
from tests.pausing import redis_process


@dataclass
class Nodes:
    """Servers on one database, each with lines of its own to it and to Redis."""

    storage: Storage
    redis_url: str
    stack: contextlib.AsyncExitStack
    all: list[Live] = field(default_factory=list)
    databases: list[Line] = field(default_factory=list)
    buses: list[MessageLine] = field(default_factory=list)

    def server(self, number: int) -> Live:
        """Return the server that the person of a number goes to."""
        return self.all[number % len(self.all)]

    async def seed(self, **room: object) -> SeededRoom:
        """Make a room that all nodes have."""
        return await asyncio.to_thread(self.storage.seed, **room)

    async def kill(self, number: int) -> None:
        """Kill a server with ``kill -9``."""
        await asyncio.to_thread(stop_process, self.all[number], kill=True)

    async def start(self, number: int) -> None:
        """Start a server again that was killed, at the same port."""
        live = await asyncio.to_thread(restart_process, self.all[number])
        self.stack.push_async_callback(asyncio.to_thread, stop_process, live, kill=True)
        self.all[number] = live

    def restart_redis(self) -> None:
        """Kill Redis, and start an empty one in its place."""
        redis_process(self.redis_url).kill()
        self.redis_url = self.stack.enter_context(programs.redis())
        for bus in self.buses:
            bus.to = Path(urlsplit(self.redis_url).path)

    def memory(self) -> list[int]:
        """Tell how many bytes each server has resident."""
        return [psutil.Process(live.pid).memory_info().rss for live in self.all]


@contextlib.asynccontextmanager
async def running(folder: Path, postgresql_url: str, *, count: int = 3) -> AsyncIterator[Nodes]:
    """Run servers on a new database; they are killed in the end, if they have not ended."""
    async with contextlib.AsyncExitStack() as stack:
        url = stack.enter_context(new_database(postgresql_url))
        redis_url = stack.enter_context(programs.redis())
        # A socket's path has to be short.
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ts-")))
        nodes = Nodes(Storage(folder, url), redis_url, stack)
        await nodes.seed()  # every node finds its tables there
        for n in range(count):
            (sockets / str(n)).mkdir()
            to, at = _through(url, sockets / str(n))
            nodes.databases.append(await stack.enter_async_context(opened(Line(to), at)))
            line = MessageLine(Path(urlsplit(redis_url).path))
            nodes.buses.append(await stack.enter_async_context(opened(line, at.with_name("redis"))))
            live = await asyncio.to_thread(
                Storage(folder, _with_host(url, at.parent)).start,
                f"node{n}",
                TWINSPACE_BUS_URL=f"unix://{at.with_name('redis')}",
            )
            nodes.all.append(live)
            stack.push_async_callback(asyncio.to_thread, stop_process, live, kill=True)
        yield nodes


def _through(url: str, folder: Path) -> tuple[Path, Path]:
    """Return where a PostgreSQL listens, and where a line to it is to."""
    host = dict(parse_qsl(urlsplit(url).query))["host"]
    return Path(host, ".s.PGSQL.5432"), folder / ".s.PGSQL.5432"


def _with_host(url: str, host: Path) -> str:
    parameters = dict(parse_qsl(urlsplit(url).query)) | {"host": str(host)}
    return f"{url.partition('?')[0]}?{urlencode(parameters)}"
