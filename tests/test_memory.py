"""When the garbage collector goes through all there is."""

import gc
from collections.abc import Iterator

import pytest

from twinspace_rt.memory import FEW, GONE_MIN, LONG_S, PAUSE_S, Collector

MANY = 10 * FEW


@pytest.fixture
def collected() -> Iterator[list[int]]:
    """The generations that were collected, each when it was."""
    generations: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "stop":
            generations.append(info["generation"])

    gc.callbacks.append(note)
    yield generations
    gc.callbacks.remove(note)


class Clock:
    """A clock that stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def collector(clock: Clock) -> Iterator[Collector]:
    """A collector that has settled, in a process which goes on without it."""
    thresholds = gc.get_threshold()
    made = Collector(clock)
    made.settle()
    yield made
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_however_many_come_the_old_are_left_alone(
    collector: Collector, collected: list[int]
) -> None:
    kept: list[list[list[int]]] = [[[]] for _ in range(400_000)]
    collector.tend(len(kept), 0)
    assert 1 in collected, "the young are looked through"
    assert 2 not in collected


def test_what_has_gone_is_collected_once_few_are_there(
    collector: Collector, collected: list[int], clock: Clock
) -> None:
    clock.now = PAUSE_S + 1
    collector.tend(FEW, 0)
    collector.tend(FEW + 1, 1)
    assert 2 not in collected
    collector.tend(FEW, 1)
    assert collected.count(2) == 1
    collector.tend(FEW, 2)
    assert collected.count(2) == 1, "not again at once"


def test_who_comes_and_goes_all_the_time_does_not_fill_the_memory(
    collector: Collector, collected: list[int]
) -> None:
    collector.tend(MANY, MANY)
    assert 2 not in collected
    collector.tend(MANY, MANY + 1)
    assert collected.count(2) == 1
    collector.tend(FEW, MANY + 1 + GONE_MIN)
    assert collected.count(2) == 1
    collector.tend(FEW, MANY + 2 + GONE_MIN)
    assert collected.count(2) == 2


def test_once_an_hour_all_is_looked_through(
    collector: Collector, collected: list[int], clock: Clock
) -> None:
    collector.tend(MANY, 0)
    assert 2 not in collected
    clock.now = LONG_S + 1
    collector.tend(MANY, 0)
    assert collected.count(2) == 1
