"""Find what a document holds beyond its schema, in the content as it stands.

The validator judges updates one struct at a time; this looks at the tree that they make.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from twinspace_rt.docs import schema
from twinspace_rt.docs.nodes import Node

PROBLEMS_MAX = 100


def problems(document: Node) -> list[str]:
    """Return a line for each problem, at most ``PROBLEMS_MAX``, with the validator's codes.

    A line says the code and the place, as child numbers from 1: ``schema-mark at 3.1``.
    It quotes nothing from the document.
    """
    root = schema.Node(children=schema.BLOCKS)
    return list(islice(_inside(document, root, ""), PROBLEMS_MAX))


def _inside(node: Node, rule: schema.Node, place: str) -> Iterator[str]:
    for number, child in enumerate(node.content, 1):
        where = f"{place}.{number}" if place else str(number)
        for mark in child.marks:
            check = rule.marks.get(mark.type)
            if check is None or not check(mark.attrs):
                yield f"schema-mark at {where}"
        if child.type == "text":
            if not rule.text:
                yield f"schema-text at {where}"
        elif child.type == "#embed":
            yield f"schema-content at {where}"
        elif child.type not in rule.children:
            yield f"schema-node at {where}"
        else:
            inner = schema.RICH_NODES[child.type]
            yield from _attributes(child, inner, where)
            yield from _inside(child, inner, where)


def _attributes(node: Node, rule: schema.Node, where: str) -> Iterator[str]:
    for key, value in node.attrs.items():
        if key not in rule.attributes:
            yield f"schema-key at {where}"
        elif value is not None and not rule.attributes[key](value):
            yield f"schema-value at {where}"
