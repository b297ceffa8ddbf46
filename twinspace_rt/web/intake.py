"""Reads the sockets of those who type together, when the next commit is due.

An edit waits for a commit anyway. To be woken for each of them, with the processor's caches cold,
costs a busy node more than to read and judge it, so during a commit, and while the log pauses
between two, what arrives is left in the kernel.
"""

import asyncio
import contextlib
import logging
import select
from collections.abc import Callable

log = logging.getLogger(__name__)
READY_MAX = 1024
"""Sockets that the system names at a time."""


class Intake:
    """Sockets that are read by us and not by the event loop.

    Where the system has no ``epoll``, nobody is taken in, and all is read as it arrives.
    """

    def __init__(self) -> None:
        self._readers: dict[int, Callable[[], None]] = {}
        self._sockets: select.epoll | None = None
        self._gate: select.epoll | None = None
        self._held = False
        self._listener: Callable[[], None] | None = None

    def open(self) -> None:
        """Begin, in the running event loop."""
        if not hasattr(select, "epoll"):
            return
        # The event loop watches the gate, and the gate the sockets: it opens and closes with one
        # call, and the loop need not know.
        self._sockets, self._gate = select.epoll(), select.epoll()
        self._gate.register(self._sockets, select.EPOLLIN)
        asyncio.get_running_loop().add_reader(self._gate.fileno(), self._arrived)

    def add(self, fd: int, read: Callable[[], None]) -> bool:
        """Call ``read`` whenever there is something to read, or an end to be told of.

        Args:
            fd: A socket that nobody else reads.
            read: Must not wait.

        Returns:
            Whether it was taken in.
        """
        if self._sockets is None:
            return False
        try:
            self._sockets.register(fd, select.EPOLLIN | select.EPOLLRDHUP)
        except OSError:  # the system watches as many as it may
            return False
        self._readers[fd] = read
        return True

    def remove(self, fd: int, read: Callable[[], None]) -> None:
        """Leave a socket to whoever reads it now; one that is closed, or not here, is ignored."""
        if self._sockets is not None and self._readers.get(fd) == read:
            del self._readers[fd]
            with contextlib.suppress(OSError):  # the system has let go of a closed one by itself
                self._sockets.unregister(fd)

    def hold(self) -> None:
        """Leave what arrives in the kernel until `take`."""
        self._listener = None
        if not self._held and self._gate is not None and self._sockets is not None:
            self._gate.modify(self._sockets, 0)
            self._held = True

    def hold_and_tell(self, listener: Callable[[], None]) -> None:
        """Leave what arrives in the kernel until `take`, and tell ``listener`` when the first has.

        What has arrived while it was held is told of, too. It is told once, and must not wait.
        """
        self._listener = listener
        self._open()

    def take(self) -> bool:
        """Read what has arrived, and what comes from now on as it comes.

        Returns:
            Whether anything had arrived; nothing has where nothing was held.
        """
        self._listener = None
        return self._open() and self._read()

    def _open(self) -> bool:
        """Have the event loop told of what arrives, and tell whether it was not."""
        if not self._held or self._gate is None or self._sockets is None:
            return False
        self._held = False
        self._gate.modify(self._sockets, select.EPOLLIN)
        return True

    def _arrived(self) -> None:
        listener = self._listener
        if listener is None:
            self._read()
            return
        self.hold()
        listener()

    def _read(self) -> bool:
        has_come = False
        for _ in range(1 + len(self._readers) // READY_MAX):
            if self._sockets is None:
                break
            ready = self._sockets.poll(0, READY_MAX)
            for fd, _ in ready:
                self._read_one(fd)
            has_come |= bool(ready)
            if len(ready) < READY_MAX:
                break
        return has_come

    def _read_one(self, fd: int) -> None:
        read = self._readers.get(fd)
        if read is None:  # another one has ended it
            return
        try:
            read()
        except Exception:
            # One socket's failure is nobody else's; it will be found silent.
            log.exception("a socket could not be read")
            self.remove(fd, read)

    def close(self) -> None:
        """Let go of the sockets; to be called when none is open any more."""
        if self._gate is not None and self._sockets is not None:
            asyncio.get_running_loop().remove_reader(self._gate.fileno())
            self._gate.close()
            self._sockets.close()
        self._gate = self._sockets = self._listener = None
        self._held = False
        self._readers.clear()
