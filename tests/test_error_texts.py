"""What a person is refused is said in their language: each code has a text in the catalogues."""

import ast
import json
from collections.abc import Iterator

from scripts.steps import ROOT

PACKAGE = ROOT / "twinspace_rt"
ENGINE = "docs/engine_worker.py"
"""Another process, whose codes reach nobody."""
FOR_PROGRAMS = {
    "content_type", "error", "method", "origin", "docs.engine_away", "docs.format",
    "people.creature", "people.no_pupil", "people.role", "room.greeted", "room.not_greeted",
}  # fmt: skip
"""What the client never asks for, and a file that the browser itself fetches."""


def codes() -> Iterator[str]:
    """Yield every code that the server's source gives to an error."""
    for path in PACKAGE.rglob("*.py"):
        if path == PACKAGE / ENGINE:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            given: list[ast.expr] = []
            if isinstance(node, ast.Call):
                given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            elif isinstance(node, ast.Assign) and "default_code" in map(ast.unparse, node.targets):
                given = [node.value]
            for one in given:
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
                    yield one.value


def test_every_refusal_has_a_text() -> None:
    texts = set[str]()
    for path in (ROOT / "static" / "src").glob("*/locales/en.json"):
        texts |= set(json.loads(path.read_text("utf-8")))
    found = set(codes())
    assert found >= FOR_PROGRAMS
    wanted = {
        code.replace(".", ".error.") if "." in code else f"ui.error.{code}"
        for code in found - FOR_PROGRAMS
    }
    assert wanted - texts == set()
