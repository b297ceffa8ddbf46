"""Whether a disk is quick enough to be waited for where everybody waits."""

QUICK_S = 0.004
"""A commit that takes longer holds up others noticeably: next to an interval of 22 ms."""
PROOFS = 50
TURNS = 500


class Pace:
    """Decides where the next commit is made: in the event loop, or in a thread beside it.

    The way to a thread and back, with caches gone cold and one interpreter lock for both, costs as
    much as SQLite does; but a disk that takes its time must hold up nobody. So the loop commits by
    itself after `PROOFS` quick ones in a row, and one that was slow sends the next `TURNS` to the
    thread. Of as many, one goes there in any case: SQLite carries its log over into the file there.
    """

    def __init__(self) -> None:
        self._in_thread = PROOFS
        self._here = 0

    @property
    def here(self) -> bool:
        """Whether the next one is made in the event loop."""
        return self._in_thread == 0 and self._here < TURNS

    def made(self, seconds: float, *, here: bool) -> None:
        """Note how long a commit took, and where."""
        if here:
            self._here += 1
            if seconds > QUICK_S:
                self._in_thread = TURNS
        elif self._in_thread == 0:
            self._here = 0  # it took the log over, and may have taken long
        elif seconds > QUICK_S:
            self._in_thread = max(self._in_thread, PROOFS)
        else:
            self._in_thread -= 1
