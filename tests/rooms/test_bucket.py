"""Buckets of thousands of people, of which few are in use."""

import pytest

from twinspace_rt.rooms import bucket
from twinspace_rt.rooms.bucket import Bucket, Buckets


def test_a_bucket_fills_up_again() -> None:
    now = 0.0
    one = Bucket(2, 10, clock=lambda: now)
    assert one.full
    assert one.take(10) == 0
    assert one.take(4) == 2
    assert not one.full
    now = 5.0
    assert one.full
    assert one.owe(12) == 1


def test_full_buckets_are_forgotten_and_others_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "HELD_MIN", 10)
    buckets = Buckets(0.001, 5)
    buckets["busy"].take(5)
    for number in range(1000):
        assert buckets[f"quiet {number}"].full
    assert len(buckets) <= 20
    assert buckets["busy"].take(1) > 0, "it begins anew for nobody who has used it up"
    for number in range(100):
        assert buckets[f"busy {number}"].take(5) == 0
    for number in range(100):
        assert buckets[f"busy {number}"].take(1) > 0
