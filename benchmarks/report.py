"""Sections of tables and charts, and the page they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.figures import Figures, Spread


def amount(spread: Spread | None, digits: int) -> str:
    """Write a median with its limits; a dash where nothing was measured."""
    if spread is None:
        return "-"
    if spread.low == spread.high:
        return f"{spread.median:,.{digits}f}"
    return f"{spread.median:,.{digits}f} ({spread.low:,.{digits}f}-{spread.high:,.{digits}f})"


def ratio(value: float | None, target: float | None) -> str:
    """Write a ratio, bold, and its target with whether that is met."""
    return "-" if value is None else f"**{value:.2f}**{_judged(value, target)}"


def against(spread: Spread | None, target: float | None, digits: int = 1) -> str:
    """Write a median with its limits, and its target with whether that is met."""
    written = amount(spread, digits)
    return written if spread is None else written + _judged(spread.median, target)


def _judged(value: float, target: float | None) -> str:
    return "" if target is None else f" {'✓' if value <= target else '✗'} ≤ {target:g}"


@dataclass
class Table:
    """Rows of text under headings."""

    headings: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Add a row."""
        self.rows.append(cells)

    def lines(self) -> list[str]:
        """Write it as Markdown."""
        rule = ["---", *("---:" for _ in self.headings[1:])]
        return [f"| {' | '.join(cells)} |" for cells in (self.headings, rule, *self.rows)]


@dataclass(frozen=True)
class Chart:
    """A bar for each contender in each row; only what was measured. ``plots`` draws it."""

    file: str
    title: str
    rows: Sequence[str]
    bars: Mapping[str, Sequence[Spread | None]]

    @classmethod
    def of(
        cls,
        figures: Figures,
        *,
        file: str,
        title: str,
        rows: Mapping[str, str],
        whos: Sequence[str],
        what: str,
    ) -> "Chart":
        """Take the bars from the figures; ``rows`` are scenes with their names for people."""
        bars = {who: [figures.spread(scene, who, what) for scene in rows] for who in whos}
        return cls(file, title, list(rows.values()), bars)


@dataclass(frozen=True)
class Section:
    """One part of the results."""

    title: str
    text: str
    table: Table
    charts: Sequence[Chart]

    def lines(self, plots: str) -> list[str]:
        """Write it as Markdown; ``plots`` is the folder of the pictures beside it."""
        pictures = [f"![{chart.title}]({plots}/{chart.file}.svg)" for chart in self.charts]
        between = [line for picture in pictures for line in (picture, "")]
        return [f"## {self.title}", "", self.text, "", *self.table.lines(), "", *between]


def page(
    sections: Sequence[Section],
    facts: Sequence[tuple[str, str]],
    failures: Sequence[str],
    introduction: str,
    *,
    plots: str,
) -> str:
    """Write the page of results as Markdown.

    Args:
        sections: What was measured.
        facts: The machine and the versions.
        failures: Sentences about what could not be measured.
        introduction: What comes first.
        plots: The folder of the pictures beside the page.
    """
    machine = Table(["", ""])
    for name, value in facts:
        machine.add(name, value)
    lines = ["# Results", "", introduction, "", "## Machine and versions", "", *machine.lines(), ""]
    for section in sections:
        lines += section.lines(plots)
    if failures:
        lines += ["## What could not be measured", "", *(f"- {one}" for one in failures), ""]
    return "\n".join(lines).rstrip() + "\n"
