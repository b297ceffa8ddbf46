"""The cursors of one open document: gathered, and told in batches."""

import asyncio
from collections.abc import Callable, Collection, Mapping

from twinspace_rt.bus.neighbours import Neighbours
from twinspace_rt.docs import wire
from twinspace_rt.docs.awareness import Awareness
from twinspace_rt.docs.session import Session
from twinspace_rt.rooms.connection import Frame

TICK_S = 0.1
CROWD = 20
CROWD_TICK_S = 0.2
"""Each of more people than ``CROWD`` is told of all the others, so it grows with their square."""


class Cursors:
    """Takes in what sessions and other nodes show, and tells all sessions of it.

    Args:
        document_id: The document.
        sessions: Who is in it, now and later.
        is_foreign: Whether a client id is bound to another member than this one.
        neighbours: The other nodes.
        met: Called when another node is found to have the document open.
    """

    def __init__(
        self,
        document_id: str,
        sessions: Collection[Session],
        is_foreign: Callable[[int, str], bool],
        neighbours: Neighbours,
        met: Callable[[], None],
    ) -> None:
        self._sessions = sessions
        self._awareness = Awareness(is_foreign)
        self._timer: asyncio.TimerHandle | None = None
        self._elsewhere = neighbours.share(
            f"{document_id}.cursors",
            whole=self._awareness.own,
            told=self._shown_elsewhere,
            met=met,
        )

    def are_shared(self) -> bool:
        """Tell whether another node has the document open, as far as this one has heard."""
        return self._elsewhere.is_shared

    def meet(self) -> None:
        """Ask soon who else has the document open, and let them know that this node has."""
        self._elsewhere.put_right()

    def receive(self, session: Session, body: bytes) -> None:
        """Take in a cursor; told to the others in the next batch."""
        if self._awareness.receive(body, session, session.principal):
            self._tell_soon()

    def leave(self, session: Session) -> None:
        """Take away what a session showed."""
        if self._awareness.leave(session):
            self._tell_soon()

    def tell_everyone(self, session: Session) -> None:
        """Send a session the cursors of all who are here."""
        body = self._awareness.everyone()
        if body is not None:
            session.send(wire.awareness(body))

    def close(self) -> None:
        """Show nobody anything any more, and hear nothing of the other nodes."""
        self._elsewhere.close()
        # It asks the document, which holds it: a circle, which waits for the collector.
        self._awareness = Awareness(_is_foreign)

    def _shown_elsewhere(self, node: str, values: Mapping[str, bytes | None]) -> None:
        if self._awareness.show(node, values):
            self._tell_soon()

    def _tell_soon(self) -> None:
        if self._timer is None:
            tick_s = TICK_S if len(self._sessions) <= CROWD else CROWD_TICK_S
            self._timer = asyncio.get_running_loop().call_later(tick_s, self._tell)

    def _tell(self) -> None:
        self._timer = None
        changes = self._awareness.changes()
        self._elsewhere.tell(changes.own)
        to_all: dict[bytes, Frame] = {}
        for session in self._sessions:
            body = changes.for_owner(session)
            if body is None:
                continue
            frame = to_all.get(session.prefix) if body is changes.all else None
            if frame is None:
                frame = session.frame(wire.awareness(body))
            if body is changes.all:
                to_all[session.prefix] = frame
            session.connection.send(frame)


def _is_foreign(client: int, member_id: str) -> bool:
    """Tell of every client id that it is bound to another member: none is shown any more."""
    return True
