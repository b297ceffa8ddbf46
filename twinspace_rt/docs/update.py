"""Yjs V1 updates as bytes: what they are made of, their limits, and strict parsing.

Nothing here knows a document. `parse` is a pure function of its bytes, which may be called in
a thread or another process; what an update means in a document is `validator.py`.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import msgspec

from twinspace_rt.docs.lib0 import (
    FORBIDDEN_KEYS,
    MAX_VALUE_DEPTH,
    Malformed,
    read_any,
    read_string,
    read_var_uint,
)
from twinspace_rt.docs.ranges import Range, merge
from twinspace_rt.docs.refused import Refused

Id = tuple[int, int]
"""``(client, clock)``. Yjs draws client ids of 32 bits, pycrdt of 53; both come in."""

MAX_CLOCK: Final = 2**31 - 1
"""yrs counts clocks in 32 bits."""

MAX_NAME_BYTES: Final = 256
"""Length of a root name, node name, attribute key or mark name."""

# Content kinds, the low five bits of a struct's first byte.
GC: Final = 0
DELETED: Final = 1
STRING: Final = 4
FORMAT: Final = 6
TYPE: Final = 7
ANY: Final = 8
_SUBDOCUMENT: Final = 9
SKIP: Final = 10

# The upper three bits: which ids and names follow.
_KIND_BITS: Final = 0x1F
_HAS_KEY: Final = 0x20
_HAS_RIGHT: Final = 0x40
HAS_ORIGIN: Final = 0x80

NO_DELETES: Final = b"\0"
"""How an update ends that deletes nothing: numbers are never longer than they have to be, so the
last byte of a deleted range's length is not zero."""

XML_ELEMENT: Final = 3
XML_HOOK: Final = 5
XML_TEXT: Final = 6


@dataclass(frozen=True, slots=True)
class Limits:
    """How large one update may be.

    Honest editors make large updates in one step (undoing "select all, delete" in a long
    document is 322 kB and 11,668 structs) and cannot split them, so a limit that refuses one
    cuts that person off for good. Traffic is shaped elsewhere, by bytes in time.
    """

    size_bytes: int
    structs: int
    clients: int
    ranges: int


UPDATE_LIMITS: Final = Limits(size_bytes=2**20, structs=16_384, clients=64, ranges=32_768)
"""One edit as hands make them. A table pasted from a spreadsheet, the undoing of "delete all" in a
long document and a copy kept by the browser are more."""

SYNC_LIMITS: Final = Limits(size_bytes=10 * 2**20, structs=1_000_000, clients=1_024, ranges=200_000)
"""A whole document, as a SyncStep2 or one edit may hold it."""

TRUSTED_LIMITS: Final = Limits(
    size_bytes=2**26,
    structs=4_000_000,
    clients=1_000_000,
    ranges=4_000_000,
)
"""Snapshots and entries of our own database."""


class Struct(msgspec.Struct, gc=False):
    """One run of clocks in an update, with the byte offsets of its parts.

    ``parent`` is a root name or a type's id, and present only without ``origin`` and
    ``right``. ``value`` is ``(mark name, value)`` for FORMAT, the node name for an XML element,
    the number of the type for any other TYPE, and the list of values for ANY.
    """

    kind: int
    clock: int
    length: int
    origin: Id | None
    right: Id | None
    parent: str | Id | None
    key: str | None
    value: object
    start: int
    content: int
    end: int


class Block(msgspec.Struct):
    """The structs of one client.

    ``whole_from`` is where the last hole between them ends, or ``start`` if there is none. Yjs
    leaves holes where it has received a client's later structs before its earlier ones: nobody may
    build on such a block whose holes are not known here.
    """

    client: int
    start: int
    end: int
    structs: list[Struct]
    whole_from: int


@dataclass(slots=True)
class Update:
    """A parsed update.

    ``blocks`` are in falling order of client id, ``deletes`` has sorted, disjoint ranges;
    ``tidy`` is false if the bytes had them otherwise, so that they have to be written anew:
    merging updates relies on that order, and a snapshot merged without it lacks structs.
    """

    data: bytes
    blocks: list[Block]
    deletes: dict[int, list[Range]]
    struct_count: int
    range_count: int
    tidy: bool

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.data)

    @property
    def is_delete_only(self) -> bool:
        """Whether the update inserts nothing; such an update has no clock of its own."""
        return not self.blocks

    def starts(self) -> list[tuple[int, int]]:
        """Tell for each client where its first struct here begins, as ``(client, clock)``."""
        return [(block.client, block.start) for block in self.blocks]


def parse(data: bytes, limits: Limits) -> Update:
    """Read an update, all of it.

    Raises:
        Refused: Anything is wrong with the bytes. Never raises anything else.
    """
    if len(data) > limits.size_bytes:
        raise Refused("too-large")
    try:
        blocks, struct_count, pos = _read_blocks(data, limits)
        deletes, range_count, sorted_deletes, pos = _read_deletes(data, pos, limits)
    except IndexError:
        raise Refused("short") from None
    except Malformed as malformed:
        raise Refused(malformed.code) from None
    if pos != len(data):
        raise Refused("trailing")
    sorted_blocks = len(blocks) < 2 or all(a.client > b.client for a, b in pairwise(blocks))
    if not sorted_blocks:
        blocks.sort(key=lambda block: -block.client)
    tidy = sorted_blocks and sorted_deletes
    return Update(data, blocks, deletes, struct_count, range_count, tidy)


def _read_blocks(data: bytes, limits: Limits) -> tuple[list[Block], int, int]:
    block_count, pos = read_var_uint(data, 0)
    if block_count > limits.clients:
        raise Refused("too-many-clients")
    blocks: list[Block] = []
    seen: set[int] = set()
    total = 0
    for _ in range(block_count):
        count, pos = read_var_uint(data, pos)
        client, pos = read_var_uint(data, pos)
        clock, pos = read_var_uint(data, pos)
        total += count
        if count == 0:
            raise Refused("empty")
        if total > limits.structs:
            raise Refused("too-many-structs")
        if client in seen:  # yjs keeps such structs back, yrs applies them
            raise Refused("client-twice")
        seen.add(client)
        start = whole_from = clock
        structs: list[Struct] = []
        for _ in range(count):
            struct = _read_struct(data, pos, clock)
            structs.append(struct)
            clock += struct.length
            pos = struct.end
            if struct.kind == SKIP:
                whole_from = clock
        if clock > MAX_CLOCK:
            raise Refused("clock")
        blocks.append(Block(client, start, clock, structs, whole_from))
    return blocks, total, pos


def _read_struct(data: bytes, start: int, clock: int) -> Struct:
    info = data[start]
    kind = info & _KIND_BITS
    pos = start + 1
    if kind == GC:
        if info:
            raise Refused("content-kind")
        length, pos = read_var_uint(data, pos)
        if length == 0:
            raise Refused("empty")
        return Struct(GC, clock, length, None, None, None, None, None, start, start + 1, pos)
    if info == SKIP:
        length, pos = read_var_uint(data, pos)
        if length == 0:
            raise Refused("empty")
        return Struct(SKIP, clock, length, None, None, None, None, None, start, start + 1, pos)
    origin: Id | None = None
    right: Id | None = None
    parent: str | Id | None = None
    key: str | None = None
    if info & HAS_ORIGIN:
        client, pos = read_var_uint(data, pos)
        at, pos = read_var_uint(data, pos)
        origin = (client, at)
    if info & _HAS_RIGHT:
        client, pos = read_var_uint(data, pos)
        at, pos = read_var_uint(data, pos)
        right = (client, at)
    if origin is None and right is None:
        parent, pos = _read_parent(data, pos)
        if info & _HAS_KEY:
            key, pos = _read_name(data, pos)
    content = pos
    length = 1
    value: object = None
    if kind == STRING:
        text, pos = read_string(data, pos)
        length = utf16_length(text)
        if length == 0:
            raise Refused("empty")
    elif kind == DELETED:
        length, pos = read_var_uint(data, pos)
        if length == 0:
            raise Refused("empty")
    elif kind == FORMAT:
        name, pos = _read_name(data, pos)
        json, pos = _read_json(data, pos)
        value = (name, json)
    elif kind == TYPE:
        value, pos = _read_type(data, pos)
    elif kind == ANY:
        value, length, pos = _read_values(data, pos)
    elif kind == _SUBDOCUMENT:
        raise Refused("subdocument")
    else:
        raise Refused("content-kind")
    return Struct(kind, clock, length, origin, right, parent, key, value, start, content, pos)


def _read_parent(data: bytes, pos: int) -> tuple[str | Id, int]:
    form, pos = read_var_uint(data, pos)
    if form == 1:
        return _read_name(data, pos)
    if form != 0:
        raise Refused("parent-form")
    client, pos = read_var_uint(data, pos)
    clock, pos = read_var_uint(data, pos)
    return (client, clock), pos


def _read_name(data: bytes, pos: int) -> tuple[str, int]:
    name, end = read_string(data, pos)
    if end - pos > MAX_NAME_BYTES + 2:
        raise Refused("name-length")
    if name in FORBIDDEN_KEYS:
        raise Refused("value-key")
    return name, end


def _read_type(data: bytes, pos: int) -> tuple[str | int, int]:
    number = data[pos]
    if number == XML_ELEMENT:
        return _read_name(data, pos + 1)
    if number > XML_TEXT or number == XML_HOOK:
        raise Refused("type-kind")
    return number, pos + 1


def _read_values(data: bytes, pos: int) -> tuple[list[object], int, int]:
    count, pos = read_var_uint(data, pos)
    if count == 0:
        raise Refused("empty")
    values: list[object] = []
    for _ in range(count):
        value, pos = read_any(data, pos)
        values.append(value)
    return values, count, pos


def _read_json(data: bytes, pos: int) -> tuple[object, int]:
    text, pos = read_string(data, pos)
    try:
        # RFC 8259 to the letter: a NaN, which Python's json takes, makes every browser throw
        # and lose the whole update.
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Refused("json") from None
    _check_json(value, 0)
    return value, pos


def _check_json(value: object, depth: int) -> None:
    if depth > MAX_VALUE_DEPTH:
        raise Refused("value-depth")
    if isinstance(value, dict):
        if not FORBIDDEN_KEYS.isdisjoint(value):
            raise Refused("value-key")
        for child in value.values():
            _check_json(child, depth + 1)
    elif isinstance(value, list):
        for child in value:
            _check_json(child, depth + 1)


def _read_deletes(
    data: bytes, pos: int, limits: Limits
) -> tuple[dict[int, list[Range]], int, bool, int]:
    client_count, pos = read_var_uint(data, pos)
    deletes: dict[int, list[Range]] = {}
    total = 0
    tidy = True
    for _ in range(client_count):
        client, pos = read_var_uint(data, pos)
        count, pos = read_var_uint(data, pos)
        total += count
        if count == 0:
            raise Refused("empty")
        if total > limits.ranges:
            raise Refused("too-many-ranges")
        if client in deletes:
            raise Refused("client-twice")
        ranges: list[Range] = []
        last = -1
        for _ in range(count):
            start, pos = read_var_uint(data, pos)
            length, pos = read_var_uint(data, pos)
            if length == 0:
                raise Refused("empty")
            if start <= last:
                tidy = False
            last = start + length
            if last > MAX_CLOCK:
                raise Refused("clock")
            ranges.append((start, last))
        deletes[client] = ranges if tidy else merge(ranges)
    return deletes, total, tidy, pos


def utf16_length(text: str) -> int:
    """Count UTF-16 units, which is how Yjs measures text."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) >> 1


def first_index(block: Block, clock: int) -> int:
    """Find the struct of a block that holds a clock or is the first after it."""
    structs = block.structs
    if structs[0].clock >= clock:
        return 0
    low, high = 0, len(structs) - 1
    while low < high:
        middle = (low + high) // 2
        if structs[middle].clock + structs[middle].length > clock:
            high = middle
        else:
            low = middle + 1
    return low
