"""What tests measure, told in a line each: shown when a run closes, though the test has passed."""

_MARK = "==> "


def tell(figure: str, *, allowed: float = 1) -> None:
    """Have a figure shown at the end of the run, with the name of the test that is running.

    Args:
        figure: What was measured.
        allowed: How many times as long as alone it may have taken.
    """
    beside = f"; {allowed:g} times as long allowed, beside other tests" if allowed != 1 else ""
    print(f"\n{_MARK}{figure}{beside}")


def told_in(printed: str) -> list[str]:
    """Find the figures in what a test has printed."""
    return [line.removeprefix(_MARK) for line in printed.splitlines() if line.startswith(_MARK)]
