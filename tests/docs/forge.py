"""Updates made by hand, byte by byte: honest ones, and such as no editor would write."""

import struct
from collections.abc import Mapping, Sequence

from twinspace_rt.docs.lib0 import write_bytes, write_string, write_var_uint
from twinspace_rt.docs.update import Id

Deletes = Mapping[int, Sequence[tuple[int, int]]]


def number(value: int) -> bytes:
    """Return an unsigned number in its shortest form."""
    out = bytearray()
    write_var_uint(out, value)
    return bytes(out)


def string(text: str) -> bytes:
    """Return a string with its length."""
    out = bytearray()
    write_string(out, text)
    return bytes(out)


def item(
    kind: int,
    content: bytes,
    *,
    origin: Id | None = None,
    right: Id | None = None,
    parent: str | Id | None = None,
    key: str | None = None,
) -> bytes:
    """Return one struct with any content."""
    info = kind | (0x80 if origin else 0) | (0x40 if right else 0) | (0x20 if key else 0)
    out = bytearray([info])
    for neighbour in (origin, right):
        if neighbour is not None:
            out += number(neighbour[0]) + number(neighbour[1])
    if origin is None and right is None:
        if isinstance(parent, str):
            out += b"\x01" + string(parent)
        elif parent is not None:
            out += b"\x00" + number(parent[0]) + number(parent[1])
        if key is not None:
            out += string(key)
    return bytes(out) + content


def text(words: str, **place: object) -> bytes:
    """Return a run of text."""
    return item(4, string(words), **place)  # type: ignore[arg-type]


def gone(length: int) -> bytes:
    """Return a garbage-collected run."""
    return b"\x00" + number(length)


def hollow(length: int, **place: object) -> bytes:
    """Return a run whose content is deleted."""
    return item(1, number(length), **place)  # type: ignore[arg-type]


def mark(name: str, json: str, **place: object) -> bytes:
    """Return the beginning or end of a mark, with its value as JSON text."""
    return item(6, string(name) + string(json), **place)  # type: ignore[arg-type]


def element(name: str, **place: object) -> bytes:
    """Return an XML element."""
    return item(7, b"\x03" + string(name), **place)  # type: ignore[arg-type]


def xml_text(**place: object) -> bytes:
    """Return an XML text without words."""
    return item(7, b"\x06", **place)  # type: ignore[arg-type]


def values(*plain: object, **place: object) -> bytes:
    """Return plain values, such as an attribute's."""
    content = number(len(plain)) + b"".join(map(any_value, plain))
    return item(8, content, **place)  # type: ignore[arg-type]


def any_value(value: object) -> bytes:
    """Write one plain value as lib0's ``writeAny`` does; bytes are taken as written already."""
    match value:
        case bytes():
            return value
        case None:
            return b"\x7e"
        case bool():
            return b"\x78" if value else b"\x79"
        case int():
            first, rest = abs(value) & 0x3F, abs(value) >> 6
            sign = 0x40 if value < 0 else 0
            if rest:
                return bytes([0x7D, first | sign | 0x80]) + number(rest)
            return bytes([0x7D, first | sign])
        case float():
            return b"\x7b" + struct.pack(">d", value)
        case str():
            return b"\x77" + string(value)
        case list():
            return b"\x75" + number(len(value)) + b"".join(map(any_value, value))
        case dict():
            pairs = b"".join(string(key) + any_value(child) for key, child in value.items())
            return b"\x76" + number(len(value)) + pairs
    raise TypeError(value)


def delete_set(deletes: Deletes) -> bytes:
    """Return a delete set of ``(from, to)`` ranges, in the order given."""
    return number(len(deletes)) + b"".join(
        number(client) + deleted(ranges) for client, ranges in deletes.items()
    )


def deleted(ranges: Sequence[tuple[int, int]]) -> bytes:
    """Return what a delete set says of one client: its ranges, in the order given."""
    each = b"".join(number(start) + number(end - start) for start, end in ranges)
    return number(len(ranges)) + each


def block(client: int, clock: int, structs: Sequence[bytes]) -> bytes:
    """Return one client's structs."""
    return number(len(structs)) + number(client) + number(clock) + b"".join(structs)


def update(client: int, clock: int, *structs: bytes, deletes: Deletes | None = None) -> bytes:
    """Return an update of one client."""
    return blocks((client, clock, structs), deletes=deletes)


def blocks(*each: tuple[int, int, Sequence[bytes]], deletes: Deletes | None = None) -> bytes:
    """Return an update of several clients, in the order given."""
    body = b"".join(block(*one) for one in each)
    return number(len(each)) + body + delete_set(deletes or {})


def deletion(deletes: Deletes) -> bytes:
    """Return an update that only deletes."""
    return b"\x00" + delete_set(deletes)


def raw_string(raw: bytes) -> bytes:
    """Return bytes where a string belongs."""
    out = bytearray()
    write_bytes(out, raw)
    return bytes(out)
