"""From samples to a page: medians, ratios to the better peer, tables."""

import pytest

from benchmarks.figures import Figures, Spread, percentile
from benchmarks.report import Chart, Section, Table, against, amount, page, ratio

PEERS = ("fast", "slow")


def some_figures() -> Figures:
    figures = Figures()
    for ours, fast, slow in [(3.0, 10.0, 20.0), (9.0, 12.0, 30.0), (5.0, 8.0, 7.0)]:
        figures.add("class", "ours", cpu_us=ours, p50_ms=1.0)
        figures.add("class", "fast", cpu_us=fast)
        figures.add("class", "slow", cpu_us=slow)
    return figures


def test_a_quantity_is_its_median_with_the_least_and_the_greatest() -> None:
    assert some_figures().spread("class", "ours", "cpu_us") == Spread(5.0, 3.0, 9.0)
    assert some_figures().spread("class", "ours", "p99_ms") is None


def test_the_ratio_is_to_the_peer_with_the_better_median() -> None:
    figures = some_figures()
    assert figures.ratio("class", "ours", PEERS, "cpu_us") == 0.5
    assert figures.ratio("class", "ours", ("slow",), "cpu_us") == 0.25


@pytest.mark.parametrize(("who", "peers"), [("nobody", PEERS), ("ours", ("nobody",))])
def test_there_is_no_ratio_without_both_sides(who: str, peers: tuple[str, ...]) -> None:
    assert some_figures().ratio("class", who, peers, "cpu_us") is None


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 51.0), (0.99, 100.0), (1.0, 100.0)])
def test_percentiles(share: float, value: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], share) == value
    assert percentile([], share) == 0


def test_amounts_show_their_spread_where_there_is_one() -> None:
    assert amount(Spread(5, 3, 9), 1) == "5.0 (3.0-9.0)"
    assert amount(Spread(1234.5, 1234.5, 1234.5), 0) == "1,234"
    assert amount(None, 1) == "-"


def test_targets_stand_beside_what_they_are_for() -> None:
    assert ratio(0.6, 0.6) == "**0.60** ✓ ≤ 0.6"
    assert ratio(0.61, 0.6) == "**0.61** ✗ ≤ 0.6"
    assert ratio(0.1, None) == "**0.10**"
    assert ratio(None, 0.6) == "-"
    assert against(Spread(15, 14, 16), 15) == "15.0 (14.0-16.0) ✓ ≤ 15"
    assert against(Spread(15.1, 15.1, 15.1), 15) == "15.1 ✗ ≤ 15"
    assert against(Spread(15.1, 15.1, 15.1), None) == "15.1"
    assert against(None, 15) == "-"


def test_a_page_holds_machine_sections_pictures_and_failures() -> None:
    table = Table(["load", "ours"])
    table.add("class", "5.0")
    rows = {"class": "a class"}
    chart = Chart.of(
        some_figures(), file="cpu", title="Time", rows=rows, whos=["ours", "none"], what="cpu_us"
    )
    assert chart.bars == {"ours": [Spread(5.0, 3.0, 9.0)], "none": [None]}
    section = Section("Cost", "What it costs.", table, [chart])
    written = page([section], [("cores", "2")], ["One thing broke."], "Read this.", plots="plots")
    assert written.splitlines() == [
        *("# Results", "", "Read this.", "", "## Machine and versions", ""),
        *("|  |  |", "| --- | ---: |", "| cores | 2 |", ""),
        *("## Cost", "", "What it costs.", ""),
        *("| load | ours |", "| --- | ---: |", "| class | 5.0 |", ""),
        *("![Time](plots/cpu.svg)", ""),
        *("## What could not be measured", "", "- One thing broke."),
    ]
