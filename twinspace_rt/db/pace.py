"""Whether a disk is quick enough to be waited for where everybody waits."""

QUICK_S = 0.004
"""A commit that takes longer holds up others noticeably: next to an interval of 22 ms."""
PROOFS = 50
EXILE_MIN, EXILE_MAX = 16, 512
"""How many commits one that was slow sends to the thread: twice as many each time, until as many as
the most have been quick in the event loop. So a disk that is slow once in a while is waited for,
and one that is slow often holds up hardly one commit in five hundred."""
HERE_MAX_PAGES = 160
"""Larger commits are the thread's: a pasted book, or all that waited for a storage to come back."""
TURN_PAGES = 4000
"""After so many pages the thread has a turn, and carries SQLite's log over into the file."""


class Pace:
    """Decides where a commit is made: in the event loop, or in a thread beside it.

    The way to a thread and back, with caches gone cold and one interpreter lock for both, costs as
    much as SQLite does; but a disk that takes its time must hold up nobody. So the loop commits by
    itself, what is small, after `PROOFS` quick ones in a row, and one that was slow sends the next
    `EXILE_MIN` to the thread, or more if others were slow shortly before, and one that failed
    `EXILE_MAX`.
    """

    def __init__(self) -> None:
        self._in_thread = PROOFS
        self._exile = EXILE_MIN
        self._quick = 0
        self._pages = 0

    def is_here(self, pages: int) -> bool:
        """Tell whether a commit of so many pages is made in the event loop."""
        return self._in_thread == 0 and pages <= HERE_MAX_PAGES and self._pages < TURN_PAGES

    def made(self, seconds: float, pages: int, *, here: bool) -> None:
        """Note how long a commit took, and where."""
        if here:
            self._pages += pages
            if seconds > QUICK_S:
                self._in_thread = self._exile
                self._exile = min(2 * self._exile, EXILE_MAX)
                self._quick = 0
            elif self._quick < EXILE_MAX:
                self._quick += 1
            else:
                self._exile = EXILE_MIN
            return
        self._pages = 0
        if pages > HERE_MAX_PAGES or self._in_thread == 0:
            return  # it was large, or took SQLite's log over: that may take long
        if seconds > QUICK_S:
            self._in_thread = max(self._in_thread, PROOFS)
        else:
            self._in_thread -= 1

    def failed(self) -> None:
        """Note that a commit failed, on a disk that may take its time to say so."""
        self._in_thread = EXILE_MAX
