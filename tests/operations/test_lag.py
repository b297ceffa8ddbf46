"""The event loop's lag is measured, and what holds it up is named by its place alone."""

import asyncio
import logging
import os
import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.peers.raw import eventually
from twinspace_rt.operations import lag
from twinspace_rt.operations.lag import LagWatch, RunQueue, place_of
from twinspace_rt.web.security import header

SECRET = "what somebody wrote"


async def test_what_blocks_the_loop_is_logged_once_and_without_a_word_of_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_: str) -> None:
        time.sleep(0.4)

    monkeypatch.setattr(lag, "PACKAGE", Path(__file__).parent)  # as if this were the program
    watch = LagWatch()
    watch.start()
    try:
        await asyncio.sleep(2 * lag.TICK_S)
        caplog.clear()
        slow(SECRET)
        await eventually(lambda: "loop blocked" in caplog.text)
        assert watch.take_worst() >= 0.4 - lag.TICK_S
        assert watch.take_worst() < 0.4 - lag.TICK_S
    finally:
        watch.stop()
    blocked = [r for r in caplog.records if "loop blocked" in r.getMessage()]
    assert blocked[0].levelno == logging.WARNING
    assert "place=test_lag.py:" in blocked[0].getMessage()
    assert SECRET not in caplog.text


async def test_what_others_took_of_the_processor_is_told_apart(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that waits is to blame, and one that is ready and has no processor is not."""
    monkeypatch.setattr(lag, "PACKAGE", Path(__file__).parent)
    allowed = os.sched_getaffinity(0)
    busy = await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
    watch = LagWatch()
    watch.start()
    try:
        await asyncio.sleep(2 * lag.TICK_S)
        caplog.clear()
        time.sleep(0.4)  # noqa: ASYNC251 - the loop is to be held up
        await eventually(lambda: "loop blocked" in caplog.text)
        waiting = told_ms(caplog)
        caplog.clear()
        os.sched_setaffinity(busy.pid, {min(allowed)})
        os.sched_setaffinity(0, {min(allowed)})
        until = time.thread_time() + 0.4
        while time.thread_time() < until:
            pass
        await eventually(lambda: "loop blocked" in caplog.text)
        sharing = told_ms(caplog)
    finally:
        watch.stop()
        os.sched_setaffinity(0, allowed)
        busy.kill()
        await busy.wait()
    assert waiting["ms"] - waiting["running_ms"] - waiting["queued_ms"] > 100
    assert sharing["queued_ms"] > 100
    assert sharing["running_ms"] > 300


def told_ms(caplog: pytest.LogCaptureFixture) -> dict[str, int]:
    """Read the times of what was logged first."""
    said = next(m for m in caplog.messages if "loop blocked" in m)
    return {name: int(ms) for name, ms in re.findall(r"(\w*ms)=(\d+)", said)}


async def test_a_watch_that_is_stopped_measures_no_more(caplog: pytest.LogCaptureFixture) -> None:
    watch = LagWatch()
    watch.start()
    watch.stop()
    time.sleep(0.2)  # noqa: ASYNC251 - the loop is to be held up
    await asyncio.sleep(2 * lag.TICK_S)
    assert "loop blocked" not in caplog.text


async def test_a_queue_that_tells_no_more_ends_no_watch() -> None:
    with ThreadPoolExecutor(1) as thread:
        queue = thread.submit(RunQueue).result()
        assert queue.tells
    # It was that thread's, which has ended, and of which the system tells nothing more.
    await eventually(lambda: queue.waited_s() == 0 and not queue.tells)


def test_the_place_is_the_innermost_line_of_the_program() -> None:
    places: list[str] = []

    def headers() -> Iterator[tuple[bytes, bytes]]:
        places.append(place_of(sys._getframe()))
        yield b"origin", SECRET.encode()

    assert header(headers(), b"origin") == SECRET
    assert re.fullmatch(r"web/security\.py:\d+", places[0])
    assert place_of(sys._getframe()) == ""  # only the tests run here
    assert place_of(None) == ""
