"""Charts as SVG files."""

from pathlib import Path

import pygal
from pygal.style import Style

from benchmarks.figures import Spread
from benchmarks.report import Chart

STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    font_family="sans-serif",
    title_font_size=18,
    label_font_size=14,
    major_label_font_size=14,
    legend_font_size=14,
    value_font_size=13,
    value_label_font_size=13,
    colors=("#e0a458", "#5aa9c4", "#c05621", "#1f6f8b"),
)


def draw(chart: Chart, folder: Path) -> None:
    """Write ``<file>.svg``: bars with whiskers from the least to the greatest, without scripts."""
    picture = pygal.HorizontalBar(
        style=STYLE,
        js=(),
        no_prefix=True,
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        width=900,
        height=140 + 34 * len(chart.rows) * len(chart.bars),
        print_values=True,
        formatter=lambda value: f"{value:,.1f}",
    )
    picture.title = chart.title
    # What is added first is drawn at the bottom.
    picture.x_labels = chart.rows[::-1]
    for who, spreads in reversed([*chart.bars.items()]):
        picture.add(who, [_bar(spread) for spread in spreads[::-1]])
    (folder / f"{chart.file}.svg").write_bytes(picture.render())


def _bar(spread: Spread | None) -> dict[str, object] | None:
    if spread is None:
        return None
    return {"value": spread.median, "ci": {"low": spread.low, "high": spread.high}}
