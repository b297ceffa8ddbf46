"""The whole of ``make bench``, quick: every server is started, measured and ended."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scripts.steps import ROOT
from tests.live import SHARED_DATA

LOADS = ("class", "forty groups", "audience", "saturation", "at rest")


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the load generator is not here")
def test_a_quick_run_measures_everything(tmp_path: Path) -> None:
    results = tmp_path / "results.md"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--output", str(results)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=800,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    page = results.read_text("utf-8")
    assert "could not be measured" not in page
    for load in LOADS:
        row = re.search(rf"^\| \*\*{load}\*\*:.*$", page, flags=re.M)
        assert row, load
        assert len(re.findall(r" \d[\d,.]* \|", row[0])) >= 4, row[0]
    titles = re.findall(r"^## (.*)$", page, flags=re.M)
    assert len(titles) == 12, titles
    assert str(tmp_path) not in page
    pictures = re.findall(r"\]\((plots/.*\.svg)\)", page)
    assert len(pictures) == 6, pictures
    for picture in pictures:
        drawn = (tmp_path / picture).read_text("utf-8")
        ElementTree.fromstring(drawn)
        assert "<script" not in drawn
