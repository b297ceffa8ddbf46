"""What the validator remembers of a document: enough to judge, and nothing that is read.

For each client the next clock, what is deleted, and runs of clocks that share a place; for
each type its rule and depth. A *place* is where an item stands: its parent type and, for an
attribute, its key. No text is kept.
"""

import hashlib
import sys
from array import array
from bisect import bisect_right
from typing import Final, Self

import msgspec

from twinspace_rt.docs.encoding import write_deletes, write_state_vector
from twinspace_rt.docs.ranges import Range, RangeSet
from twinspace_rt.docs.schema import Schema
from twinspace_rt.docs.update import Id

Member = int | str
"""Whoever client ids are bound to."""

# A place is one number: type << 7 | attribute key << 1 | hollow.
HOLLOW: Final = 1
"""The item came without its content (ContentDeleted): a type of old it may have been."""
KEY_SHIFT: Final = 1
KEY_MASK: Final = 63 << KEY_SHIFT
TYPE_SHIFT: Final = 7
GONE: Final = 0
"""The place of what every replica drops: GC structs, and all that hangs on them."""

_DUMP_VERSION: Final = 1
_DIGEST_SIZE: Final = 16


class DumpDamaged(ValueError):
    """Stored validator state that cannot be used; rebuild it from snapshot and entries."""


class KnownClient:
    """What is known of one client id."""

    __slots__ = ("deleted", "marks_in_row", "next", "places", "starts", "tail", "types")

    def __init__(self) -> None:
        self.next = 0
        self.starts = array("I")
        self.places = array("I")
        self.types: dict[int, int] = {}
        self.deleted = RangeSet()
        # Of the last struct: (kind, origin, right), and how many marks end there in a row. Not
        # stored: after a load one keystroke more counts as an item of its own.
        self.tail: tuple[int, Id | None, Id | None] | None = None
        self.marks_in_row = 0

    def place(self, clock: int) -> int:
        """Return the place of a clock below ``next``."""
        return self.places[bisect_right(self.starts, clock) - 1]


class _ClientDump(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    client: int
    next: int
    starts: bytes
    places: bytes
    type_clocks: bytes
    type_numbers: bytes
    deleted_starts: bytes
    deleted_ends: bytes


class _Dump(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    version: int
    byte_order: str
    kind: str
    schema_version: int
    items: int
    size: int
    rules: bytes
    depths: bytes
    clients: list[_ClientDump]
    owners: list[tuple[int, Member]]
    retired: list[int]


class Known:
    """The knowledge of one document.

    Attributes:
        items: Structs, as Yjs would hold them after merging what was typed in a row.
        size: At most so many bytes has a full update of the document. What is deleted weighs
            on until the state is built anew from a snapshot that was cleared of it.
        deleted_ranges: How many ranges the delete set has.
        owners: The member each client id is bound to.
        retired: Client ids of an earlier life of the document, which nobody may use again.
        rules: For each type its number in ``schema.rules``. Type 0 is no type.
        depths: For each type how deep it is nested.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.clients: dict[int, KnownClient] = {}
        self.owners: dict[int, Member] = {}
        self.retired: set[int] = set()
        self.roots = {name: number for number, name in enumerate(schema.roots, start=1)}
        self.rules = array("B", [0, *schema.roots.values()])
        self.depths = array("B", [0] * len(self.rules))
        self.items = 0
        self.size = 0
        self.deleted_ranges = 0

    def state_vector(self) -> dict[int, int]:
        """Return for each client the next clock."""
        return {client: known.next for client, known in self.clients.items()}

    def encoded_state_vector(self) -> bytes:
        """Return the state vector as a SyncStep1 has it."""
        return write_state_vector(self.state_vector())

    def delete_set(self) -> dict[int, list[Range]]:
        """Return all that is deleted, garbage-collected content included."""
        return {
            client: list(known.deleted) for client, known in self.clients.items() if known.deleted
        }

    def encoded_delete_set(self) -> bytes:
        """Return an update without structs that deletes all that is deleted.

        A state vector says nothing about deletions, so a returning client is sent them all.
        """
        out = bytearray(b"\0")
        write_deletes(out, self.delete_set())
        return bytes(out)

    def owner(self, client: int) -> Member | None:
        """Return the member a client id is bound to."""
        return self.owners.get(client)

    def bind(self, client: int, member: Member) -> None:
        """Bind a client id to a member for good.

        Raises:
            ValueError: It is bound to another member already.
        """
        if self.owners.setdefault(client, member) != member:
            raise ValueError("this client id belongs to another member")

    def retire(self, client: int) -> None:
        """Let nobody insert under a client id any more."""
        self.retired.add(client)

    def dump(self) -> bytes:
        """Write everything down, to be stored beside the snapshot of the same moment."""
        body = msgspec.msgpack.encode(
            _Dump(
                _DUMP_VERSION,
                sys.byteorder,
                self.schema.kind,
                self.schema.version,
                self.items,
                self.size,
                self.rules.tobytes(),
                self.depths.tobytes(),
                [_dump_client(client, known) for client, known in self.clients.items()],
                list(self.owners.items()),
                sorted(self.retired),
            )
        )
        return hashlib.blake2b(body, digest_size=_DIGEST_SIZE).digest() + body

    @classmethod
    def load(cls, data: bytes, schema: Schema) -> Self:
        """Read what `dump` wrote; 10 MiB documents take some tens of milliseconds.

        The checksum finds damage. It is no proof against forgery: load only from our own
        database.

        Raises:
            DumpDamaged: The data is damaged, of another version or byte order, or of
                another schema.
        """
        body = memoryview(data)[_DIGEST_SIZE:]
        if hashlib.blake2b(body, digest_size=_DIGEST_SIZE).digest() != data[:_DIGEST_SIZE]:
            raise DumpDamaged("checksum")
        try:
            stored = msgspec.msgpack.decode(body, type=_Dump)
        except msgspec.DecodeError as error:
            raise DumpDamaged("layout") from error
        if (stored.version, stored.byte_order) != (_DUMP_VERSION, sys.byteorder):
            raise DumpDamaged("version")
        if (stored.kind, stored.schema_version) != (schema.kind, schema.version):
            raise DumpDamaged("schema")
        state = cls(schema)
        state.items = stored.items
        state.size = stored.size
        state.rules = array("B", stored.rules)
        state.depths = array("B", stored.depths)
        state.clients = {client.client: _load_client(client) for client in stored.clients}
        state.deleted_ranges = sum(len(known.deleted) for known in state.clients.values())
        state.owners = dict(stored.owners)
        state.retired = set(stored.retired)
        return state


def _dump_client(client: int, known: KnownClient) -> _ClientDump:
    return _ClientDump(
        client,
        known.next,
        known.starts.tobytes(),
        known.places.tobytes(),
        array("I", known.types.keys()).tobytes(),
        array("I", known.types.values()).tobytes(),
        known.deleted.starts.tobytes(),
        known.deleted.ends.tobytes(),
    )


def _load_client(stored: _ClientDump) -> KnownClient:
    known = KnownClient()
    known.next = stored.next
    known.starts = array("I", stored.starts)
    known.places = array("I", stored.places)
    known.types = dict(
        zip(array("I", stored.type_clocks), array("I", stored.type_numbers), strict=True)
    )
    known.deleted = RangeSet(stored.deleted_starts, stored.deleted_ends)
    return known
