"""The wire primitives of Yjs (lib0): numbers, strings and plain values.

Readers take ``(data, pos)`` and return ``(value, next position)``; writers append to a
``bytearray``. They are stricter than lib0: one value has one encoding, so that two parsers
cannot read two things in the same bytes.
"""

import math
import struct
from enum import Enum
from typing import Final

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The largest number JavaScript counts exactly; lib0 reads none above it."""

MAX_VALUE_DEPTH: Final = 16
"""How deep a plain value may nest. yrs dies of its recursion at tens of thousands."""

FORBIDDEN_KEYS: Final = frozenset({"__proto__", "constructor", "prototype"})
"""lib0 assigns keys to plain objects, so these would reach an object's prototype."""


class Malformed(Exception):
    """Bytes that are not what they should be; ``code`` is stable and says in which way."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Undefined(Enum):
    """JavaScript's ``undefined``, which the wire tells apart from ``null``."""

    UNDEFINED = "undefined"


def read_var_uint(data: bytes, pos: int) -> tuple[int, int]:
    """Read an unsigned number of at most 53 bits.

    Raises:
        Malformed: ``short`` at the end of the data, ``varint`` if it is longer than it
            needs to be or too large.
    """
    try:
        byte = data[pos]
        if byte < 0x80:
            return byte, pos + 1
        number = byte & 0x7F
        shift = 7
        while True:
            pos += 1
            byte = data[pos]
            if byte < 0x80:
                break
            number |= (byte & 0x7F) << shift
            shift += 7
            if shift > 49:
                raise Malformed("varint")
    except IndexError:
        raise Malformed("short") from None
    number |= byte << shift
    if byte == 0 or number > MAX_SAFE_INTEGER:
        raise Malformed("varint")
    return number, pos + 1


def read_var_int(data: bytes, pos: int) -> tuple[int, int]:
    """Read a signed number of at most 53 bits; bit 6 of the first byte is the sign.

    Negative zero is read as zero: lib0 writes it, and Python's integers do not have it.

    Raises:
        Malformed: As for `read_var_uint`.
    """
    try:
        byte = data[pos]
    except IndexError:
        raise Malformed("short") from None
    number = byte & 0x3F
    pos += 1
    if byte & 0x80:
        rest, pos = read_var_uint(data, pos)
        number |= rest << 6
        if rest == 0 or number > MAX_SAFE_INTEGER:
            raise Malformed("varint")
    return (-number if byte & 0x40 else number), pos


def read_bytes(data: bytes, pos: int) -> tuple[bytes, int]:
    """Read a byte string preceded by its length.

    Raises:
        Malformed: ``short`` or ``varint``.
    """
    length, pos = read_var_uint(data, pos)
    end = pos + length
    if end > len(data):
        raise Malformed("short")
    return data[pos:end], end


def read_string(data: bytes, pos: int) -> tuple[str, int]:
    """Read a UTF-8 string preceded by its length in bytes; surrogates are not UTF-8.

    Raises:
        Malformed: ``utf8``, ``short`` or ``varint``.
    """
    raw, pos = read_bytes(data, pos)
    try:
        return raw.decode(), pos
    except UnicodeDecodeError:
        raise Malformed("utf8") from None


def read_any(data: bytes, pos: int, depth: int = 0) -> tuple[object, int]:
    """Read a plain value: what JSON knows, and ``undefined``, bytes and 64-bit integers.

    Raises:
        Malformed: ``value-depth`` above `MAX_VALUE_DEPTH`, ``value-key`` for a forbidden or
            repeated key, ``value-number`` for NaN and the infinities, ``value-tag``, or
            what the other readers raise.
    """
    if depth > MAX_VALUE_DEPTH:
        raise Malformed("value-depth")
    try:
        tag = data[pos]
    except IndexError:
        raise Malformed("short") from None
    pos += 1
    if tag == 119:
        return read_string(data, pos)
    if tag == 125:
        return read_var_int(data, pos)
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], pos
    if tag in _FIXED:
        return _read_fixed(_FIXED[tag], data, pos)
    if tag == 118:
        return _read_object(data, pos, depth)
    if tag == 117:
        count, pos = read_var_uint(data, pos)
        values = []
        for _ in range(count):
            value, pos = read_any(data, pos, depth + 1)
            values.append(value)
        return values, pos
    if tag == 116:
        return read_bytes(data, pos)
    raise Malformed("value-tag")


_CONSTANTS: Final[dict[int, object]] = {
    127: Undefined.UNDEFINED,
    126: None,
    121: False,
    120: True,
}
_FIXED: Final = {124: struct.Struct(">f"), 123: struct.Struct(">d"), 122: struct.Struct(">q")}


def _read_fixed(layout: struct.Struct, data: bytes, pos: int) -> tuple[int | float, int]:
    end = pos + layout.size
    if end > len(data):
        raise Malformed("short")
    number: int | float = layout.unpack_from(data, pos)[0]
    if not math.isfinite(number):
        raise Malformed("value-number")
    return number, end


def _read_object(data: bytes, pos: int, depth: int) -> tuple[dict[str, object], int]:
    count, pos = read_var_uint(data, pos)
    result: dict[str, object] = {}
    for _ in range(count):
        key, pos = read_string(data, pos)
        if key in FORBIDDEN_KEYS or key in result:
            raise Malformed("value-key")
        result[key], pos = read_any(data, pos, depth + 1)
    return result, pos


def write_var_uint(out: bytearray, number: int) -> None:
    """Append an unsigned number in its shortest form."""
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def write_bytes(out: bytearray, raw: bytes) -> None:
    """Append a byte string preceded by its length."""
    write_var_uint(out, len(raw))
    out += raw


def write_string(out: bytearray, text: str) -> None:
    """Append a UTF-8 string preceded by its length in bytes."""
    write_bytes(out, text.encode())
