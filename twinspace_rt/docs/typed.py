"""The short way for what people mostly send: a few characters behind the ones before.

Parsing and checking in general builds a dozen objects and passes through as many functions, which
a processor that has done something else meanwhile has to fetch one by one. What is recognized here
needs neither; everything else, and all that is wrong, is left to `parse` and `DocumentState.check`.
"""

from typing import Final

from twinspace_rt.docs.known import GONE, HOLLOW, KEY_MASK, TYPE_SHIFT, Member
from twinspace_rt.docs.lib0 import Malformed, read_string, read_var_uint
from twinspace_rt.docs.update import MAX_CLOCK, STRING, Id, utf16_length
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

Range = tuple[int, int, int]


def take_typed(state: DocumentState, data: bytes, member: Member) -> Range | None:
    """Take in an update that is one text of ``member``, right behind its client's last clock.

    Does to ``state`` just what `parse`, `check` and `apply` would do.

    Returns:
        ``(client, from, to)``; ``None`` if it is anything else, and then nothing has changed.
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
        text, end = read_string(data, pos)
        if data[end:] != b"\0":  # deletes nothing
            return None
    except (IndexError, Malformed):
        return None
    after = clock + utf16_length(text)
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
    return client, clock, after
