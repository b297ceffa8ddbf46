"""Readers who never read, and a class that joins at once."""

import asyncio
import time

import psutil
import pytest

from tests import figures
from tests.faults.conftest import Mortal, crowding
from tests.peers import raw
from tests.peers.provider import Provider
from tests.peers.raw import Peer, Pen, eventually, words_of

MIB = 1024 * 1024
SLOW = 20
WRITERS = ("anna", "nikos", "olga", "maja")
PIECES = 30
PIECE = "x" * 60_000 + " "
JOINERS = 30
JOINED_MAX_S = 1.0
JOINED_CPU_MAX_S = 0.1


async def enter(mortal: Mortal, who: str, pen: Pen, *, receive_buffer: int | None = None) -> Peer:
    """Join the plain document and bring what the pen has."""
    seeded = mortal.seeded
    peer = await Peer.open(
        mortal.live,
        seeded.room_id,
        seeded.people[who],
        seeded.documents[1],
        receive_buffer=receive_buffer,
    )
    await peer.join()
    await peer.send(raw.step_2(pen.lacking(b"\0")))
    assert await peer.expect("status") == 1
    return peer


@pytest.mark.parametrize("count", [SLOW, pytest.param(200, marks=pytest.mark.long)])
async def test_readers_who_never_read_are_closed_and_hold_up_nobody(
    mortal: Mortal, count: int
) -> None:
    server = psutil.Process(mortal.pid)
    seeded, document = mortal.seeded, mortal.seeded.documents[1]
    slow = [await enter(mortal, "eleni", Pen(99), receive_buffer=4096) for _ in range(count)]
    before = server.memory_info().rss
    providers = {who: Provider(Pen(n)) for n, who in enumerate(WRITERS, 1)}
    serving = [
        asyncio.create_task(
            provider.serve(mortal.live, seeded.room_id, seeded.people[who], document)
        )
        for who, provider in providers.items()
    ]
    try:
        await eventually(lambda: all(p.all_saved for p in providers.values()))
        for _ in range(PIECES):
            for provider in providers.values():
                await provider.write(PIECE)
            await eventually(lambda: all(p.all_saved for p in providers.values()))
        sent = PIECES * len(WRITERS) * len(PIECE)
        await eventually(lambda: all(len(p.pen.text) == sent for p in providers.values()))
        await eventually(lambda: mortal.log.count("code=4508") == count)
        assert [task for task in serving if task.done()] == []
    finally:
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
    grown = server.memory_info().rss - before
    content = 4 * sent  # the log's tail, its frames, what the validator knows, the allocator
    figures.tell(f"{count} slow readers of {sent / MIB:.1f} MiB: grown by {grown / MIB:.0f} MiB")
    assert grown < content + count * 1.2 * MIB
    codes = [await peer.closed() for peer in slow]
    assert set(codes) <= {4508, 1006}  # cut, where the code found no room on the line any more


async def test_thirty_join_a_megabyte_at_once(mortal: Mortal) -> None:
    pen = Pen(1)
    async with await enter(mortal, "anna", Pen(2)) as anna:
        for _ in range(18):
            await anna.send(raw.update(pen.write(PIECE, at=0)))
            assert await anna.expect("status") == 1
    seeded = mortal.seeded
    people = [seeded.people[name] for name in ("nikos", "olga", "maja", "eleni", "anna")]
    peers = [
        await Peer.open(mortal.live, seeded.room_id, people[n % 5], seeded.documents[1])
        for n in range(JOINERS)
    ]
    server = psutil.Process(mortal.pid)
    before, started = server.cpu_times(), time.monotonic()
    joined = await asyncio.gather(*(peer.join() for peer in peers))
    took, after = time.monotonic() - started, server.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    whole = PIECE * 18
    for told in joined:
        assert sum(len(t.value) for t in told if t.name == "update") > MIB
    assert words_of([t.value for t in joined[0] if t.name == "update"]) == whole
    for peer in peers:
        await peer.socket.close()
    figures.tell(
        f"{JOINERS} joined {len(whole) / MIB:.2f} MiB: all synced after {took:.2f} s, "
        f"{1000 * cpu:.0f} ms of the server's processor"
    )
    assert cpu <= JOINED_CPU_MAX_S
    assert took <= JOINED_MAX_S * crowding()
