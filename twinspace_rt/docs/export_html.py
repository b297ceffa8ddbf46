"""Write a document tree as one HTML file that needs nothing else.

The file holds no script and fetches nothing. Everything written is text to the
serializer, so nothing in a document can become markup. Headings stand one level below
the title, header cells carry their scope, and a check box is labelled by its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from xml.etree import ElementTree

from twinspace_rt.docs.nodes import Mark, Node, whole_number
from twinspace_rt.docs.schema import MARKS

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.0625rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere; }
p, li { white-space: pre-wrap; }
pre { white-space: pre-wrap; padding: .75rem 1rem; border: 1px solid; border-radius: .5rem; }
blockquote { margin-inline: 0; padding-inline-start: 1rem; border-inline-start: .25rem solid; }
table { border-collapse: collapse; }
th, td { border: 1px solid; padding: .25rem .6rem; text-align: start; vertical-align: top; }
ul.tasks { list-style: none; padding-inline-start: 0; }
"""
_BLOCK_TAGS = {
    "paragraph": "p",
    "bulletList": "ul",
    "listItem": "li",
    "blockquote": "blockquote",
}
_MARK_TAGS = {"bold": "strong", "italic": "em", "underline": "u", "strike": "s", "code": "code"}
_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), 127])
_LANGUAGE = re.compile(r"[\w+#.-]{1,40}")


def to_html(document: Node, *, title: str, language: str) -> bytes:
    """Return the file, in UTF-8.

    Args:
        document: Its ``doc`` node.
        title: Shown as the first heading.
        language: A BCP 47 tag, for screen readers and hyphenation.
    """
    page = _Page()
    with page.tag("html", lang=language):
        with page.tag("head"):
            page.empty("meta", charset="utf-8")
            page.empty("meta", name="viewport", content="width=device-width, initial-scale=1")
            with page.tag("title"):
                page.text(title)
            with page.tag("style"):
                page.text(_STYLE)
        with page.tag("body"), page.tag("main"):
            with page.tag("h1"):
                page.text(title)
            page.blocks(document.content)
    return b"<!DOCTYPE html>\n" + page.finish().encode() + b"\n"


def fragment(node: Node) -> str:
    """Return the HTML of one block."""
    page = _Page()
    page.blocks([node])
    return page.finish()


def is_safe_link(href: object) -> bool:
    """Tell whether an address may be a link: http, https or mailto, as in the schema."""
    return isinstance(href, str) and MARKS["link"]({"href": href})


def printable(text: str) -> str:
    """Leave out control characters, which no file of text may hold."""
    return text.translate(_CONTROLS)


def code_language(node: Node) -> str:
    """Return the language of a code block if it is one word, else nothing."""
    language = node.attrs.get("language")
    return language if isinstance(language, str) and _LANGUAGE.fullmatch(language) else ""


class _Page:
    """A growing HTML tree."""

    def __init__(self) -> None:
        self._tree = ElementTree.TreeBuilder()

    @contextmanager
    def tag(self, tag: str, /, **attributes: str) -> Iterator[None]:
        self._tree.start(tag, {key.rstrip("_"): value for key, value in attributes.items()})
        yield
        self._tree.end(tag)

    def empty(self, tag: str, /, **attributes: str) -> None:
        with self.tag(tag, **attributes):
            pass

    def text(self, text: str) -> None:
        self._tree.data(printable(text))

    def finish(self) -> str:
        return ElementTree.tostring(self._tree.close(), encoding="unicode", method="html")

    def blocks(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self.block(node)

    def block(self, node: Node) -> None:
        match node.type:
            case "heading":
                # One below the title; past h6 only the stated level goes deeper.
                level = whole_number(node, "level", 1, 6) + 1
                deeper = {"aria-level": str(level)} if level > 6 else {}
                with self.tag(f"h{min(level, 6)}", **deeper):
                    self.inline(node.content)
            case "orderedList":
                start = whole_number(node, "start", 1, 10**9 - 1)
                with self.tag("ol", **({"start": str(start)} if start != 1 else {})):
                    self.blocks(node.content)
            case "taskList":
                with self.tag("ul", class_="tasks"):
                    for item in node.content:
                        self.task(item)
            case "codeBlock":
                language = code_language(node)
                attributes = {"class": f"language-{language}"} if language else {}
                with self.tag("pre"), self.tag("code", **attributes):
                    self.inline(node.content)
            case "blockMath":
                with self.tag("p"):
                    self.formula(node)
            case "horizontalRule":
                self.empty("hr")
            case "table":
                with self.tag("table"), self.tag("tbody"):
                    for number, row in enumerate(node.content):
                        self.row(row, first=number == 0)
            case "text" | "hardBreak" | "inlineMath":
                self.inline([node])
            case "paragraph":
                with self.tag("p"):
                    self.inline(node.content)
                    if not node.content:
                        self.empty("br")
            case name if name in _BLOCK_TAGS:
                with self.tag(_BLOCK_TAGS[name]):
                    self.blocks(node.content)
            case _:
                self.blocks(node.content)

    def task(self, item: Node) -> None:
        box = {"type": "checkbox", "disabled": "disabled"}
        if item.attrs.get("checked") is True:
            box["checked"] = "checked"
        line = item.content[:1] if item.content and item.content[0].type == "paragraph" else []
        with self.tag("li"):
            with self.tag("label"):
                self.empty("input", **box)
                self.text(" ")
                self.inline(line[0].content if line else [])
            self.blocks(item.content[len(line) :])

    def row(self, row: Node, *, first: bool) -> None:
        with self.tag("tr"):
            for cell in row.content:
                attributes = {}
                for name in ("colspan", "rowspan"):
                    span = whole_number(cell, name, 1, 1000)
                    if span > 1:
                        attributes[name] = str(span)
                if cell.attrs.get("align") in ("left", "center", "right"):
                    attributes["style"] = f"text-align: {cell.attrs['align']}"
                heads = cell.type == "tableHeader"
                if heads:
                    attributes["scope"] = "col" if first else "row"
                with self.tag("th" if heads else "td", **attributes):
                    if len(cell.content) == 1 and cell.content[0].type == "paragraph":
                        self.inline(cell.content[0].content)
                    else:
                        self.blocks(cell.content)

    def inline(self, nodes: Sequence[Node], depth: int = 0) -> None:
        """Write a line of text, neighbours with the same mark in one element."""
        for mark, run in groupby(nodes, lambda n: n.marks[depth] if len(n.marks) > depth else None):
            if mark is not None:
                with self.mark(mark):
                    self.inline(list(run), depth + 1)
                continue
            for node in run:
                match node.type:
                    case "hardBreak":
                        self.empty("br")
                    case "inlineMath":
                        self.formula(node)
                    case _:
                        self.text(node.text)

    @contextmanager
    def mark(self, mark: Mark) -> Iterator[None]:
        if mark.type == "link" and is_safe_link(mark.attrs.get("href")):
            title = mark.attrs.get("title")
            titled = {"title": printable(title)} if isinstance(title, str) else {}
            with self.tag("a", href=mark.attrs["href"], rel="noopener noreferrer", **titled):
                yield
        elif mark.type in _MARK_TAGS:
            with self.tag(_MARK_TAGS[mark.type]):
                yield
        else:
            yield

    def formula(self, node: Node) -> None:
        with self.tag("code", class_="math"):
            self.text(str(node.attrs.get("latex", "")))
