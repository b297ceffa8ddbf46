"""Cut off at any moment, and back: everything that was missed comes, in order, or all anew."""

import asyncio
import contextlib
import random
import time
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests import figures
from tests.client import WAIT_S, RoomClient
from tests.faults.listener import Listener
from tests.faults.storage import Storage
from tests.live import Live, SeededRoom, Someone, stop_process
from twinspace_rt.rooms.access import Role

SPEAKERS = 10
POST_EVERY_S = 1.0  # the chat takes no more of one person for long


async def speak(live: Live, seeded: SeededRoom, person: Someone, until: float) -> int:
    """Post numbered messages until a moment of ``time.monotonic``; returns how many."""
    count = 0
    async with await RoomClient.open(live, seeded.room_id, person) as window:
        await window.hello()
        while time.monotonic() < until:
            await window.do(
                "chat.post",
                channel_id="everyone",
                text=f"{person.member_id} {count}",
                nonce=f"{person.member_id}-{count:05d}",
            )
            count += 1
            await asyncio.sleep(POST_EVERY_S)
    return count


async def come_and_go(
    listener: Listener, live: Live, room_id: str, seed: int, until: float, away_s: float
) -> int:
    """Be cut off again and again until a moment, then stay; returns how often."""
    dice, cuts = random.Random(seed), 0
    while time.monotonic() < until:
        listening = asyncio.create_task(listener.listen(live, room_id))
        # Sometimes before the welcome has come.
        await asyncio.sleep(dice.choice([0.01, dice.uniform(0.1, 1)]))
        listener.cut()
        listening.cancel()
        with contextlib.suppress(
            asyncio.CancelledError, ConnectionClosed, InvalidHandshake, OSError, EOFError
        ):
            await listening
        cuts += 1
        await asyncio.sleep(dice.uniform(0.05, away_s))
    return cuts


@pytest.mark.parametrize(
    ("count", "seconds", "away_s"),
    [
        (20, 4, 1),
        pytest.param(500, 180, 120, marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    ],
)
async def test_whoever_was_cut_off_gets_all_or_everything_anew(
    tmp_path: Path, count: int, seconds: float, away_s: float
) -> None:
    storage = Storage(tmp_path)
    people = {f"person{n}": (Role.TEACHER, n % 2) for n in range(SPEAKERS + count)}
    seeded = storage.seed(people=people)
    live = await asyncio.to_thread(storage.start)
    *speakers, _ = [*seeded.people.values()][: SPEAKERS + 1]
    listeners = [Listener(p) for p in [*seeded.people.values()][SPEAKERS:]]
    try:
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as tasks:
            speaking = [tasks.create_task(speak(live, seeded, p, until)) for p in speakers]
            going = [
                tasks.create_task(come_and_go(listener, live, seeded.room_id, n, until, away_s))
                for n, listener in enumerate(listeners)
            ]
        posted, cuts = sum(t.result() for t in speaking), sum(t.result() for t in going)
        said = await asyncio.to_thread(storage.said, seeded.room_id)
        assert len(said) == posted
        await stay_until_all_is_there(listeners, live, seeded.room_id, said)
    finally:
        await asyncio.to_thread(stop_process, live, kill=True)
    resumes, reloads = sum(x.resumes for x in listeners), sum(x.reloads for x in listeners)
    assert resumes > 0
    figures.tell(
        f"{count} windows cut off {cuts} times under {posted} messages: {resumes} resumed, "
        f"{reloads} loaded all anew, 0 got a part"
    )


async def stay_until_all_is_there(
    listeners: list[Listener], live: Live, room_id: str, said: list[tuple[int, str]]
) -> None:
    """Let everyone come back for good, and wait until each has all after its beginning."""
    staying = [asyncio.create_task(x.stay(lambda: live, room_id, wait_s=0.2)) for x in listeners]
    try:
        for listener in listeners:
            async with asyncio.timeout(3 * WAIT_S):
                while listener.place is None:  # noqa: ASYNC110 - the listener has no event
                    await asyncio.sleep(0.02)
                wanted = [(seq, text) for seq, text in said if seq > listener.since]
                while (heard := listener.posted) != wanted:
                    assert heard == wanted[: len(heard)]
                    await asyncio.sleep(0.02)
    finally:
        for task in staying:
            task.cancel()
        await asyncio.gather(*staying, return_exceptions=True)
