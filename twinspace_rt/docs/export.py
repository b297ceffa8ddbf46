"""Turn a document into a file that a person can keep."""

from __future__ import annotations

from typing import Literal

from twinspace_rt.docs.export_html import to_html
from twinspace_rt.docs.export_markdown import to_markdown
from twinspace_rt.docs.nodes import Node, plain_document

Format = Literal["markdown", "html"]


def export(content: Node | str, *, title: str, format: Format, language: str) -> bytes:
    """Return the file in UTF-8: a whole HTML page, or GitHub-flavoured Markdown.

    Plain text is exported as paragraphs and line breaks.
    """
    document = plain_document(content) if isinstance(content, str) else content
    if format == "html":
        return to_html(document, title=title, language=language)
    return to_markdown(document, title=title)
