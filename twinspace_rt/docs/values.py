"""What a value in a document may be: tells it of each value, and says it as JSON Schema.

The browser's editor is held to the same values before it writes (`python -m twinspace_rt
document-rules`), so each kind here means the same in JavaScript.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol


class Value(Protocol):
    """What is allowed in one place."""

    def __call__(self, value: object) -> bool:
        """Tell whether a value is allowed."""

    def schema(self) -> dict[str, object]:
        """Say what is allowed, as JSON Schema."""


@dataclass(frozen=True, slots=True)
class Null:
    """Nothing at all."""

    def __call__(self, value: object) -> bool:
        return value is None

    def schema(self) -> dict[str, object]:
        return {"type": "null"}


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    def __call__(self, value: object) -> bool:
        return isinstance(value, bool)

    def schema(self) -> dict[str, object]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Text:
    """At most so many characters, all of which the pattern matches."""

    max_length: int
    pattern: str | None = None

    def __call__(self, value: object) -> bool:
        return (
            isinstance(value, str)
            and len(value) <= self.max_length
            and (self.pattern is None or re.fullmatch(self.pattern, value) is not None)
        )

    def schema(self) -> dict[str, object]:
        pattern = {} if self.pattern is None else {"pattern": self.pattern}
        return {"type": "string", "maxLength": self.max_length, **pattern}


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds; a whole one may be written as a float, as in JavaScript."""

    low: float
    high: float
    whole: bool = True

    def __call__(self, value: object) -> bool:
        if type(value) is float:
            return self.low <= value <= self.high and (not self.whole or value.is_integer())
        return type(value) is int and self.low <= value <= self.high

    def schema(self) -> dict[str, object]:
        kind = "integer" if self.whole else "number"
        return {"type": kind, "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Values:
    """A list of at most so many values."""

    each: Value
    max_count: int

    def __call__(self, value: object) -> bool:
        return (
            isinstance(value, list) and len(value) <= self.max_count and all(map(self.each, value))
        )

    def schema(self) -> dict[str, object]:
        return {"type": "array", "maxItems": self.max_count, "items": self.each.schema()}


@dataclass(frozen=True, slots=True, init=False)
class Either:
    """Any of some kinds."""

    kinds: tuple[Value, ...]

    def __init__(self, *kinds: Value) -> None:
        object.__setattr__(self, "kinds", kinds)

    def __call__(self, value: object) -> bool:
        return any(kind(value) for kind in self.kinds)

    def schema(self) -> dict[str, object]:
        return {"anyOf": [kind.schema() for kind in self.kinds]}


@dataclass(frozen=True, slots=True)
class Record:
    """An object with none but these fields."""

    fields: Mapping[str, Value]

    def __call__(self, value: object) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() <= self.fields.keys()
            and all(self.fields[name](item) for name, item in value.items())
        )

    def schema(self) -> dict[str, object]:
        fields = {name: value.schema() for name, value in self.fields.items()}
        return {"type": "object", "properties": fields, "additionalProperties": False}


ANY_NUMBER: Final = Number(-sys.float_info.max, sys.float_info.max, whole=False)
