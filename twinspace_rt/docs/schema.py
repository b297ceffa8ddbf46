"""What a document may hold, by kind and schema version.

A browser's editor deletes what its own schema does not know, in the name of the person at that
browser: one unknown mark on five letters takes a whole paragraph with it. So what no honest
editor writes is refused before anyone else sees it. Rich text is what y-tiptap writes for the
editor's nodes: an element for each node, an XmlText for each run of text, marks as formats,
attributes as map entries. None of the marks may overlap itself, so y-tiptap's hashed mark names
(``link--…``) do not occur.

The order of children cannot be told from one struct. The editor's content expressions are
therefore written so that every order of allowed children is valid.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Final

from twinspace_rt.docs.lib0 import Undefined

Check = Callable[[object], bool]
"""Tells whether a value is allowed."""


class Kind(StrEnum):
    """What a document is."""

    RICH = "rich"
    TEXT = "text"


def _text(max_length: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= max_length


def _number(low: int, high: int) -> Check:
    """Allow whole numbers. One written as a float is the same number to JavaScript, and the
    engine writes no others.
    """
    return lambda value: (
        (type(value) is int or (type(value) is float and value.is_integer()))
        and low <= value <= high
    )


def _none(value: object) -> bool:
    return value is None


def _boolean(value: object) -> bool:
    return isinstance(value, bool)


def _either(*checks: Check) -> Check:
    return lambda value: any(check(value) for check in checks)


def _numbers(low: int, high: int, max_count: int) -> Check:
    number = _number(low, high)
    return lambda value: (
        isinstance(value, list) and len(value) <= max_count and all(map(number, value))
    )


_HREF: Final = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20\x7f]+", re.IGNORECASE)


def _href(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 8_192 and bool(_HREF.fullmatch(value))


def _record(fields: Mapping[str, Check]) -> Check:
    return lambda value: (
        isinstance(value, dict)
        and value.keys() <= fields.keys()
        and all(fields[name](item) for name, item in value.items())
    )


@dataclass(frozen=True, slots=True)
class Node:
    """One kind of element: its child elements, its attributes, its text and marks.

    ``text`` says whether it has text children, ``marks`` which marks they carry.
    """

    children: frozenset[str] = frozenset()
    attributes: Mapping[str, Check] = field(default_factory=dict)
    text: bool = False
    marks: Mapping[str, Check] = field(default_factory=dict)


_NOTHING = _record({})
_HINT = _either(_none, _text(2_048))
"""Link attributes that a pasted page may fill with anything short."""

MARKS: Final[Mapping[str, Check]] = {
    "bold": _NOTHING,
    "italic": _NOTHING,
    "underline": _NOTHING,
    "strike": _NOTHING,
    "code": _NOTHING,
    "link": _record(
        {
            "href": _either(_none, _href),
            "target": _HINT,
            "rel": _HINT,
            "class": _HINT,
            "title": _HINT,
        }
    ),
}

BLOCKS: Final = frozenset(
    {
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "taskList",
        "blockquote",
        "codeBlock",
        "horizontalRule",
        "table",
        "blockMath",
    }
)
INLINE: Final = frozenset({"hardBreak", "inlineMath"})

_CELL = Node(
    children=BLOCKS,
    attributes={
        "colspan": _number(1, 1_000),
        "rowspan": _number(1, 1_000),
        "colwidth": _either(_none, _numbers(0, 100_000, 1_000)),
        "align": _either(_none, _text(32)),
    },
)
_MATH = Node(attributes={"latex": _text(20_000)})

RICH_NODES: Final[Mapping[str, Node]] = {
    "paragraph": Node(children=INLINE, text=True, marks=MARKS),
    "heading": Node(children=INLINE, text=True, marks=MARKS, attributes={"level": _number(1, 6)}),
    "bulletList": Node(children=frozenset({"listItem"})),
    "orderedList": Node(
        children=frozenset({"listItem"}),
        attributes={
            "start": _number(-(2**31), 2**31),
            "type": _either(_none, _text(32)),
        },
    ),
    "listItem": Node(children=BLOCKS),
    "taskList": Node(children=frozenset({"taskItem"})),
    "taskItem": Node(children=BLOCKS, attributes={"checked": _boolean}),
    "blockquote": Node(children=BLOCKS),
    "codeBlock": Node(text=True, attributes={"language": _either(_none, _text(256))}),
    "horizontalRule": Node(),
    "hardBreak": Node(),
    "table": Node(children=frozenset({"tableRow"})),
    "tableRow": Node(children=frozenset({"tableHeader", "tableCell"})),
    "tableHeader": _CELL,
    "tableCell": _CELL,
    "inlineMath": _MATH,
    "blockMath": _MATH,
}
"""Rich text, version 1."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of Yjs type may hold, with kinds and attribute names as numbers.

    ``elements`` gives the rule of each child element, ``xml_text`` that of an XmlText child;
    ``text`` says whether characters and marks go straight into it. ``keys`` numbers the
    attributes from 1.
    """

    elements: Mapping[str, int] = field(default_factory=dict)
    xml_text: int | None = None
    text: bool = False
    marks: Mapping[str, Check] = field(default_factory=dict)
    keys: Mapping[str, int] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Schema:
    """The rules of one document kind and version; ``roots`` names the rule of each root."""

    kind: Kind
    version: int
    rules: tuple[Rule, ...]
    roots: Mapping[str, int]


def allow_missing(check: Check, value: object) -> bool:
    """Apply a check to an attribute; ``undefined`` means the default and is always allowed."""
    return value is Undefined.UNDEFINED or check(value)


def _compile_rich() -> Schema:
    """Number the nodes; rule 0 is the root, and each text-bearing node has a rule for its text."""
    numbers = {name: index for index, name in enumerate(RICH_NODES, start=1)}
    root = Rule(elements={name: numbers[name] for name in sorted(BLOCKS)})
    elements: list[Rule] = []
    texts: list[Rule] = []
    for node in RICH_NODES.values():
        xml_text = None
        if node.text:
            xml_text = 1 + len(RICH_NODES) + len(texts)
            texts.append(Rule(text=True, marks=node.marks))
        elements.append(
            Rule(
                elements={name: numbers[name] for name in sorted(node.children)},
                xml_text=xml_text,
                keys={key: index for index, key in enumerate(node.attributes, start=1)},
                checks=tuple(node.attributes.values()),
            )
        )
    return Schema(Kind.RICH, 1, (root, *elements, *texts), {"default": 0})


@cache
def schema_for(kind: Kind, version: int) -> Schema:
    """Return the allow-list of a document kind and schema version.

    Raises:
        LookupError: There is no such version.
    """
    match kind, version:
        case Kind.RICH, 1:
            return _compile_rich()
        case Kind.TEXT, 1:
            return Schema(Kind.TEXT, 1, (Rule(text=True),), {"t": 0})
    raise LookupError(f"no schema {version} for documents of kind {kind}")
