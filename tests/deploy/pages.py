"""The folder for operators, and the commands that its pages show."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from markdown_it import MarkdownIt

from scripts.steps import ROOT

DEPLOY = ROOT / "deploy"


def commands(page: str) -> dict[tuple[str, ...], str]:
    """Read the shell commands of a page, by the headings above them."""
    found: dict[tuple[str, ...], str] = {}
    headings: list[str] = []
    tokens = MarkdownIt().parse((DEPLOY / page).read_text("utf-8"))
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following is not None:
            level = int(token.tag[1])
            headings[level - 2 :] = [following.content] if level > 1 else []
        elif token.type == "fence" and token.info == "sh":
            assert tuple(headings) not in found, "one block of commands under each heading"
            found[tuple(headings)] = token.content
    return found


def run(
    script: str, environment: Mapping[str, str], folder: Path = ROOT
) -> "subprocess.CompletedProcess[str]":
    """Run commands as they are pasted into a shell: one after the other, even if one fails."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("TWINSPACE_", "PG"))}
    return subprocess.run(
        ["bash", "-c", script.replace(".venv/bin/python", sys.executable)],
        cwd=folder,
        env={**own, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def done(script: str, environment: Mapping[str, str], folder: Path = ROOT) -> str:
    """Run commands that must succeed; returns what they print."""
    result = run(script, environment, folder)
    assert result.returncode == 0, result.stderr
    return result.stdout


def refused(script: str, environment: Mapping[str, str], folder: Path = ROOT) -> str:
    """Run commands of which one must fail, and the shell go on; returns what they complain of."""
    result = run(f"{script}\necho ended with $?", environment, folder)
    assert re.search(r"^ended with [1-9]\d*$", result.stdout, flags=re.M), result.stdout
    return result.stderr


def only(folder: Path, pattern: str) -> Path:
    """Return the one file of a folder that matches."""
    [path] = folder.glob(pattern)
    return path
