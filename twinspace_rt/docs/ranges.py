"""Sorted sets of clock ranges, as delete sets need them."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final

Range = tuple[int, int]
"""``(from, to)``: the clocks ``from <= clock < to``, never empty."""

BETWEEN_MIN: Final = 4
"""So many held ranges to each new one, and to copy them is quicker than to look at each."""


def merge(ranges: list[Range]) -> list[Range]:
    """Sort ranges and join those that touch or overlap."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


class RangeSet:
    """The clocks of one client that are deleted: sorted, disjoint, never touching.

    Held in two arrays of 32-bit numbers, so that a document with hundreds of thousands of
    ranges stays small and is stored and loaded without a loop.
    """

    __slots__ = ("ends", "starts")

    def __init__(self, starts: bytes = b"", ends: bytes = b"") -> None:
        self.starts = array("I", starts)
        self.ends = array("I", ends)

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Range]:
        return zip(self.starts, self.ends, strict=True)

    def missing(self, ranges: list[Range]) -> list[Range]:
        """Tell which parts of sorted, disjoint ranges are not in the set yet."""
        starts, ends = self.starts, self.ends
        if not starts:
            return ranges
        count = len(starts)
        absent: list[Range] = []
        for start, end in ranges:
            index = bisect_right(ends, start)
            while start < end:
                if index == count or starts[index] >= end:
                    absent.append((start, end))
                    break
                if starts[index] > start:
                    absent.append((start, starts[index]))
                start = ends[index]
                index += 1
        return absent

    def add(self, ranges: list[Range]) -> int:
        """Take in sorted ranges; what lies between a few of them takes no time.

        Returns:
            By how many the set's ranges have become more, or fewer.
        """
        if not ranges:
            return 0
        low = bisect_left(self.ends, ranges[0][0])
        high = bisect_right(self.starts, ranges[-1][1])
        if (high - low) > BETWEEN_MIN * len(ranges):
            starts, ends = self._woven(ranges, low, high)
        else:
            held = zip(self.starts[low:high], self.ends[low:high], strict=True)
            ranges = merge([*held, *ranges])
            starts = array("I", [start for start, _ in ranges])
            ends = array("I", [end for _, end in ranges])
        self.starts[low:high], self.ends[low:high] = starts, ends
        return len(starts) - (high - low)

    def _woven(self, ranges: list[Range], low: int, high: int) -> "tuple[array[int], array[int]]":
        """Put ranges among those held from ``low`` to ``high``, which are copied as they are."""
        starts, ends = array("I"), array("I")
        for start, end in ranges:
            first = bisect_left(self.ends, start, low, high)
            starts += self.starts[low:first]
            ends += self.ends[low:first]
            low = bisect_right(self.starts, end, first, high)
            if low > first:
                start, end = min(start, self.starts[first]), max(end, self.ends[low - 1])
            if ends and start <= ends[-1]:
                ends[-1] = max(end, ends[-1])
            else:
                starts.append(start)
                ends.append(end)
        return starts + self.starts[low:high], ends + self.ends[low:high]
