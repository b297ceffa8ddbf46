"""Sorted sets of clock ranges, as delete sets need them."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

Range = tuple[int, int]
"""``(from, to)``: the clocks ``from <= clock < to``, never empty."""


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
        """Take in sorted ranges, in one pass however many they are.

        Returns:
            By how many the set's ranges have become more, or fewer.
        """
        if not ranges:
            return 0
        low = bisect_left(self.ends, ranges[0][0])
        high = bisect_right(self.starts, ranges[-1][1])
        held = zip(self.starts[low:high], self.ends[low:high], strict=True)
        ranges = merge([*held, *ranges])
        self.starts[low:high] = array("I", [start for start, _ in ranges])
        self.ends[low:high] = array("I", [end for _, end in ranges])
        return len(ranges) - (high - low)
