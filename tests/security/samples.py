"""Makes valid commands and bodies from their structs, so that a new one is tried without a test."""

import itertools
from collections.abc import Callable
from typing import Any, get_args

import msgspec
from msgspec import inspect as forms

from twinspace_rt.protocol import Command, Id, Nonce

Json = dict[str, Any]
_ID_PATTERN = get_args(Id)[1].pattern
_NONCE_PATTERN = get_args(Nonce)[1].pattern
# What no pattern and no bound says, because only the feature knows it.
_WORDS = {
    "creature": "fox",
    "time_zone": "Europe/Stockholm",
    "email": "somebody@example.org",
    "password": "smultron i skogen",
    "new": "smultron i skogen",
}
_numbers = itertools.count(1)

IdOf = Callable[[str], str]
"""Finds the identifier to put into a field of that name."""


def command_samples(kind: type[Command], id_of: IdOf) -> list[Json]:
    """Make the shortest and the fullest valid frame of a command, without its ``id``."""
    tag = str(kind.__struct_config__.tag)
    made = [{"type": tag} | sample(kind, id_of, full=full) for full in (False, True)]
    for frame in made:
        frame.pop("id")
        msgspec.convert(frame | {"id": 1}, kind)
    return made[:1] if made[0].keys() == made[1].keys() else made


def sample(kind: type, id_of: IdOf, *, full: bool) -> Json:
    """Make a valid value of a struct, with all of its fields or only those that it must have."""
    found = forms.type_info(kind)
    assert isinstance(found, forms.StructType)
    return _struct(found, id_of, full)


def _struct(found: forms.StructType, id_of: IdOf, full: bool) -> Json:
    return {
        field.encode_name: _value(field.type, field.name, id_of, full)
        for field in found.fields
        if full or field.required
    }


def _value(found: forms.Type, name: str, id_of: IdOf, full: bool) -> Any:
    made: Any
    match found:
        case forms.UnionType():
            some = [t for t in found.types if not isinstance(t, forms.NoneType)]
            return _value(some[0], name, id_of, full)
        case forms.StructType():
            return _struct(found, id_of, full)
        case forms.ListType() | forms.VarTupleType():
            return [_value(found.item_type, name.removesuffix("s"), id_of, full)]
        case forms.StrType():
            made = _text(found, name, id_of)
        case forms.IntType():
            low = (found.ge or 0) if found.gt is None else found.gt + 1
            made = 1_000 if name == "end" else low
        case forms.BoolType():
            made = True
        case forms.LiteralType():
            made = found.values[0]
        case forms.EnumType():
            made = list(found.cls)[-1].value
        case _:
            raise NotImplementedError(f"{name}: say how to make a value of {found}")
    return made


def _text(found: forms.StrType, name: str, id_of: IdOf) -> str:
    pattern = found.pattern or ""
    if pattern == _NONCE_PATTERN:
        return f"sample-{next(_numbers):08d}"
    if pattern == _ID_PATTERN or pattern.endswith("[0-9a-hjkmnp-tv-z]{20})$"):
        return id_of(name)
    if name in _WORDS:
        return _WORDS[name]
    if pattern.startswith("^("):
        return pattern[2:].partition("|")[0].rstrip(")$").replace("\\", "")
    if pattern == "^[A-Z]{2}$":
        return "SE"
    return "anything"[: found.max_length or None]
