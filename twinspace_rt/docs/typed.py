"""The short way for what people mostly send: a few characters behind the ones before.

Parsing and checking in general builds a dozen objects and passes through as many functions, which
a processor that has done something else meanwhile has to fetch one by one. What is recognized here
needs neither; everything else, and all that is wrong, is left to `parse` and `DocumentState.check`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from twinspace_rt.docs.known import GONE, HOLLOW, KEY_MASK, TYPE_SHIFT, Member
from twinspace_rt.docs.lib0 import Malformed, read_bytes, read_var_uint, write_var_uint
from twinspace_rt.docs.update import MAX_CLOCK, NO_DELETES, STRING, Id, utf16_length
from twinspace_rt.docs.validator import (
    DOCUMENT_MAX_BYTES,
    DOCUMENT_MAX_ITEMS,
    DocumentState,
)

TYPED_MAX_BYTES: Final = 256
BEHIND: Final = STRING | 0x80
"""The info byte of text with an item to its left."""
BETWEEN: Final = STRING | 0xC0
"""The info byte of text between two items."""


class Typed(NamedTuple):
    """An update that is one text, and where in it that stands.

    Attributes:
        start: The client's clock at its first character.
        end: The clock behind its last one.
        head_bytes: What comes before the text's length.
        text: In UTF-8.
        goes_on: Whether it is the same piece of text as what its client typed before: behind it,
            and before the same neighbour.
    """

    client: int
    start: int
    end: int
    head_bytes: int
    text: bytes
    goes_on: bool


def take_typed(state: DocumentState, data: bytes, member: Member) -> Typed | None:
    """Take in an update that is one text of ``member``, right behind its client's last clock.

    Does to ``state`` just what `parse`, `check` and `apply` would do.

    Returns:
        What it is; ``None`` if it is anything else, and then nothing has changed.
    """
    if len(data) > TYPED_MAX_BYTES or data[:2] != b"\1\1":  # one client, one struct
        return None
    try:
        client, pos = read_var_uint(data, 2)
        clock, start = read_var_uint(data, pos)
        known = state.clients.get(client)
        if known is None or not clock or known.next != clock:
            return None
        if state.owners.get(client) != member or client in state.retired:
            return None
        info = data[start]
        if info != BEHIND and info != BETWEEN:
            return None
        left, pos = read_var_uint(data, start + 1)
        at, pos = read_var_uint(data, pos)
        if left != client or at != clock - 1:
            return None
        place = known.places[-1]
        right: Id | None = None
        if info == BETWEEN:
            beside, pos = read_var_uint(data, pos)
            at, pos = read_var_uint(data, pos)
            neighbour = state.clients.get(beside)
            if neighbour is None or at >= neighbour.next or neighbour.place(at) != place:
                return None
            right = (beside, at)
        if place == GONE or place & (HOLLOW | KEY_MASK):
            return None
        if not state.schema.rules[state.rules[place >> TYPE_SHIFT]].text:
            return None
        text, end = read_bytes(data, pos)
        if data[end:] != NO_DELETES:
            return None
        after = clock + (len(text) if text.isascii() else utf16_length(text.decode()))
    except (IndexError, Malformed, UnicodeDecodeError):
        return None
    if after == clock or after > MAX_CLOCK:
        return None
    tail = known.tail
    joined = tail is not None and tail[0] == STRING and tail[2] == right
    size, items = (end - pos, 0) if joined else (end - start, 1)
    if state.items + items > DOCUMENT_MAX_ITEMS or state.size + size > DOCUMENT_MAX_BYTES:
        return None
    state.revision += 1
    state.items += items
    state.size += size
    known.next = after
    known.tail = (STRING, (client, clock - 1), right)
    known.marks_in_row = 0
    return Typed(client, clock, after, pos, text, joined)


def as_one(first: bytes, row: Sequence[Typed]) -> bytes:
    """Write what one client typed in a row as one update, which means the same.

    Yjs joins such text itself as it takes it in, and would write it so.

    Args:
        first: The update of the first of them.
        row: Each goes on where the one before it ends.
    """
    text = b"".join([typed.text for typed in row])
    update = bytearray(first[: row[0].head_bytes])
    write_var_uint(update, len(text))
    return bytes(update) + text + NO_DELETES
