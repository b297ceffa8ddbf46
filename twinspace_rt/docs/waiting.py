"""The edits that wait for their commit: how much they may be, and who is not read meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass

from twinspace_rt.docs.document import Document
from twinspace_rt.rooms.connection import Pause
from twinspace_rt.rooms.room import Room


@dataclass
class Waiting:
    """The bytes of edits that wait for their commit, over all documents of the node."""

    max_bytes: int
    bytes: int = 0
    _was_full: bool = False

    def add(self, count: int) -> None:
        """Count bytes in (or, negative, out)."""
        self.bytes += count

    def pace(self, documents: Iterable[Document], rooms: Iterable[Room]) -> None:
        """Read nobody who has a document open while too much waits, and everyone again after that.

        Args:
            documents: All that are open on this node.
            rooms: All that are open on this node.
        """
        # Beyond the bound nobody is read any more: edits stay in the browsers, unacknowledged.
        full = self.bytes > self.max_bytes
        if full:
            for document in documents:
                for session in document.sessions:
                    session.connection.pause(Pause.STORAGE)
        elif self._was_full:
            for room in rooms:  # its document may be gone by now
                for connection in room.connections:
                    connection.resume(Pause.STORAGE)
        self._was_full = full
