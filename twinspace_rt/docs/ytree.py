"""Read pycrdt documents into plain trees, and write trees into them. Engine process only.

The encoding is y-tiptap's: a node is an ``XmlElement`` named after it, its attributes
are the element's, neighbouring runs of text share one ``XmlText``, and marks are
formatting attributes, called ``name--hash`` where marks of one type may overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from pycrdt import Doc, Text, XmlElement, XmlFragment, XmlText

from twinspace_rt.docs.nodes import DEPTH_MAX, Mark, Node, plain_document, text_of

ROOTS = {"rich": "default", "text": "t"}
"""The one root of each kind of document."""

_HASHED_NAME = re.compile(r"(.*)--[a-zA-Z0-9+/=]{8}", re.DOTALL)
_MARK_ORDER = ("link", "bold", "italic", "underline", "strike", "code")


class Unreadable(Exception):
    """The document cannot be read as its kind: nested too deeply, or of an unknown kind."""


def read(doc: Doc[Any], kind: str) -> Node | str:
    """Return the content of a document: a tree for rich text, a string for plain text.

    Two documents with the same content give equal results, however their text is split
    into pieces inside.

    Raises:
        Unreadable: The kind is unknown, or nodes nest more than ``DEPTH_MAX`` deep.
    """
    if kind == "text":
        return str(doc.get(ROOTS[kind], type=Text))
    if kind == "rich":
        with doc.transaction():
            return Node("doc", content=_read_children(doc.get(ROOTS[kind], type=XmlFragment), 0))
    raise Unreadable(f"no such kind of document: {kind}")


def read_text(doc: Doc[Any], kind: str) -> str:
    """Return the words of a document."""
    content = read(doc, kind)
    return content if isinstance(content, str) else text_of(content)


def write(doc: Doc[Any], kind: str, content: Node | str) -> None:
    """Write content into an empty document, in one transaction.

    A string in a rich-text document becomes paragraphs. Attributes that are ``None`` are
    left out, as y-tiptap does.
    """
    with doc.transaction():
        if kind == "text":
            root = doc.get(ROOTS[kind], type=Text)
            root += content if isinstance(content, str) else text_of(content)
        elif kind == "rich":
            tree = plain_document(content) if isinstance(content, str) else content
            _write_children(doc.get(ROOTS[kind], type=XmlFragment), tree.content)
        else:
            raise Unreadable(f"no such kind of document: {kind}")


def _read_children(parent: XmlFragment | XmlElement, depth: int) -> list[Node]:
    if depth > DEPTH_MAX:
        raise Unreadable(f"nested more than {DEPTH_MAX} deep")
    nodes: list[Node] = []
    for child in parent.children:
        if isinstance(child, XmlText):
            nodes.extend(_read_text(child))
        elif isinstance(child, XmlElement):
            nodes.append(
                Node(child.tag or "", _attributes(child), _read_children(child, depth + 1))
            )
        else:
            nodes.append(Node("#fragment", content=_read_children(child, depth + 1)))
    return nodes


def _attributes(element: XmlElement) -> dict[str, Any]:
    view: Iterable[tuple[str, Any]] = element.attributes.__iter__()
    return {key: _whole(value) for key, value in view}


def _read_text(text: XmlText) -> list[Node]:
    """Read runs of text, joining neighbours whose marks are equal."""
    runs: list[Node] = []
    for piece, formats in text.diff():
        marks = _marks(formats) if formats else []
        if not isinstance(piece, str):
            runs.append(Node("#embed", marks=marks))
        elif runs and runs[-1].type == "text" and runs[-1].marks == marks:
            runs[-1].text += piece
        else:
            runs.append(Node("text", text=piece, marks=marks))
    return runs


def _marks(formats: dict[str, Any]) -> list[Mark]:
    """Name the marks of a run, links outermost, in an order that does not depend on history."""
    marks = []
    for name, attrs in formats.items():
        hashed = _HASHED_NAME.fullmatch(name) if "--" in name else None
        plain = hashed[1] if hashed else name
        marks.append(Mark(plain, attrs if isinstance(attrs, dict) else {}))
    if len(marks) > 1:
        marks.sort(key=_mark_rank)
    return marks


def _mark_rank(mark: Mark) -> tuple[int, str, str]:
    known = mark.type in _MARK_ORDER
    rank = _MARK_ORDER.index(mark.type) if known else len(_MARK_ORDER)
    return rank, mark.type, repr(sorted(mark.attrs.items()))


def _whole(value: Any) -> Any:
    """Give whole numbers back as integers: Yjs numbers are floats to pycrdt."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def _write_children(parent: XmlFragment | XmlElement, nodes: list[Node]) -> None:
    """Put nodes in front of what a parent holds.

    From the last to the first, since only the first place is found at once: appending
    takes seconds for a few thousand nodes.
    """
    groups = [(is_text, list(run)) for is_text, run in groupby(nodes, lambda n: n.type == "text")]
    for is_text, run in reversed(groups):
        if is_text:
            text = parent.children.insert(0, XmlText())
            for node in run:
                # Positions and lengths are in UTF-8 bytes, so this is the end.
                text.insert(len(text), node.text, {mark.type: mark.attrs for mark in node.marks})
            continue
        for node in reversed(run):
            element = parent.children.insert(0, XmlElement(node.type))
            for key, value in node.attrs.items():
                if value is not None:
                    element.attributes[key] = value
            _write_children(element, node.content)
