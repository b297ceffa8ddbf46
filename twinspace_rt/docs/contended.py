"""Storing edits in a document that another node writes in, too, however busily.

A verdict holds for one head. Where another node commits all the time, the head that was just read
is never the last one, and whoever tries again loses again. So the stream is locked first: what came
meanwhile is read, the edits are judged by it, and they are stored, all in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from twinspace_rt.docs.edits import Outcome, Taken, new_ones
from twinspace_rt.docs.judge import Judge
from twinspace_rt.docs.store import OFF_LOOP_BYTES, Loaded, TailEntry, read_news, take_in
from twinspace_rt.docs.validator import TRUSTED_LIMITS, UPDATE_LIMITS, Update, parse
from twinspace_rt.streams.appends import WRITABLE, HeadMoved, NewEntry, StreamClosed, append_now
from twinspace_rt.streams.follow import stream_head
from twinspace_rt.streams.transaction import Transaction

LOCKED_MAX: Final = UPDATE_LIMITS
"""Edits that are judged while other nodes wait: what hands make at once, which takes less than a
tenth of a second. It is the structs that take time: 1 MiB of the smallest takes six times that.
Only what somebody did offline, pasted from a spreadsheet or undoes in a long document is more."""


def parse_again(outcomes: Sequence[Outcome]) -> list[Update | None] | None:
    """Parse the edits that were taken once more: to keep what was made of each would cost more.

    Returns:
        For each outcome its edit, if that was taken; ``None`` if all together is more than
        `LOCKED_MAX`.
    """
    taken = [o.edit.data if isinstance(o, Taken) else None for o in outcomes]
    if sum(len(data) for data in taken if data is not None) > LOCKED_MAX.size_bytes:
        return None
    updates = [None if data is None else parse(data, TRUSTED_LIMITS) for data in taken]
    parsed = [update for update in updates if update is not None]
    is_much = (
        sum(update.struct_count for update in parsed) > LOCKED_MAX.structs
        or sum(update.range_count for update in parsed) > LOCKED_MAX.ranges
    )
    return None if is_much else updates


def new_entries(taken: Sequence[Taken]) -> list[NewEntry]:
    """Write edits that the validator took in as entries of the stream."""
    return [
        NewEntry(o.edit.session.principal.member_id, o.canonical or b"", o.new_clients)
        for o in taken
    ]


@dataclass
class LockedAttempt:
    """One attempt at storing edits with their stream locked; a failed one is not used again.

    Whether it succeeds or not, ``outcomes`` is what the edits have become; if it does not, the
    validator of ``loaded`` holds what is not stored, and the document has to be read again.

    Args:
        loaded: The document as it was read just now; nothing tentative is in its validator.
        outcomes: What was judged by an earlier head.
        updates: What `parse_again` made of them.

    Attributes:
        news: What other nodes stored after ``loaded`` was read.
    """

    document_id: str
    loaded: Loaded
    judge: Judge
    outcomes: list[Outcome]
    updates: Sequence[Update | None]
    news: list[TailEntry] = field(default_factory=list)
    _spent: bool = False

    def run(self, transaction: Transaction) -> int:
        """Do it, as an action that has the stream locked.

        Returns:
            The moment of the entries.

        Raises:
            HeadMoved: What came meanwhile is too much to be read with everyone waiting, or was
                compacted; or the database asks for it all once more.
            StreamClosed: The stream takes no entries in this epoch.
        """
        if self._spent:
            raise HeadMoved
        self._spent = True
        db, loaded = transaction.connection, self.loaded
        head = stream_head(db, self.document_id)
        if head.epoch != loaded.epoch or head.state not in WRITABLE:
            raise StreamClosed(head.state, head.epoch)
        rows = read_news(db, self.document_id, loaded, head)
        if rows is None or sum(len(row.body) for row in rows) > OFF_LOOP_BYTES:
            raise HeadMoved
        self.news = take_in(rows, loaded.validator)
        self.outcomes[:] = [
            self.judge.check_parsed(loaded, outcome, update)
            if isinstance(outcome, Taken) and update is not None
            else outcome
            for outcome, update in zip(self.outcomes, self.updates, strict=True)
        ]
        taken = new_ones(self.outcomes)
        if taken:
            append_now(transaction, self.document_id, head, new_entries(taken))
        return transaction.now
