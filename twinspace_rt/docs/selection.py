"""Where somebody looks in a document: the only words of a client's own in what it shows of itself.

What goes from browser to browser without being stored is seen by no teacher. So nothing passes
that could hold a message: places are numbers, and names of the document's own parts.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Number = Annotated[int, Meta(ge=0, lt=1 << 53)]


class _ItemId(Struct, forbid_unknown_fields=True):
    client: Number
    clock: Number


class _Place(Struct, forbid_unknown_fields=True):
    """A Yjs relative position as JSON, as y-prosemirror and y-codemirror send it."""

    type: _ItemId | UnsetType | None = UNSET
    tname: Literal["default", "t"] | UnsetType | None = UNSET
    item: _ItemId | UnsetType | None = UNSET
    assoc: Literal[-1, 0, 1] | UnsetType = UNSET


class _Range(Struct, forbid_unknown_fields=True):
    anchor: Number | _Place
    head: Number | _Place | UnsetType = UNSET


_Where: Any = Number | _Range | None
_KEYS = ("cursor", "selection")


def places_in(state: dict[str, Any]) -> dict[str, Any]:
    """Take from a client's state where it looks, and nothing else.

    ``cursor`` and ``selection`` are each null, a number (of letters), or ``anchor`` and ``head``
    of numbers or Yjs relative positions. One of any other form is left out.
    """
    kept = {}
    for key in _KEYS:
        if key not in state:
            continue
        try:
            kept[key] = msgspec.convert(state[key], _Where)
        except msgspec.ValidationError:
            continue
    return kept
