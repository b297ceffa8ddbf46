"""Write a document tree as GitHub-flavoured Markdown.

What Markdown cannot say is written as the HTML that it admits: underlining, tables with
joined cells or with blocks in them, and emphasis where the rules for ``*`` next to
letters would not see it. Empty paragraphs are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from twinspace_rt.docs.export_html import code_language, fragment, is_safe_link, printable
from twinspace_rt.docs.nodes import Mark, Node, inline_text, is_inline, whole_number

_SPECIAL = re.compile(r"([\\`*_\[\]<>&~$|])")
_LINE_START = re.compile(r"^([#+=-]|\d{1,9}(?=[.)](?:\s|$)))")
_MARKS = {
    "bold": ("**", "strong"),
    "italic": ("*", "em"),
    "strike": ("~~", "del"),
    "underline": ("", "u"),
}
_LISTS = ("bulletList", "orderedList", "taskList")
_ALIGNMENTS = {"left": ":---", "center": ":---:", "right": "---:"}
_BREAK = "\0"
"""Stands for a line break until it is known whether it is in a paragraph or a cell."""


def to_markdown(document: Node, *, title: str) -> bytes:
    """Return the file, in UTF-8; the title is its first heading, others stand one below."""
    heading = Node("heading", {"level": 0}, [Node("text", text=title)])
    return (_blocks([heading, *document.content]) + "\n").encode()


def _blocks(nodes: Sequence[Node], gap: str = "\n\n") -> str:
    parts: list[str] = []
    previous = ""
    for node in nodes:
        part = _block(node)
        if not part:
            continue
        if node.type == previous and node.type in _LISTS:
            parts.append("<!-- -->")  # else two lists would be one
        parts.append(part)
        previous = node.type
    return gap.join(parts)


def _block(node: Node) -> str:
    match node.type:
        case "paragraph":
            return _paragraph(node.content)
        case "heading":
            line = _one_line(node.content)
            level = min(whole_number(node, "level", 0, 6) + 1, 6)
            return f"{'#' * level} {_close_heading(line)}" if line else ""
        case "bulletList" | "orderedList" | "taskList":
            return _list(node)
        case "blockquote":
            return "\n".join(f"> {line}".rstrip() for line in _blocks(node.content).split("\n"))
        case "codeBlock":
            code = printable(inline_text(node.content))
            fence = _fence(code, 3)
            return f"{fence}{code_language(node)}\n{code}\n{fence}"
        case "blockMath":
            latex = printable(str(node.attrs.get("latex", ""))).strip()
            return "$$\n" + re.sub(r"\n\s*\n", "\n", latex) + "\n$$"
        case "horizontalRule":
            return "---"
        case "table":
            return _table(node)
    return _paragraph([node]) if is_inline(node) else _blocks(node.content)


def _list(node: Node) -> str:
    number = whole_number(node, "start", 1, 10**9 - 1 - len(node.content))
    tight = all(_is_tight(item) for item in node.content)
    items: list[str] = []
    for item in node.content:
        marker = f"{number}. " if node.type == "orderedList" else "- "
        number += 1
        indent = " " * len(marker)
        if node.type == "taskList":
            marker += "[x] " if item.attrs.get("checked") is True else "[ ] "
        lines = _blocks(item.content, "\n" if tight else "\n\n").split("\n")
        rest = [f"{indent}{line}".rstrip() for line in lines[1:]]
        items.append("\n".join([(marker + lines[0]).rstrip(), *rest]))
    return ("\n" if tight else "\n\n").join(items)


def _is_tight(item: Node) -> bool:
    """Tell whether an item is a line, perhaps with a list that may follow it without a gap."""
    line, *inner = item.content or [Node("paragraph")]
    return (
        line.type == "paragraph"
        and len(inner) <= 1
        and all(
            child.type in _LISTS and whole_number(child, "start", 1, 10**9) == 1 for child in inner
        )
    )


def _table(node: Node) -> str:
    rows = [row.content for row in node.content]
    if not rows or not _is_plain(rows):
        return fragment(node).replace("\n", "&#10;")  # a blank line would end the HTML
    headed = all(cell.type == "tableHeader" for cell in rows[0])
    head = rows[0] if headed else [Node("tableHeader") for _ in rows[0]]
    rule = [_ALIGNMENTS.get(str(cell.attrs.get("align")), "---") for cell in rows[0]]
    lines = [[_cell(cell) for cell in row] for row in [head, *rows[headed:]]]
    lines.insert(1, rule)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _is_plain(rows: list[list[Node]]) -> bool:
    """Tell whether rows are equally long and every cell is one paragraph of its own column."""
    return (
        len({len(row) for row in rows}) == 1
        and all(
            whole_number(cell, "colspan", 1, 1000) == whole_number(cell, "rowspan", 1, 1000) == 1
            and (cell.type == "tableCell" or number == 0)
            and [block.type for block in cell.content] in ([], ["paragraph"])
            for number, row in enumerate(rows)
            for cell in row
        )
        and (len({cell.type for cell in rows[0]}) == 1)
    )


def _cell(cell: Node) -> str:
    line = _one_line(cell.content[0].content) if cell.content else ""
    return re.sub(r"(?<!\\)\|", r"\\|", line)


def _paragraph(nodes: Sequence[Node]) -> str:
    lines = [line.strip() for line in _inline(nodes).split(_BREAK)]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return "\\\n".join(_start_line(line) for line in lines)


def _one_line(nodes: Sequence[Node]) -> str:
    return _inline(nodes).strip(f" {_BREAK}").replace(_BREAK, "<br>")


def _start_line(line: str) -> str:
    """Keep words at the start of a line from being a heading, a list or a rule."""
    found = _LINE_START.match(line)
    if found is None:
        return line
    at = found.end() if found[1][0].isdigit() else 0
    return f"{line[:at]}\\{line[at:]}"


def _close_heading(line: str) -> str:
    """Keep number signs at the end of a heading: Markdown would take them for its closing."""
    return re.sub(r"#(#*)$", r"\\#\1", line)


def _inline(nodes: Sequence[Node], depth: int = 0, before: str = "") -> str:
    """Write a line of text; ``before`` is the character that it will stand behind."""
    written = ""
    runs = [
        (mark, list(run))
        for mark, run in groupby(nodes, lambda n: n.marks[depth] if len(n.marks) > depth else None)
    ]
    for number, (mark, run) in enumerate(runs):
        last = (before + written)[-1:]
        if mark is None:
            written += "".join(_leaf(node) for node in run)
        elif mark.type == "code":
            written += _code(inline_text(run))
        else:
            following = runs[number + 1] if number + 1 < len(runs) else None
            written += _marked(mark, run, depth, last, _first(following))
    return written


def _first(run: tuple[Mark | None, list[Node]] | None) -> str:
    """Return the character a run of text begins with; a star where it may be a delimiter."""
    if run is None:
        return ""
    mark, nodes = run
    return "*" if mark is not None else _leaf(nodes[0])[:1]


def _marked(mark: Mark, run: list[Node], depth: int, before: str, after: str) -> str:
    if mark.type == "link":
        href = mark.attrs.get("href")
        inner = _inline(run, depth + 1, "[")
        return f"[{inner}]({_address(mark, href)})" if is_safe_link(href) else inner
    if mark.type not in _MARKS:
        return _inline(run, depth + 1, before)
    delimiter, tag = _MARKS[mark.type]
    inner = _inline(run, depth + 1)
    words = inner.strip(f" \t{_BREAK}")
    if not words:
        return inner
    start = inner.index(words)
    lead, tail = inner[:start], inner[start + len(words) :]
    opens = lead or not before or before.isspace() or (words[0].isalnum() and before not in "*~")
    closes = tail or not after or after.isspace() or (words[-1].isalnum() and after not in "*~")
    if delimiter and opens and closes and not words.endswith("\\"):
        return f"{lead}{delimiter}{words}{delimiter}{tail}"
    return f"{lead}<{tag}>{words}</{tag}>{tail}"


def _leaf(node: Node) -> str:
    match node.type:
        case "hardBreak":
            return _BREAK
        case "inlineMath":
            latex = " ".join(printable(str(node.attrs.get("latex", ""))).split())
            latex = re.sub(r"(?<!\\)\$", r"\\$", latex)
            return f"${latex}$" if latex else ""
    text = re.sub(r"\s", " ", printable(node.text))
    return _SPECIAL.sub(r"\\\1", text)


def _code(text: str) -> str:
    text = re.sub(r"\s", " ", printable(text))
    if not text.strip():
        return text
    fence = _fence(text, 1)
    padded = text[0] == "`" or text[-1] == "`" or (text[0] == text[-1] == " ")
    return f"{fence} {text} {fence}" if padded else f"{fence}{text}{fence}"


def _fence(code: str, least: int) -> str:
    """Return more backticks than stand together anywhere in the code."""
    return "`" * max([least, *(len(run) + 1 for run in re.findall("`+", code))])


def _address(mark: Mark, href: object) -> str:
    address = str(href).translate({38: "&amp;", 60: "%3C", 62: "%3E", 92: "%5C"})
    title = mark.attrs.get("title")
    if not isinstance(title, str) or not title.strip():
        return f"<{address}>"
    words = re.sub(r"\s+", " ", printable(title).strip())
    escaped = re.sub(r'([\\"&<])', r"\\\1", words)
    return f'<{address}> "{escaped}"'
