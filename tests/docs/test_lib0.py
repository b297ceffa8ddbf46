"""The wire primitives: what is written is read, and nothing has a second form."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Decoder, Encoder

from tests.docs.forge import any_value, number, raw_string, string
from twinspace_rt.docs.lib0 import (
    MAX_SAFE_INTEGER,
    Malformed,
    Undefined,
    read_any,
    read_bytes,
    read_string,
    read_var_int,
    read_var_uint,
)

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text(max_size=8).map(lambda key: f"_{key}"), children, max_size=4)
    ),
    max_leaves=12,
)


@given(st.integers(0, MAX_SAFE_INTEGER))
def test_numbers_come_back_and_are_written_as_others_write_them(value: int) -> None:
    data = number(value)
    assert read_var_uint(b"\xff" + data + b"\x07", 1) == (value, 1 + len(data))
    encoder = Encoder()
    encoder.write_var_uint(value)
    assert encoder.to_bytes() == data
    assert Decoder(data).read_var_uint() == value


@given(st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER))
def test_signed_numbers_come_back(value: int) -> None:
    data = any_value(value)[1:]
    assert read_var_int(data, 0) == (value, len(data))


def test_negative_zero_is_zero() -> None:
    assert read_var_int(b"\x40", 0) == (0, 1)


@given(st.text())
def test_strings_come_back(value: str) -> None:
    data = string(value)
    assert read_string(data, 0) == (value, len(data))


@given(plain)
def test_plain_values_come_back(value: object) -> None:
    data = any_value(value)
    assert read_any(data, 0) == (value, len(data))


def test_undefined_bytes_and_fixed_numbers_are_read() -> None:
    assert read_any(b"\x7f", 0) == (Undefined.UNDEFINED, 1)
    assert read_any(b"\x74\x02ab", 0) == (b"ab", 4)
    assert read_any(b"\x7c" + struct.pack(">f", 0.5), 0) == (0.5, 5)
    assert read_any(b"\x7a" + struct.pack(">q", -(2**60)), 0) == (-(2**60), 9)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "short"),
        (b"\x80", "short"),
        (b"\x80\x00", "varint"),
        (b"\xff\x00", "varint"),
        (b"\xff" * 7 + b"\x0f", None),
        (b"\xff" * 7 + b"\x10", "varint"),
        (b"\xff" * 8 + b"\x01", "varint"),
        (b"\xff" * 60, "varint"),
    ],
)
def test_a_number_is_as_short_as_it_can_be(data: bytes, code: str | None) -> None:
    if code is None:
        assert read_var_uint(data, 0) == (MAX_SAFE_INTEGER, 8)
        return
    with pytest.raises(Malformed) as refusal:
        read_var_uint(data, 0)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "short"),
        (b"\x80", "short"),
        (b"\x80\x00", "varint"),
        (b"\xbf" + number(2**47), "varint"),
    ],
)
def test_a_signed_number_is_as_short_as_it_can_be(data: bytes, code: str) -> None:
    with pytest.raises(Malformed) as refusal:
        read_var_int(data, 0)
    assert refusal.value.code == code


def test_bytes_end_where_the_data_ends() -> None:
    assert read_bytes(b"\x02ab", 0) == (b"ab", 3)
    with pytest.raises(Malformed, match="short"):
        read_bytes(b"\x03ab", 0)


@pytest.mark.parametrize("raw", [b"\xed\xa0\x80", b"\xc0\x80", b"\xff", "ä".encode()[:1]])
def test_a_string_is_strict_utf8(raw: bytes) -> None:
    with pytest.raises(Malformed, match="utf8"):
        read_string(raw_string(raw), 0)


def nested(depth: int) -> object:
    """Return a list in a list in a list."""
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "short"),
        (b"\x7b\x00", "short"),
        (b"\x76\x01", "short"),
        (b"\x73", "value-tag"),
        (b"\x80", "value-tag"),
        (any_value(math.nan), "value-number"),
        (any_value(math.inf), "value-number"),
        (b"\x7c" + struct.pack(">f", -math.inf), "value-number"),
        (any_value({"__proto__": 1}), "value-key"),
        (any_value([{"constructor": 1}]), "value-key"),
        (b"\x76\x02" + (string("a") + b"\x7e") * 2, "value-key"),
        (any_value(nested(17)), "value-depth"),
        (b"\x75\x01" * 100_000, "value-depth"),
    ],
)
def test_a_plain_value_is_what_a_browser_can_hold(data: bytes, code: str) -> None:
    assert read_any(any_value({"key": nested(15)}), 0)[0] == {"key": nested(15)}
    with pytest.raises(Malformed) as refusal:
        read_any(data, 0)
    assert refusal.value.code == code
