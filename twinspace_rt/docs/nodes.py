"""The tree of a rich-text document, as Tiptap's ``getJSON()`` writes it.

Plain values without pycrdt: the engine reads a document into this tree, compares,
searches and exports it, and builds templates from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

DEPTH_MAX = 100
"""Levels of nodes that are read. The validator admits 64; beyond, Python's stack is at risk."""

_WORD = re.compile(r"\w+(?:['\u2019.-]\w+)*")


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """One formatting of a piece of text, such as ``bold``, or ``link`` with its ``href``."""

    type: str
    attrs: dict[str, Any] = {}


class Node(msgspec.Struct, omit_defaults=True):
    """One element, or one run of text (``type`` is ``text``) with its marks."""

    type: str
    attrs: dict[str, Any] = {}
    content: list[Node] = []
    text: str = ""
    marks: list[Mark] = []


def plain_document(text: str) -> Node:
    """Turn plain text into a document: a paragraph per block, a line break per line."""
    paragraphs = []
    for block in re.split(r"\n{2,}", text.replace("\r\n", "\n").strip("\n")):
        content: list[Node] = []
        for number, line in enumerate(block.split("\n")):
            if number:
                content.append(Node("hardBreak"))
            if line:
                content.append(Node("text", text=line))
        paragraphs.append(Node("paragraph", content=content))
    return Node("doc", content=paragraphs)


def text_of(node: Node) -> str:
    """Return the words of a tree, one line per block, formulas as their LaTeX."""
    return "\n".join(_lines(node))


def count_words(text: str) -> int:
    """Count words: letters and digits, held together by apostrophes, dots and hyphens."""
    return sum(1 for _ in _WORD.finditer(text))


def inline_text(nodes: list[Node]) -> str:
    """Return the text of inline nodes without marks; a line break is a newline."""
    return "".join(
        "\n" if node.type == "hardBreak" else node.text or str(node.attrs.get("latex", ""))
        for node in nodes
    )


def is_inline(node: Node) -> bool:
    """Tell whether a node stands inside a line of text."""
    return node.type in ("text", "hardBreak", "inlineMath")


def whole_number(node: Node, name: str, low: int, high: int) -> int:
    """Return an attribute that is a whole number, ``low`` if it is none, within its bounds."""
    value = node.attrs.get(name)
    return min(max(value, low), high) if type(value) is int else low


def _lines(node: Node) -> Iterator[str]:
    if node.type == "blockMath":
        yield inline_text([node])
    elif any(is_inline(child) for child in node.content):
        yield inline_text(node.content)
    else:
        for child in node.content:
            yield from _lines(child)
