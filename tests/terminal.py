"""A terminal that nobody sits at."""

import os
from types import TracebackType
from typing import Self


class Terminal:
    """What is printed on it can be read; ``path`` is where it is printed."""

    def __init__(self) -> None:
        self._ours, self._theirs = os.openpty()
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self._printed = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._ours)
        os.close(self._theirs)

    @property
    def printed(self) -> str:
        """All that was printed so far."""
        try:
            while piece := os.read(self._ours, 65536):
                self._printed += piece
        except BlockingIOError:
            pass  # nothing more yet
        return self._printed.decode()
