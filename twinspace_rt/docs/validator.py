"""The gate of a document: what an update adds, who may add it, and what is passed on.

The socket process runs no CRDT. It holds one `DocumentState` for each open document, asks it
about every update, and passes on bytes. Usage, in the document's one queue::

    update = parse(data, SYNC_LIMITS)             # may run in a thread
    verdict = state.check(update, member)         # raises Refused; changes nothing
    state.apply(verdict)                          # from here on tentative until committed
    ...                                           # log and send verdict.canonical

What is applied and then not committed cannot be taken back: throw the state away and build it
anew from the snapshot and the entries.
"""

from typing import Final

import msgspec

from twinspace_rt.docs.draft import Draft
from twinspace_rt.docs.encoding import encode, read_state_vector, write_state_vector
from twinspace_rt.docs.known import DumpDamaged, Known, KnownClient, Member
from twinspace_rt.docs.refused import GAP_CODES, SENTENCES, Refused
from twinspace_rt.docs.schema import Kind, Schema, schema_for
from twinspace_rt.docs.update import (
    SYNC_LIMITS,
    TRUSTED_LIMITS,
    UPDATE_LIMITS,
    Limits,
    Update,
    parse,
)

__all__ = [
    "DOCUMENT_MAX_BYTES",
    "DOCUMENT_MAX_ITEMS",
    "GAP_CODES",
    "SENTENCES",
    "SYNC_LIMITS",
    "TRUSTED_LIMITS",
    "UPDATE_LIMITS",
    "DocumentState",
    "DumpDamaged",
    "Kind",
    "Limits",
    "Member",
    "Refused",
    "Schema",
    "Update",
    "Verdict",
    "parse",
    "read_state_vector",
    "schema_for",
    "write_state_vector",
]

DOCUMENT_MAX_BYTES: Final = 10 * 2**20
DOCUMENT_MAX_ITEMS: Final = 1_000_000


class Verdict(msgspec.Struct, frozen=True):
    """What is new in an update.

    Attributes:
        canonical: The new part, to be logged and sent: the received bytes themselves if all
            of it is new, ``None`` if nothing is.
        ranges: ``(client, from, to)`` for each client: who inserted what. This is proof of
            authorship, for the ids belong to the member.
        new_clients: Ids to be bound to the member, once committed for good.
        deleted_others: How many clocks of other members' content it newly deletes. Proof
            of nothing but the connection: editors delete what they cannot show.
    """

    canonical: bytes | None
    ranges: tuple[tuple[int, int, int], ...]
    new_clients: tuple[int, ...]
    deleted_others: int
    member: Member | None
    draft: Draft
    revision: int


class DocumentState(Known):
    """One document as the gate knows it, committed and tentative."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(schema)
        self.revision = 0

    def check(self, update: Update, member: Member | None, *, trusted: bool = False) -> Verdict:
        """Judge an update, and change nothing.

        Args:
            update: From `parse`.
            member: Who sent it. ``None``, for a snapshot, binds no ids.
            trusted: For our own database and engine: no ownership, no limit of the document.
                Structure and schema are checked all the same.

        Returns:
            What is new. It holds only until the state changes.

        Raises:
            Refused: With a code of `GAP_CODES` if something is missing that may come.
        """
        draft = Draft(self, update, member, trusted)
        if draft.growths:
            if not trusted and (
                self.items + draft.items > DOCUMENT_MAX_ITEMS
                or self.size + draft.size - draft.deleted > DOCUMENT_MAX_BYTES
            ):
                raise Refused("document-full")
        elif not draft.deletes:
            return Verdict(None, (), (), 0, member, draft, self.revision)
        growths = draft.growths
        canonical = update.data
        if not draft.whole:
            first_clocks = {client: growth.first for client, growth in growths.items()}
            canonical = encode(update, first_clocks, draft.deletes)
        return Verdict(
            canonical,
            tuple((client, growth.first, growth.end) for client, growth in growths.items()),
            tuple(draft.new_clients),
            draft.deleted_others,
            member,
            draft,
            self.revision,
        )

    def apply(self, verdict: Verdict) -> None:
        """Take in what `check` found new, and bind its new ids to the member.

        Raises:
            RuntimeError: The state has changed since the check; check again.
        """
        if verdict.revision != self.revision:
            raise RuntimeError("the verdict is of an earlier state")
        if verdict.canonical is None:
            return
        draft = verdict.draft
        self.revision += 1
        for client, growth in draft.growths.items():
            known = self.clients.get(client)
            if known is None:
                known = self.clients[client] = KnownClient()
            known.next = growth.end
            known.starts.extend(growth.starts)
            known.places.extend(growth.places)
            known.types.update(growth.types)
            known.tail = growth.tail
            known.marks_in_row = growth.marks_in_row
            self.deleted_ranges += known.deleted.add(growth.gone)
        for client, ranges in draft.deletes.items():
            self.deleted_ranges += self.clients[client].deleted.add(ranges)
        if verdict.member is not None:
            for client in verdict.new_clients:
                self.bind(client, verdict.member)
        self.rules.extend(draft.new_rules)
        self.depths.extend(draft.new_depths)
        self.items += draft.items
        self.size += draft.size - draft.deleted
