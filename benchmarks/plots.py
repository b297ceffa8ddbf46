"""Charts as SVG files."""

from pathlib import Path
from xml.etree.ElementTree import Comment, Element

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
    colors=("#1f6f8b", "#c05621", "#5aa9c4", "#e0a458"),
)


def draw(chart: Chart, folder: Path) -> None:
    """Write ``<file>.svg``: bars with whiskers from the least to the greatest.

    Equal figures give equal files: no script, no date.
    """
    measured = [spread for spreads in chart.bars.values() for spread in spreads if spread]
    picture = pygal.HorizontalBar(
        style=STYLE,
        js=(),
        no_prefix=True,
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        width=900,
        height=140 + 34 * len(chart.rows) * len(chart.bars),
        print_values=True,
        range=(0, max((spread.high for spread in measured), default=1.0)),
        formatter=lambda value: f"{value:,.1f}",
    )
    picture.title = chart.title
    # The first row is drawn at the bottom.
    picture.x_labels = chart.rows[::-1]
    for who, spreads in chart.bars.items():
        picture.add(who, [_bar(spread) for spread in spreads[::-1]])
    picture.add_xml_filter(_plain)
    (folder / f"{chart.file}.svg").write_bytes(picture.render())


def _plain(root: Element) -> Element:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (Comment, "script"):
                parent.remove(child)
    return root


def _bar(spread: Spread | None) -> dict[str, object] | None:
    if spread is None:
        return None
    return {"value": spread.median, "ci": {"low": spread.low, "high": spread.high}}
