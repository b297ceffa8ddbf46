"""One connection at one document: what it was promised, and when "saved" may be said.

The stock Hocuspocus provider counts: one at every (re)connect, one more for each local change, one
less for each ``SyncStatus 1``. Its "all saved" is honest only if it is paid exactly what it
counted, and nothing before its first SyncStep2 is committed:

* Edits made offline are sent one by one *and* are inside the SyncStep2, but no longer counted. So
  an update that comes before the SyncStep2 is owed a status only if it goes beyond the state
  vector of this connection's SyncStep1; a deletion, which has no clock, only if it came after the
  Pong that ends the offline queue.
* What a provider says to a socket that it is closing waits in that queue as well: answers to an
  earlier connection's Ping, SyncStep1 or Auth. So the server pings twice, the second time when a
  Pong has come, and asks with SyncStep1 after that: whatever is in the queue comes before the
  second Pong, the honest SyncStep2 after it, and the last Pong but one before that SyncStep2 is
  the one that ended the queue.
* A SyncStep2 that the server asked for to fill a gap pays for the updates it replaces, no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from twinspace_rt.docs import wire
from twinspace_rt.docs.validator import Update
from twinspace_rt.rooms.access import Principal
from twinspace_rt.rooms.connection import BINARY, Connection, Frame


class Scope(Enum):
    """What a connection may do in a document."""

    WRITE = "read-write"
    READ = "readonly"


class Asked(Enum):
    """Why the server sent a SyncStep1; its answer is paid accordingly."""

    JOIN = "join"
    GAP = "gap"


@dataclass(eq=False, slots=True)
class Session:
    """One provider's view of one document.

    Attributes:
        prefix: The bytes before each message: the address for Hocuspocus, nothing for y-websocket.
        acknowledges: Whether the provider knows ``SyncStatus`` (y-websocket does not).
    """

    connection: Connection
    principal: Principal
    prefix: bytes
    acknowledges: bool
    scope: Scope
    refused: str | None = None
    live: bool = False
    """Whether its SyncStep1 has been answered: from then on it receives what others write."""
    receiving: bool = False
    """Whether its first SyncStep2 has come; before that its updates are not applied."""
    joined: bool = False
    """Whether that SyncStep2 is committed; before that nothing is acknowledged."""
    asked: list[Asked] = field(default_factory=list)
    vector: dict[int, int] | None = None
    """Of its first SyncStep1, or of a later one that knows as much: what it counts is beyond."""
    forsaken: bool = False
    """Whether a CLOSE came that may be of an earlier connection."""
    sent_bytes: int = 0
    """The bytes of its Updates, of which those before its SyncStep2 are not applied."""
    next_sync_at: float = 0.0
    waiting_sync: dict[int, int] | None = None
    """The vector of a SyncStep1 that waits because another was answered a moment ago."""
    _held: int = 0
    _held_deletions: dict[int, int] = field(default_factory=dict)
    """How many deletions have come after how many Pongs."""
    _replaced: int = 0

    # -- what is owed

    def begin(self, vector: dict[int, int]) -> None:
        """Note a SyncStep1, with which the provider starts to count; not one left in its queue."""
        if self.vector is not None and any(vector.get(c, 0) < n for c, n in self.vector.items()):
            return
        self.vector = vector
        self.forget()

    def forget(self) -> None:
        """Note that nothing which came up to now is counted by the provider."""
        self._held = 0
        self._held_deletions.clear()

    def hold(self, update: Update, pongs: int) -> None:
        """Note an update that came before the SyncStep2 which holds it as well.

        Args:
            update: The update.
            pongs: How many Pongs had come before it.
        """
        known = self.vector or {}
        ends = update.ends()
        if not ends:
            self._held_deletions[pongs] = self._held_deletions.get(pongs, 0) + 1
        elif any(known.get(client, 0) < end for client, end in ends.items()):
            self._held += 1

    def replace(self) -> None:
        """Note an update that a gap kept out: the SyncStep2 asked for will bring it."""
        self._replaced += 1

    def settle(self, asked: Asked | None, pongs: int) -> int:
        """Count the statuses due when a SyncStep2 is committed.

        Args:
            asked: Why the server had asked for it, if it had.
            pongs: How many Pongs had come before it.
        """
        if asked is None:
            return 0
        if asked is Asked.GAP:
            due, self._replaced = self._replaced, 0
            return due
        due = 1
        if not self.joined:
            due += self._held
            due += sum(n for after, n in self._held_deletions.items() if after >= pongs - 1)
        self.forget()
        self.joined = True
        return due

    def postpone(self, asked: Asked | None, pongs: int) -> None:
        """Note a SyncStep2 that a reader may not add: the one after the thaw pays for it too."""
        due = self.settle(asked, pongs)
        self._replaced += due

    # -- frames

    def frame(self, message: bytes) -> Frame:
        """Make the frame of a message to this provider."""
        return Frame(BINARY, self.prefix + message)

    def send(self, *messages: bytes) -> None:
        """Send messages in order."""
        self.connection.send(*(self.frame(message) for message in messages))

    def ask(self, why: Asked, vector: bytes) -> bytes:
        """Make the SyncStep1 that asks for what the server lacks."""
        self.asked.append(why)
        return wire.sync(wire.SyncType.STEP_1, vector)

    def acknowledgements(self, count: int) -> list[Frame]:
        """Make the frames that say "saved" ``count`` times."""
        if not self.acknowledges or not count:
            return []
        return [self.frame(wire.SAVED)] * count


def covers(vector: dict[int, int], ranges: Sequence[tuple[int, int, int]]) -> bool:
    """Tell whether a state vector holds all these ``(client, from, to)``."""
    return all(vector.get(client, 0) >= end for client, _, end in ranges)
