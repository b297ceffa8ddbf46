"""The short way to one client's socket, for what hundreds are sent one after the other."""

import os
from typing import Protocol


class Line(Protocol):
    """What is asked of a transport."""

    def is_closing(self) -> bool:
        """Tell whether its socket is closed, or about to be."""
        ...

    def get_write_buffer_size(self) -> int:
        """Count the bytes that wait in it."""
        ...

    def write(self, data: memoryview) -> None:
        """Send bytes behind those that wait; they are not copied for each who waits."""
        ...


class Lane:
    """Writes straight to a socket for which nothing waits.

    A document that many read sends each of them the same few bytes. What that takes beside the
    kernel's part is to fetch each receiver's objects, long gone from the processor's caches: so
    whoever sends holds the lane, and passes by session, connection and protocol, and asks the
    transport what waits in it only where something may.

    Args:
        fd: The socket; -1 if there is no short way to it.
        line: Its transport, which may have closed it, or hold what has to go first.

    Attributes:
        passed: Set by each write: nothing had waited then.
    """

    __slots__ = ("_fd", "_line", "_may_wait", "passed")

    def __init__(self, fd: int = -1, line: Line | None = None) -> None:
        self._fd = fd
        self._line = line
        self._may_wait = False
        self.passed = False

    def close(self) -> None:
        """Let nothing pass any more."""
        self._fd, self._line = -1, None

    def look_first(self) -> None:
        """Before the next write, see whether something waits in the transport.

        To be called by whoever may give it something: the lane does not look otherwise.
        """
        self._may_wait = True

    def is_free(self) -> bool:
        """Tell whether what is written now overtakes nothing."""
        line = self._line
        if line is None or line.is_closing():
            return False
        if self._may_wait:
            self._may_wait = line.get_write_buffer_size() > 0
        return not self._may_wait

    def write(self, data: bytes) -> bool:
        """Write whole frames, if nothing waits; what the kernel does not take waits then.

        Returns:
            Whether they are on their way; if not, nothing of them is.
        """
        line = self._line
        # Not by `is_free` in any case: hundreds are written to one after the other.
        if line is None or line.is_closing() or (self._may_wait and not self.is_free()):
            return False
        try:
            written = os.write(self._fd, data)
        except OSError:
            return False  # the long way finds out why
        self.passed = True
        if written < len(data):
            self._may_wait = True
            line.write(memoryview(data)[written:])
        return True
