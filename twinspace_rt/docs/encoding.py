"""Writing updates: the new part of one, delete sets and state vectors."""

from twinspace_rt.docs.lib0 import (
    Malformed,
    read_any,
    read_string,
    read_var_uint,
    write_string,
    write_var_uint,
)
from twinspace_rt.docs.ranges import Range
from twinspace_rt.docs.refused import Refused
from twinspace_rt.docs.update import (
    ANY,
    DELETED,
    GC,
    HAS_ORIGIN,
    MAX_CLOCK,
    STRING,
    Limits,
    Struct,
    Update,
    first_index,
)


def encode(update: Update, first_clocks: dict[int, int], deletes: dict[int, list[Range]]) -> bytes:
    """Write the part of an update that is new.

    Args:
        update: What was received.
        first_clocks: For each client to keep, the first clock that is new.
        deletes: The ranges to keep.
    """
    out = bytearray()
    write_var_uint(out, len(first_clocks))
    for block in update.blocks:
        first = first_clocks.get(block.client)
        if first is None:
            continue
        index = first_index(block, first)
        structs = block.structs
        write_var_uint(out, len(structs) - index)
        write_var_uint(out, block.client)
        write_var_uint(out, first)
        if structs[index].clock < first:
            _write_cut(out, update.data, structs[index], block.client, first)
            index += 1
        if index < len(structs):
            out += update.data[structs[index].start : structs[-1].end]
    write_deletes(out, deletes)
    return bytes(out)


def _write_cut(out: bytearray, data: bytes, struct: Struct, client: int, first: int) -> None:
    """Write a struct from its middle on, as yjs' ``Item.write(encoder, offset)`` does.

    The own previous clock becomes the origin; the right origin and the mark that a key exists
    stay; half a surrogate pair becomes U+FFFD, which is what a browser's encoder makes of it.
    """
    offset = first - struct.clock
    if struct.kind == GC:
        out.append(GC)
        write_var_uint(out, struct.length - offset)
        return
    out.append(data[struct.start] & ~HAS_ORIGIN | HAS_ORIGIN)
    write_var_uint(out, client)
    write_var_uint(out, first - 1)
    if struct.right is not None:
        write_var_uint(out, struct.right[0])
        write_var_uint(out, struct.right[1])
    if struct.kind == DELETED:
        write_var_uint(out, struct.length - offset)
    elif struct.kind == STRING:
        text, _ = read_string(data, struct.content)
        rest = text.encode("utf-16-le")[2 * offset :]
        write_string(out, rest.decode("utf-16-le", "replace"))
    elif struct.kind == ANY:
        write_var_uint(out, struct.length - offset)
        _, pos = read_var_uint(data, struct.content)
        for _ in range(offset):
            _, pos = read_any(data, pos)
        out += data[pos : struct.end]
    else:  # every other content that a schema allows is one clock long
        raise AssertionError(struct.kind)


def write_deletes(out: bytearray, deletes: dict[int, list[Range]]) -> None:
    """Append a delete set."""
    write_var_uint(out, len(deletes))
    for client, ranges in deletes.items():
        write_var_uint(out, client)
        write_var_uint(out, len(ranges))
        for start, end in ranges:
            write_var_uint(out, start)
            write_var_uint(out, end - start)


def read_state_vector(data: bytes, limits: Limits) -> dict[int, int]:
    """Read a SyncStep1's state vector: for each client the next clock.

    A reader names every client of a document, so the bound on clients is not applied here:
    the size of the frame bounds them.

    Raises:
        Refused: Anything is wrong with the bytes.
    """
    if len(data) > limits.size_bytes:
        raise Refused("too-large")
    vector: dict[int, int] = {}
    try:
        count, pos = read_var_uint(data, 0)
        for _ in range(count):
            client, pos = read_var_uint(data, pos)
            clock, pos = read_var_uint(data, pos)
            if client in vector:
                raise Refused("client-twice")
            if clock > MAX_CLOCK:
                raise Refused("clock")
            vector[client] = clock
    except Malformed as malformed:
        raise Refused(malformed.code) from None
    if pos != len(data):
        raise Refused("trailing")
    return vector


def write_state_vector(vector: dict[int, int]) -> bytes:
    """Write a state vector; clients at clock zero are left out, as Yjs does."""
    out = bytearray()
    entries = [(client, clock) for client, clock in vector.items() if clock]
    write_var_uint(out, len(entries))
    for client, clock in entries:
        write_var_uint(out, client)
        write_var_uint(out, clock)
    return bytes(out)
