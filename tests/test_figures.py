"""What tests have measured is shown in the end, though they have passed."""

import os
import subprocess
import sys
from pathlib import Path

from tests.live import REPOSITORY

MEASURING = """
from tests import figures

def test_quick():
    print("a word")
    figures.tell("2 ms a word")

def test_crowded():
    figures.tell("4 ms a word", allowed=1.5)

def test_silent():
    pass

def test_slow():
    figures.tell("9 s a word")
    assert False
"""


def test_a_run_closes_with_the_figures_of_those_who_passed(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_terminal_summary\n")
    (tmp_path / "test_words.py").write_text(MEASURING)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", os.devnull, tmp_path],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    _, _, closing = done.stdout.partition(" figures ")
    assert "test_words.py::test_quick: 2 ms a word\n" in closing
    crowded = "4 ms a word; 1.5 times as long allowed, beside other tests\n"
    assert f"test_words.py::test_crowded: {crowded}" in closing
    assert ": a word" not in closing
    assert "9 s a word" not in closing
    assert "test_silent" not in closing
