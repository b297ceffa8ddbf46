"""Reads what typing people send all together, when the next commit is due.

An edit waits for a commit anyway. To be woken for each of them, with the processor's caches cold,
costs a busy node more than to read and judge it, so while the log pauses between two commits, what
arrives is left in the kernel.
"""

import asyncio
import contextlib
import select
from collections.abc import Callable

READY_MAX = 1024
"""Sockets read in one go; whatever is left is ready again at once."""


class Intake:
    """The sockets of those who type, read by us and not by the event loop.

    Where the system has no ``epoll``, nobody is taken in, and all is read as it arrives.
    """

    def __init__(self) -> None:
        self._readers: dict[int, Callable[[], None]] = {}
        self._sockets: select.epoll | None = None
        self._gate: select.epoll | None = None

    @property
    def works(self) -> bool:
        """Whether sockets can be taken in here."""
        return hasattr(select, "epoll")

    def add(self, fd: int, read: Callable[[], None]) -> None:
        """Call ``read`` whenever there is something to read, or an end to be told of.

        Args:
            fd: A socket that nobody else reads.
            read: Must not raise and must not wait.
        """
        if self._sockets is None or self._gate is None:
            # The event loop watches the gate, and the gate the sockets: it opens and closes with
            # one call, and the loop need not know.
            self._sockets, self._gate = select.epoll(), select.epoll()
            self._gate.register(self._sockets, select.EPOLLIN)
            asyncio.get_running_loop().add_reader(self._gate.fileno(), self._read)
        self._readers[fd] = read
        self._sockets.register(fd, select.EPOLLIN | select.EPOLLRDHUP)

    def remove(self, fd: int, read: Callable[[], None]) -> None:
        """Leave a socket to whoever reads it now; one that is closed, or not here, is ignored."""
        if self._sockets is not None and self._readers.get(fd) == read:
            del self._readers[fd]
            with contextlib.suppress(OSError):  # the system has let go of a closed one by itself
                self._sockets.unregister(fd)

    def hold(self) -> None:
        """Leave what arrives in the kernel until `take`."""
        if self._gate is not None and self._sockets is not None:
            self._gate.modify(self._sockets, 0)

    def take(self) -> None:
        """Read all that has arrived, and what comes from now on as it comes."""
        if self._gate is not None and self._sockets is not None:
            self._gate.modify(self._sockets, select.EPOLLIN)
            self._read()

    def _read(self) -> None:
        if self._sockets is None:
            return
        for fd, _ in self._sockets.poll(0, READY_MAX):
            read = self._readers.get(fd)  # one of them may have ended another
            if read is not None:
                read()

    def close(self) -> None:
        """Let go of the sockets; to be called when none is open any more."""
        if self._gate is not None and self._sockets is not None:
            asyncio.get_running_loop().remove_reader(self._gate.fileno())
            self._gate.close()
            self._sockets.close()
        self._gate = self._sockets = None
        self._readers.clear()
