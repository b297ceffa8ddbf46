"""Waits cancelled at any moment: nobody ever gets what another one asked for (CVE-2023-28858)."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, literal, select

from tests import figures
from tests.bus.conftest import running
from tests.faults.storage import Storage, new_database
from tests.live import Live, SeededRoom, Someone, stop_process
from tests.peers.raw import eventually
from twinspace_rt.bus.redis import RedisBus
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.ids import new_id
from twinspace_rt.rooms.access import Role

USERS = 100
QUICK = 300
amounts = pytest.mark.parametrize(
    "cancels", [QUICK, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(900)])]
)


@amounts
async def test_the_bus_brings_nobody_what_is_anothers(redis_url: str, cancels: int) -> None:
    """A hundred users come and go on channels of their own while their waits are cancelled."""
    heard, cancelled, foreign = 0, 0, 0
    channels = [new_id() for _ in range(USERS)]
    async with running(RedisBus(redis_url)) as here, running(RedisBus(redis_url)) as there:

        async def use(user: int) -> None:
            nonlocal heard, cancelled, foreign
            dice = random.Random(user)
            mine = channels[user].encode()

            def take(message: bytes) -> None:
                nonlocal heard, foreign
                heard += 1
                foreign += message != mine

            while cancelled < cancels:
                subscription = here.subscribe(channels[user], take)
                waiting = asyncio.ensure_future(subscription.ready())
                await asyncio.sleep(dice.choice([0, 0, 0.0005, 0.002]))
                cancelled += waiting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await waiting
                there.publish(channels[user], mine)
                await asyncio.sleep(dice.uniform(0, 0.005))
                subscription.end()

        await asyncio.gather(*(use(user) for user in range(USERS)))
        assert foreign == 0
        # What is left works as before: each one's own message comes, and no other.
        before, last = heard, [0] * USERS

        def count(user: int, message: bytes) -> None:
            last[user] += 1 if message == channels[user].encode() else USERS

        for user, channel in enumerate(channels):
            await here.subscribe(channel, partial(count, user)).ready()
        for channel in channels:
            there.publish(channel, channel.encode())
        await eventually(lambda: min(last) > 0)
        assert set(last) == {1}
    figures.tell(
        f"{cancelled} waits of the bus cancelled, {before} messages heard, 0 of them another's"
    )


def echo(db: Connection, words: str) -> str:
    return str(db.execute(select(literal(words))).scalar_one())


@amounts
async def test_the_database_answers_nobody_what_is_anothers(
    postgresql_url: str, cancels: int
) -> None:
    """A hundred users read through few connections while others' reads are cancelled."""
    database = PostgresqlDatabase(postgresql_url)
    answered, cancelled = 0, 0

    async def use(user: int) -> None:
        nonlocal answered, cancelled
        dice = random.Random(user)
        for number in range(1_000_000):
            if cancelled >= cancels:
                return
            mine = f"{user}-{number}"
            look = database.write if dice.random() < 0.1 else database.read
            reading = asyncio.ensure_future(look(partial(echo, words=mine)))
            await asyncio.sleep(dice.choice([0, 0.001, 0.005, 0.02]))
            if dice.random() < 0.7:
                cancelled += reading.cancel()
            # That no connection was free in time is nobody's answer either.
            with contextlib.suppress(asyncio.CancelledError, StorageUnavailable):
                assert await reading == mine
                answered += 1

    try:
        await asyncio.gather(*(use(user) for user in range(USERS)))
    finally:
        await database.close()
    assert answered > 0
    figures.tell(f"{cancelled} reads cancelled, {answered} answered, 0 with what is another's")


@amounts
async def test_cut_requests_leave_nobody_anothers_answer(
    tmp_path: Path, postgresql_url: str, redis_url: str, cancels: int
) -> None:
    """A hundred people ask who they are; many go away before the answer comes."""
    roles = {f"person{n}": (Role.PUPIL, n % 2) for n in range(USERS)}
    with new_database(postgresql_url) as url:
        storage = Storage(tmp_path, url)
        seeded = await asyncio.to_thread(storage.seed, people=roles)
        live = await asyncio.to_thread(storage.start, TWINSPACE_BUS_URL=redis_url)
        try:
            answered = await ask_and_go(live, seeded, cancels)
        finally:
            await asyncio.to_thread(stop_process, live, kill=True)
    figures.tell(f"{cancels} requests cut, {answered} answered, 0 with what is another's")


async def ask_and_go(live: Live, seeded: SeededRoom, cuts: int) -> int:
    """Have everybody ask for their own, and cut some; returns how many were answered."""
    answered, cut = 0, 0

    async def use(name: str, dice: random.Random) -> None:
        nonlocal answered, cut
        while cut < cuts:
            async with asking(live, seeded.people[name]) as reader:
                if dice.random() < 0.7:
                    await asyncio.sleep(dice.choice([0, 0.001, 0.005, 0.02]))
                    cut += 1
                    continue
                head = await reader.readuntil(b"\r\n\r\n")
                if head.startswith(b"HTTP/1.1 503 "):
                    continue  # the database had no connection free in time
                assert head.startswith(b"HTTP/1.1 200 ")
                body = msgspec.json.decode(await reader.read())
                assert body["name"] == f"{name.capitalize()} {seeded.room_id[:4]}"
                answered += 1

    async with asyncio.TaskGroup() as tasks:
        for number, name in enumerate(seeded.people):
            tasks.create_task(use(name, random.Random(number)))
    assert answered > 0
    return answered


@contextlib.asynccontextmanager
async def asking(live: Live, person: Someone) -> AsyncIterator[asyncio.StreamReader]:
    """Ask who somebody is, on a connection that is cut in the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    writer.write(
        f"GET /api/me HTTP/1.1\r\nHost: localhost:{live.port}\r\nConnection: close\r\n"
        f"Cookie: {person.cookie}\r\n\r\n".encode()
    )
    try:
        yield reader
    finally:
        writer.transport.abort()
