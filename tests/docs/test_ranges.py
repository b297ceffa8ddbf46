"""Sorted sets of ranges take in what they are given, whatever they hold."""

import random
import sys
from array import array
from itertools import pairwise

from twinspace_rt.docs.ranges import Range, RangeSet

CLOCKS = 120
SEEDS = 300
HELD = 50_000


def _some(choice: random.Random, count: int) -> list[Range]:
    """Draw sorted ranges that do not overlap, but may touch."""
    cuts = sorted(choice.sample(range(CLOCKS), 2 * count))
    return [(start, end) for start, end in pairwise(cuts) if choice.random() < 0.6]


def test_what_is_added_is_held_beside_what_was() -> None:
    for seed in range(SEEDS):
        choice = random.Random(seed)
        held, clocks = RangeSet(), set[int]()
        for _ in range(12):
            before = len(held)
            new = _some(choice, choice.randint(1, CLOCKS // 2 if choice.random() < 0.3 else 3))
            grown = held.add(new)
            clocks.update(*(range(start, end) for start, end in new))
            assert grown == len(held) - before, seed
            assert {clock for start, end in held for clock in range(start, end)} == clocks, seed
            assert all(a_end < b_start for (_, a_end), (b_start, _) in pairwise(held)), seed


def test_what_lies_between_two_deletions_is_not_looked_at() -> None:
    """A few bytes must not cost what the whole document holds."""
    starts = array("I", range(0, 4 * HELD, 4))
    held = RangeSet(starts.tobytes(), array("I", [start + 1 for start in starts]).tobytes())
    lines = 0

    def count(frame: object, event: str, _: object) -> object:
        nonlocal lines
        lines += event == "line"
        return count

    sys.settrace(count)  # type: ignore[arg-type]
    try:
        assert held.add([(2, 3), (4 * HELD - 2, 4 * HELD - 1)]) == 2
    finally:
        sys.settrace(None)
    assert lines < 100
    assert held.missing([(0, 4 * HELD)])[0] == (1, 2)
    assert len(held) == HELD + 2
