"""What tests measure, told in a line each: shown when a run closes, though the test has passed."""

_MARK = "==> "


def tell(figure: str) -> None:
    """Have a figure shown at the end of the run, with the name of the test that is running."""
    print(f"\n{_MARK}{figure}")


def told_in(printed: str) -> list[str]:
    """Find the figures in what a test has printed."""
    return [line.removeprefix(_MARK) for line in printed.splitlines() if line.startswith(_MARK)]
