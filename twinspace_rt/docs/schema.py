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

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Final

from twinspace_rt.docs.lib0 import MAX_SAFE_INTEGER, Undefined
from twinspace_rt.docs.values import (
    ANY_NUMBER,
    Boolean,
    Either,
    Null,
    Number,
    Record,
    Text,
    Value,
    Values,
)

MAX_DEPTH: Final = 64
"""How deep types may nest; honest documents were seen to nest 10 deep."""


class Kind(StrEnum):
    """What a document is."""

    RICH = "rich"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Node:
    """One kind of element: its child elements, its attributes, its text and marks.

    ``text`` says whether it has text children, ``marks`` which marks they carry.
    """

    children: frozenset[str] = frozenset()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    text: bool = False
    marks: Mapping[str, Value] = field(default_factory=dict)


_NULL = Null()
_NOTHING = Record({})
_HREF = Text(
    8_192,
    r"^(?:[Hh][Tt][Tt][Pp][Ss]?://|[Mm][Aa][Ii][Ll][Tt][Oo]:)[^\s\x00-\x20\x7f\x85\ufeff]+$",
)
_HINT = Either(_NULL, Boolean(), ANY_NUMBER, Text(2_048))
"""Link attributes that a pasted page may fill with anything short; editors make a number of a title
that is one, as those of links to a year are."""

MARKS: Final[Mapping[str, Record]] = {
    "bold": _NOTHING,
    "italic": _NOTHING,
    "underline": _NOTHING,
    "strike": _NOTHING,
    "code": _NOTHING,
    "link": Record(
        {
            "href": Either(_NULL, _HREF),
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
        "colspan": Number(1, 1_000),
        "rowspan": Number(1, 1_000),
        # The edge of a merged cell is drawn to the part of a pixel.
        "colwidth": Either(_NULL, Values(Number(0, 100_000, whole=False), 1_000)),
        "align": Either(_NULL, Text(32)),
    },
)
_MATH = Node(attributes={"latex": Text(20_000)})

RICH_NODES: Final[Mapping[str, Node]] = {
    "paragraph": Node(children=INLINE, text=True, marks=MARKS),
    "heading": Node(children=INLINE, text=True, marks=MARKS, attributes={"level": Number(1, 6)}),
    "bulletList": Node(children=frozenset({"listItem"})),
    "orderedList": Node(
        children=frozenset({"listItem"}),
        attributes={
            "start": Number(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
            "type": Either(_NULL, Text(32)),
        },
    ),
    "listItem": Node(children=BLOCKS),
    "taskList": Node(children=frozenset({"taskItem"})),
    "taskItem": Node(children=BLOCKS, attributes={"checked": Boolean()}),
    "blockquote": Node(children=BLOCKS),
    "codeBlock": Node(text=True, attributes={"language": Either(_NULL, Text(256))}),
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
    marks: Mapping[str, Value] = field(default_factory=dict)
    keys: Mapping[str, int] = field(default_factory=dict)
    checks: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Schema:
    """The rules of one document kind and version; ``roots`` names the rule of each root."""

    kind: Kind
    version: int
    rules: tuple[Rule, ...]
    roots: Mapping[str, int]


def allow_missing(check: Value, value: object) -> bool:
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


def document_rules() -> dict[str, Any]:
    """Say by the kind of document what its nodes' attributes and its marks may hold.

    For the browser's editor, which keeps to it before it writes: values as JSON Schema, and how
    deep types may nest.
    """
    nodes = {
        name: {key: value.schema() for key, value in node.attributes.items()}
        for name, node in RICH_NODES.items()
        if node.attributes
    }
    marks = {
        name: {key: value.schema() for key, value in mark.fields.items()}
        for name, mark in MARKS.items()
    }
    return {Kind.RICH: {"depth": MAX_DEPTH, "nodes": nodes, "marks": marks}}
