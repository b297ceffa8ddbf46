"""Where a commit's entries come from, as the log sees it."""

from collections.abc import Callable
from typing import Protocol

from twinspace_rt.streams.appends import Append


class Source(Protocol):
    """Whoever has entries for a stream, gathered until a commit begins."""

    def take(self) -> Append | None:
        """Give what is to be stored now, if anything; called as the commit begins.

        Must not raise and must not wait.
        """
        ...


class Intake(Protocol):
    """Where edits come from: it need not bring them before the next commit is due."""

    def hold(self) -> None:
        """Bring nothing until `take`."""
        ...

    def hold_and_tell(self, listener: Callable[[], None]) -> None:
        """Bring nothing until `take`, and tell ``listener`` once when there is something."""
        ...

    def take(self) -> bool:
        """Bring what has come, and from now on what comes; tells whether anything had."""
        ...
