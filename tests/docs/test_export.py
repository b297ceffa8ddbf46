"""Files made from documents: golden ones, and what readers make of random ones."""

from __future__ import annotations

import base64
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from twinspace_rt.docs.engine import Engine
from twinspace_rt.docs.export import export
from twinspace_rt.docs.nodes import Mark, Node

FIXTURES = Path(__file__).parent / "fixtures"
YTIPTAP = base64.b64decode((FIXTURES / "y-tiptap.base64").read_text())
"""Every node and mark, written by y-tiptap 3.0.9 and edited by a second Yjs document."""

TAGS = {"strong": "bold", "em": "italic", "del": "strike", "s": "strike", "u": "underline"}


def paragraph(*runs: Node) -> Node:
    """Return a paragraph."""
    return Node("paragraph", content=list(runs))


def run(text: str, *marks: str) -> Node:
    """Return text with marks."""
    return Node("text", text=text, marks=[Mark(mark) for mark in marks])


def document(*blocks: Node) -> Node:
    """Return a document."""
    return Node("doc", content=list(blocks))


def as_markdown(*blocks: Node) -> str:
    """Return the Markdown of some blocks, without the title."""
    file = export(document(*blocks), title="T", format="markdown", language="en").decode()
    assert file.startswith("# T\n")
    return file[3:].strip("\n")


def as_html(*blocks: Node) -> str:
    """Return the HTML of some blocks, whole page."""
    return export(document(*blocks), title="T", format="html", language="en").decode()


# -- golden files


@pytest.mark.parametrize(("format", "name"), [("markdown", "lakes.md"), ("html", "lakes.html")])
async def test_a_document_of_the_editor_becomes_this_file(
    format: Literal["markdown", "html"], name: str
) -> None:
    async with Engine() as engine:
        assert await engine.check(None, [YTIPTAP], kind="rich") == []
        file = await engine.export(
            None, [YTIPTAP], kind="rich", title="Lakes <1>", format=format, language="sv"
        )

    assert file.decode() == (FIXTURES / name).read_text()


def test_plain_text_keeps_its_lines() -> None:
    markdown = export("a\nb*\n\n# c\n", title="T", format="markdown", language="en")
    html = export("a\nb*\n\n# c\n", title="T", format="html", language="en")

    assert markdown.decode() == "# T\n\na\\\nb\\*\n\n\\# c\n"
    assert b"<p>a<br>b*</p><p># c</p>" in html


# -- HTML


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that tags are closed in order."""

    VOID = ("meta", "br", "hr", "input")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\"'"


def test_nothing_in_a_document_becomes_markup() -> None:
    tree = document(
        paragraph(run(HOSTILE, "bold")),
        Node("heading", {"level": HOSTILE}, [run(HOSTILE)]),
        Node("codeBlock", {"language": HOSTILE}, [run(HOSTILE)]),
        Node("blockMath", {"latex": HOSTILE}),
        Node(
            "table",
            content=[
                Node(
                    "tableRow",
                    content=[
                        Node("tableCell", {"align": HOSTILE, "colspan": HOSTILE}, [paragraph()])
                    ],
                )
            ],
        ),
        Node(HOSTILE, {HOSTILE: HOSTILE}, [paragraph(run(HOSTILE, HOSTILE))]),
    )
    reader = Reader()
    reader.feed(export(tree, title=HOSTILE, format="html", language=HOSTILE).decode())

    assert reader.open == []
    assert not {"script", "img"} & set(reader.tags)
    assert {name for name, _ in reader.attributes} == {
        *("lang", "charset", "name", "content"),
        "class",  # of the formula
    }
    assert reader.words.count(HOSTILE) == 7  # the title twice


@pytest.mark.parametrize(
    ("href", "linked"),
    [
        ("https://example.org/", True),
        ("http://example.org/", True),
        ("mailto:ann@example.org", True),
        ("javascript:alert(1)", False),
        ("java\tscript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org/", False),
        (5, False),
    ],
)
def test_only_web_and_mail_addresses_are_links(href: object, linked: bool) -> None:
    text = Node("text", text="words", marks=[Mark("link", {"href": href})])

    assert ("<a href=" in as_html(paragraph(text))) is linked
    assert as_markdown(paragraph(text)) == (f"[words](<{href}>)" if linked else "words")


def test_header_cells_say_what_they_head() -> None:
    def row(*kinds: str) -> Node:
        return Node("tableRow", content=[Node(kind, content=[paragraph()]) for kind in kinds])

    html = as_html(
        Node("table", content=[row("tableHeader", "tableHeader"), row("tableHeader", "tableCell")])
    )

    assert html.count('scope="col"') == 2
    assert html.count('scope="row"') == 1


def test_neighbours_in_one_link_are_one_link() -> None:
    link = Mark("link", {"href": "https://example.org/"})
    html = as_html(
        paragraph(
            Node("text", text="a", marks=[link]),
            Node("text", text="b", marks=[link, Mark("bold")]),
        )
    )

    assert html.count("<a ") == 1


# -- Markdown


@pytest.mark.parametrize(
    "words",
    [
        "# heading",
        "- item",
        "+ item",
        "1. item",
        "23) item",
        "===",
        "---",
        "> quote",
        "    code",
        "```",
        "~~~",
        "a | b",
        "<b>html</b>",
        "&amp; &#35;",
        "[a](b) ![c](d) [^1]",
        "**bold** _it_ `code` ~~gone~~ $x$",
        "back\\slash \\* ends \\",
    ],
)
def test_words_stay_words_in_markdown(words: str) -> None:
    for before in ([], [run("first"), Node("hardBreak")]):
        tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(
            as_markdown(paragraph(*before, run(words)))
        )

        assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
        inner = tokens[1].children or []
        assert {token.type for token in inner} <= {"text", "text_special", "hardbreak"}
        assert "".join(t.content for t in inner) == ("first" if before else "") + words.strip()


def test_two_lists_in_a_row_stay_two() -> None:
    one = Node("bulletList", content=[Node("listItem", content=[paragraph(run("a"))])])

    tokens = MarkdownIt().parse(as_markdown(one, one))

    assert [token.type for token in tokens].count("bullet_list_open") == 2


def test_code_keeps_its_fence_and_its_lines() -> None:
    code = "```\n  a\n\n````\n"

    tokens = MarkdownIt().parse(as_markdown(Node("codeBlock", content=[run(code)])))

    assert [(token.type, token.content) for token in tokens] == [("fence", code + "\n")]


def test_a_table_with_blocks_in_a_cell_is_one_piece_of_html() -> None:
    cell = Node("tableCell", content=[Node("codeBlock", content=[run("a\n\nb")])])
    table = Node("table", content=[Node("tableRow", content=[cell])])

    tokens = MarkdownIt().parse(as_markdown(table, paragraph(run("after"))))

    assert [token.type for token in tokens][:2] == ["html_block", "paragraph_open"]
    assert "a&#10;&#10;b" in tokens[0].content


MARKED = st.lists(
    st.tuples(
        st.text(st.sampled_from("ab1 *_~`.\\<&#😀é—("), min_size=1, max_size=5),
        st.lists(st.sampled_from(["bold", "italic", "underline", "strike", "code"]), unique=True),
    ),
    min_size=1,
    max_size=6,
)
ORDER = ("bold", "italic", "underline", "strike", "code")


@given(MARKED)
def test_marks_read_back_as_they_were(runs: list[tuple[str, list[str]]]) -> None:
    nodes = [run(text, *sorted(marks, key=ORDER.index)) for text, marks in runs]
    wanted = [
        (letter, frozenset(marks)) for text, marks in runs for letter in text if letter != " "
    ]

    tokens = MarkdownIt().enable("strikethrough").parse(as_markdown(paragraph(*nodes)))

    found: list[tuple[str, frozenset[str]]] = []
    for token in tokens:
        found += _letters(token.children or [])
    assert found == wanted


def _letters(tokens: list[Token]) -> list[tuple[str, frozenset[str]]]:
    """Return each letter with its marks, from a parsed line of Markdown."""
    marks: list[str] = []
    letters = []
    for token in tokens:
        tag = token.content.strip("</>") if token.type == "html_inline" else token.tag
        if token.type == "code_inline":
            letters += [(a, frozenset([*marks, "code"])) for a in token.content if a != " "]
        elif tag in TAGS:
            if token.nesting == 1 or (token.type == "html_inline" and "/" not in token.content):
                marks.append(TAGS[tag])
            else:
                marks.remove(TAGS[tag])
        else:
            letters += [(a, frozenset(marks)) for a in token.content if a != " "]
    return letters
