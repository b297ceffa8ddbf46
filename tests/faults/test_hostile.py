"""Twenty thousand hostile frames at documents in use, old ones and new: only the sender notices."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests import figures
from tests.docs import forge
from tests.docs.test_validator_fuzz import WRITTEN
from tests.faults import attacks
from tests.faults.conftest import Mortal
from tests.live import (
    Live,
    SeededRoom,
    free_port,
    seed_room,
    serve_here,
    start_process,
    stop_process,
)
from tests.peers import raw
from tests.peers.aged import age
from tests.peers.provider import Provider
from tests.peers.raw import Peer, Pen, eventually
from tests.peers.test_traces import stored
from twinspace_rt.docs.engine import Engine

RICH, TEXT, NEW_RICH, NEW_TEXT = range(4)
KINDS = ("rich", "text", "rich", "text")
AT_ONCE = 4  # sessions of one document on one socket
SESSIONS = 60  # of one socket: more Auth in so short a time would close it


async def attack(live: Live, seeded: SeededRoom, seed: int, count: int, kind: int) -> Counter[str]:
    """Send hostile updates, each in a session of its own, and count what came of them."""
    dice = random.Random(seed)
    document = seeded.documents[kind]
    outcomes: Counter[str] = Counter()
    updates = attacks.updates(dice, "t" if KINDS[kind] == "text" else "default")
    if kind in {NEW_RICH, NEW_TEXT}:  # nobody has written there in whose name one could
        updates = (one for one in updates if one[0] != {"foreign-client"})
    while sum(outcomes.values()) < count:
        async with await Peer.open(live, seeded.room_id, seeded.people["eleni"], document) as peer:
            await peer.pong()
            for _ in range(SESSIONS // AT_ONCE):
                group = {f"{document}.1\0{n}": next(updates) for n in range(AT_ONCE)}
                for key, (_, data) in group.items():
                    hello = (raw.auth(), raw.step_2(b"\0\0"))
                    await peer.send(*hello, raw.update(data), address=key)
                while group:
                    told = await peer.next()
                    if told.key not in group:
                        continue
                    if told.name == "stateless":
                        outcome = told.value["code"]
                    elif told.name == "step1":
                        outcome = "gap"
                    elif told.name == "status" and told.value == 1:
                        outcome = "taken"
                    else:
                        continue
                    expected, data = group.pop(told.key)
                    assert expected is None or outcome in expected, (outcome, data[:80])
                    outcomes[outcome] += 1
                    await peer.send(bytes((raw.CLOSE,)), address=told.key)
    return outcomes


async def babble(live: Live, seeded: SeededRoom, seed: int, count: int) -> Counter[str]:
    """Send frames that are none, or not a client's, until each socket is closed."""
    dice = random.Random(seed)
    outcomes: Counter[str] = Counter()
    document = seeded.documents[TEXT]
    address = forge.string(f"{document}.1")
    while sum(outcomes.values()) < count:
        async with await Peer.open(live, seeded.room_id, seeded.people["eleni"], document) as peer:
            await peer.send(raw.auth())
            frames = [dice.randbytes(dice.randint(1, 300)) for _ in range(4)]
            frames += [address + dice.randbytes(dice.randint(0, 60)) for _ in range(4)]
            frames += [attacks.mutated(dice, address + raw.update(WRITTEN)) for _ in range(4)]
            frames.append(address + bytes((dice.choice([4, 5, 6, 8, 9, 10, 11, 99]),)))
            for frame in frames:
                await peer.socket.send(frame)
            code = await peer.closed()
            assert code == 4400
            outcomes["4400"] += len(frames)
    return outcomes


async def write_beside(provider: Provider, stop: asyncio.Event) -> int:
    """Write words until told to stop; returns how many."""
    count = 0
    while not stop.is_set():
        await provider.write(f"{provider.pen.doc.client_id}-{count} ")
        count += 1
        await asyncio.sleep(0.05)
    return count


@pytest_asyncio.fixture
async def mortal(tmp_path: Path) -> AsyncIterator[Mortal]:
    """A server's process with two documents that were written in for long, and two new ones."""
    async with serve_here(tmp_path) as live:
        assert live.node is not None
        seeded = await live.node.database.write(lambda db: seed_room(db, documents=KINDS))
        for kind in (RICH, TEXT):
            await age(live, seeded, seeded.documents[kind], client=attacks.VICTIM)
    process = await asyncio.to_thread(start_process, tmp_path, free_port())
    try:
        yield Mortal(process, seeded)
    finally:
        await asyncio.to_thread(stop_process, process, kill=True)


@pytest.mark.parametrize(
    "count", [20_000, pytest.param(200_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
async def test_hostile_frames_reach_nobody_else(mortal: Mortal, count: int) -> None:
    live, seeded = mortal.live, mortal.seeded
    honest = {"maja": Provider(Pen(attacks.VICTIM)), "nikos": Provider(Pen(2))}
    serving = [
        asyncio.create_task(
            provider.serve(live, seeded.room_id, seeded.people[who], seeded.documents[TEXT])
        )
        for who, provider in honest.items()
    ]
    stop = asyncio.Event()
    try:
        await eventually(lambda: all(p.all_saved for p in honest.values()))
        await honest["maja"].write("still in use ")
        await eventually(lambda: all(p.all_saved for p in honest.values()))
        async with asyncio.TaskGroup() as tasks:
            writing = [tasks.create_task(write_beside(p, stop)) for p in honest.values()]
            attacking = [
                *(
                    tasks.create_task(attack(live, seeded, kind, count * 225 // 1000, kind))
                    for kind in range(len(KINDS))
                ),
                tasks.create_task(babble(live, seeded, len(KINDS), count // 10)),
            ]
            outcomes = sum([await task for task in attacking], Counter[str]())
            stop.set()
        written = sum(task.result() for task in writing)
        await eventually(lambda: all(p.all_saved for p in honest.values()))
        await eventually(lambda: len({str(p.pen) for p in honest.values()}) == 1)
        assert [task for task in serving if task.done()] == []
    finally:
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
    assert live.process is not None
    assert live.process.poll() is None
    assert "Traceback" not in mortal.log
    assert [p.refused for p in honest.values()] == [None, None]
    assert written > 0
    await check_documents(live, seeded, list(honest.values()))
    assert sum(outcomes.values()) >= count
    figures.tell(f"{sum(outcomes.values())} hostile frames: {dict(outcomes.most_common())}")


async def check_documents(live: Live, seeded: SeededRoom, honest: list[Provider]) -> None:
    """Check that all that honest people wrote is there, and that the engine gets by with it.

    Some words of theirs are deleted: a mutated update may be a deletion, and a pupil may delete.
    """
    path = live.settings.sqlite_path
    async with Engine() as engine:
        plain = await engine.compact(*stored(path, seeded.documents[TEXT]), kind="text")
        for kind in (RICH, NEW_RICH, NEW_TEXT):
            await engine.compact(*stored(path, seeded.documents[kind]), kind=KINDS[kind])
        assert engine.restarts == 0
    assert plain.text == str(honest[0].pen)
    kept = raw.read_vector(plain.state_vector)
    for provider in honest:
        client_id = provider.pen.doc.client_id
        assert kept[client_id] == provider.pen.vector[client_id]
