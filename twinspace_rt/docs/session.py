"""One connection at one document: what it was promised, and when "saved" may be said.

The stock Hocuspocus provider counts: one at every (re)connect, one more for each local change, one
less for each ``SyncStatus 1``. Its "all saved" is honest only if it is paid exactly what it
counted, and nothing before its first SyncStep2 is committed:

* Edits made offline are sent one by one *and* are inside the SyncStep2, but no longer counted. So
  an update is owed a status only if all of it goes beyond the state vector of the last SyncStep1
  (with `flushDelay`, what was typed before that and after it comes as one, uncounted); a deletion,
  which has no clock, only if it came after the Pong that ends the offline queue.
* What a provider says to a socket that it is closing waits in that queue as well: one Pong, a
  SyncStep2. So the server pings twice, the second time when a Pong has come, and asks with
  SyncStep1 after that. Whatever is in the queue then comes before the second Pong and the honest
  SyncStep2 after it; and as all Pings before the question are answered before it, a Pong more than
  that was in the queue, and the next one ended it.
* A queue may even speak for another provider of the same document, which has been closed. Nothing
  that came before its CLOSE is owed. Where the two cannot be told apart, the connection ends: the
  next one begins with an empty queue.
* With a SyncStep1 the provider counts from one again, whatever it had counted before.
* A SyncStep2 that the server asked for to fill a gap pays for the updates it replaces, no more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from twinspace_rt.docs import wire
from twinspace_rt.docs.validator import Update
from twinspace_rt.rooms.access import Principal
from twinspace_rt.rooms.connection import BINARY, Connection, Frame

GREETED = 2
"""So many Pongs end what a provider had to say to an earlier connection."""


class Scope(Enum):
    """What a connection may do in a document."""

    WRITE = "read-write"
    READ = "readonly"


class Asked(Enum):
    """Why the server sent a SyncStep1; its answer is paid accordingly."""

    JOIN = "join"
    GAP = "gap"


@dataclass(slots=True)
class Greeting:
    """The Pings that a connection's provider has to answer, and its Pongs."""

    pings: int = 1
    pongs: int = 0

    @property
    def is_over(self) -> bool:
        """Whether all that was left in the provider's queue has come."""
        return self.pongs >= GREETED


@dataclass(eq=False, slots=True)
class Session:
    """One provider's view of one document.

    Attributes:
        prefix: The bytes before each message: the address for Hocuspocus, nothing for y-websocket.
        acknowledges: Whether the provider knows ``SyncStatus`` (y-websocket does not).
        greeting: Its connection's.
    """

    connection: Connection
    principal: Principal
    prefix: bytes
    acknowledges: bool
    greeting: Greeting
    scope: Scope
    refused: str | None = None
    live: bool = False
    """Whether its SyncStep1 has been answered: from then on it receives what others write."""
    receiving: bool = False
    """Whether its first SyncStep2 has come; before that its updates are not applied."""
    joined: bool = False
    """Whether that SyncStep2 is committed; before that nothing is acknowledged."""
    asked: list[Asked] = field(default_factory=list)
    opened_after: int = 0
    """How many Pongs had come before its Auth."""
    asked_after: int = 0
    """How many Pings had gone out before the first question."""
    left: bool = False
    """Whether a CLOSE came that may have been its predecessor's."""
    vector: dict[int, int] | None = None
    """Of its first SyncStep1."""
    since: int = 0
    """How often the provider has begun to count anew."""
    sent_bytes: int = 0
    """What its Updates cost, of which those before its SyncStep2 are not applied."""
    next_sync_at: float = 0.0
    waiting_sync: dict[int, int] | None = None
    """The vector of a SyncStep1 that waits because another was answered a moment ago."""
    _counted_from: dict[int, int] = field(default_factory=dict)
    """What the provider had when it last began to count: its last SyncStep1."""
    _held: int = 0
    _held_deletions: list[int] = field(default_factory=lambda: [0] * (GREETED + 1))
    """How many came after no Pong, one, and more."""
    _paid_since: int = -1
    """The count whose first one, that of the SyncStep1 itself, has been paid."""
    _replaced: int = 0

    # -- what is owed

    @property
    def has_ignored_its_question(self) -> bool:
        """Whether a Ping was answered that went out after the first question, which was not."""
        return bool(self.asked) and self.greeting.pongs > self.asked_after + 1

    def begin_anew(self, vector: dict[int, int] | None) -> None:
        """Note that nothing which has come up to now is counted any more.

        Args:
            vector: What the provider had then.
        """
        self.since += 1
        self._counted_from = vector or {}
        self._held = self._replaced = 0
        self._held_deletions = [0] * (GREETED + 1)

    def hold(self, update: Update, pongs: int, since: int) -> None:
        """Note an update that came before the SyncStep2 which holds it as well.

        Args:
            update: The update.
            pongs: How many Pongs had come before it.
            since: What `since` was when it came.
        """
        if since != self.since:
            return
        if update.is_delete_only:
            self._held_deletions[min(pongs, GREETED)] += 1
        elif self.is_counted(update.starts()):
            self._held += 1

    def is_counted(self, starts: Iterable[tuple[int, int]]) -> bool:
        """Tell whether all that begins at these ``(client, clock)`` is counted."""
        return all(self.counts(client, clock) for client, clock in starts)

    def counts(self, client: int, clock: int) -> bool:
        """Tell whether what begins there is counted."""
        return clock >= self._counted_from.get(client, 0)

    def replace(self, since: int) -> None:
        """Note an update that a gap kept out: the SyncStep2 asked for will bring it."""
        self._replaced += since == self.since

    def settle(self, asked: Asked | None, pongs: int, since: int) -> int:
        """Count the statuses due when a SyncStep2 is committed.

        Args:
            asked: Why the server had asked for it, if it had.
            pongs: How many Pongs had come before it.
            since: What `since` was when it came.
        """
        if asked is None:
            return 0
        if asked is Asked.GAP:
            due, self._replaced = self._replaced, 0
            return due
        if self.joined:
            if since != self.since or self._paid_since == since:
                return 0  # what it would pay is not counted any more, or paid
            self._paid_since = since
            return 1
        self.joined = True
        if since != self.since:
            return 0  # the answer to the SyncStep1 that came since will be paid
        self._paid_since = since
        left_over = 1 if pongs > self.asked_after else 0
        return 1 + self._held + sum(self._held_deletions[left_over + 1 :])

    def postpone(self, asked: Asked | None, pongs: int, since: int) -> None:
        """Note a SyncStep2 that a reader may not add: the one after the thaw pays for it too."""
        due = self.settle(asked, pongs, since)
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
        if not self.asked_after:
            self.asked_after = self.greeting.pings
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
