"""A line between a client and the server: slow if wished, and cut at any moment."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Line:
    """Passes TCP bytes on, ``delay_s`` later each way, until it is cut."""

    def __init__(self, to_port: int, *, delay_s: float = 0.0) -> None:
        self.port = 0
        self.down = False
        self._to_port = to_port
        self._delay_s = delay_s
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> int:
        """Cut all connections without a word, and what is on its way; returns how many."""
        cut = len(self._writers) // 2
        for writer in tuple(self._writers):
            writer.transport.abort()
        return cut

    async def outage(self, seconds: float) -> None:
        """Cut all connections and let nobody through for a while."""
        self.down = True
        self.cut()
        await asyncio.sleep(seconds)
        self.down = False

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a client and connect it."""
        if self.down:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, far_writer))
                both.create_task(self._carry(far_reader, writer))
        finally:
            for one in (writer, far_writer):
                self._writers.discard(one)
                one.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        on_its_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                due, data = await on_its_way.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not data:
                    writer.transport.abort()
                    return
                writer.write(data)

        arriving = asyncio.create_task(arrive())
        try:
            with contextlib.suppress(OSError):
                while data := await reader.read(65536):
                    on_its_way.put_nowait((loop.time() + self._delay_s, data))
            on_its_way.put_nowait((loop.time() + self._delay_s, b""))
            await arriving
        finally:
            arriving.cancel()


@contextlib.asynccontextmanager
async def open_line(to_port: int, *, delay_s: float = 0.0) -> AsyncIterator[Line]:
    """Open a line to a port of this machine; it listens on ``line.port``."""
    line = Line(to_port, delay_s=delay_s)
    server = await asyncio.start_server(line.accept, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        line.down = True
        server.close()
        line.cut()
        await server.wait_closed()
