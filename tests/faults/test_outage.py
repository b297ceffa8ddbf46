"""The database is away: nothing is called saved, people are told, and nothing is lost."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.client import RoomClient
from tests.faults.conftest import crowding, until
from tests.faults.storage import Storage, new_database
from tests.faults.writers import Writers, crowd
from tests.live import seed_room, serve_here, stop_process
from tests.pausing import postgresql_paused, postgresql_refusing
from twinspace_rt.rooms.models import member

DOCUMENTS = 10
CAUGHT_UP_MAX_S = 10.0
AWAY = {"silent": postgresql_paused, "refusing": postgresql_refusing}


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize(
    ("writers", "seconds"),
    [(10, 2), pytest.param(50, 60, marks=[pytest.mark.long, pytest.mark.timeout(600)])],
)
async def test_postgresql_goes_away_and_comes_back(
    tmp_path: Path, postgresql_url: str, away: str, writers: int, seconds: int
) -> None:
    with new_database(postgresql_url) as url:
        await check_outage(Storage(tmp_path, url), AWAY[away], writers=writers, seconds=seconds)


async def check_outage(
    storage: Storage,
    away: Callable[[str], AbstractContextManager[None]],
    *,
    writers: int,
    seconds: float,
) -> None:
    """Take the database away under people who write, and give it back."""
    seeded = storage.seed(people=crowd(writers), documents=["text"] * DOCUMENTS)
    live = await asyncio.to_thread(storage.start)
    try:
        async with Writers(storage, seeded, lambda _: live) as people:
            await until(lambda: all(w.provider.acknowledged for w in people.all))
            with away(storage.url):
                began = time.monotonic()
                # What was committed a moment before is still on its way.
                await until(lambda: all(w.provider.storage for w in people.all))
                told_after = max(w.provider.storage[0][0] for w in people.all) - began
                silent = time.monotonic()
                await asyncio.sleep(seconds)
                # Nobody is sent away, and nothing is called saved that is not.
                assert all(w.provider.connected for w in people.all)
                told = [t for w in people.all for t in w.provider.acknowledged]
                assert [t for t in told if t > silent] == []
                waiting = sum(w.provider.waiting for w in people.all)
                written = {w.number: w.provider.edits for w in people.all}
            back = time.monotonic()
            await until(lambda: all(w.provider.storage[-1][1] for w in people.all))
            await until(
                lambda: all(
                    w.provider.waiting <= w.provider.edits - written[w.number] for w in people.all
                )
            )
            caught_up = time.monotonic() - back
            words, said = await people.finish()
            assert [w.number for w in people.all if w.provider.connections != 1] == []
    finally:
        await asyncio.to_thread(stop_process, live, kill=True)
    print(
        f"\nPostgreSQL {away.__name__} for {seconds:.0f} s under {writers} writers: told after "
        f"{told_after:.2f} s, {waiting} words waited, caught up {caught_up:.2f} s after its "
        f"return; {words} words and {said} messages, 0 lost, 0 doubled"
    )
    assert caught_up <= CAUGHT_UP_MAX_S * crowding()


async def test_who_was_removed_while_rights_could_not_be_read_is_out_afterwards(
    tmp_path: Path, postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with new_database(postgresql_url) as url:
        async with serve_here(tmp_path, database_url=url) as live:
            assert live.node is not None
            seeded = await live.node.database.write(seed_room)
            maja = seeded.people["maja"]
            async with await RoomClient.open(live, seeded.room_id, maja) as window:
                await window.hello()
                room = live.node.hub.get(seeded.room_id)
                assert room is not None
                removed = update(member).where(member.c.id == maja.member_id).values(removed_at=1)
                await live.node.database.write(lambda db: db.execute(removed) and None)
                with postgresql_refusing(url):
                    room.follow(room.refresh([maja.member_id]))
                    await until(lambda: "rights not read" in caplog.text)
                assert await window.closed() == 4410


async def test_a_ticket_that_cannot_be_redeemed_is_told_to_come_back(
    tmp_path: Path, postgresql_url: str
) -> None:
    with new_database(postgresql_url) as url:
        async with serve_here(tmp_path, database_url=url) as live:
            assert live.node is not None
            seeded = await live.node.database.write(seed_room)
            maja = seeded.people["maja"]
            ticket = live.node.tickets.make(maja.session_id, seeded.room_id)
            async with await RoomClient.open(live, seeded.room_id, None) as window:
                with postgresql_refusing(url):
                    await window.socket.send(json.dumps({"ticket": ticket}))
                    assert await window.closed() == 1013
            # It has not been spent.
            async with await RoomClient.open(live, seeded.room_id, None) as window:
                await window.socket.send(json.dumps({"ticket": ticket}))
                assert (await window.hello())["you"]["member_id"] == maja.member_id
