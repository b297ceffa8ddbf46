"""Redis restarted, paused, cut off or never there: found out, told, and mended without anybody."""

import asyncio
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests import programs
from tests.bus.conftest import eventually, running
from tests.pausing import redis_paused
from twinspace_rt.bus.base import BEACON_ALONE_S, BEACON_S, BEACON_SOLE_S, beacon_s
from twinspace_rt.bus.redis import RedisBus
from twinspace_rt.errors import BadSetting
from twinspace_rt.ids import new_id

PING_S = 0.2


async def test_a_restarted_redis_is_subscribed_to_again(tmp_path: Path) -> None:
    """B1: it comes back empty, under the same address."""
    address = tmp_path / "redis.sock"
    got: list[bytes] = []
    gaps: list[None] = []
    channel = new_id()
    here = RedisBus(f"unix://{address}", ping_s=PING_S)
    there = RedisBus(f"unix://{address}", ping_s=PING_S)
    there.on_gap(lambda: gaps.append(None))
    with _redis_at(address):
        carrying = [asyncio.create_task(bus.run()) for bus in (here, there)]
        subscription = there.subscribe(channel, got.append)
        await eventually(lambda: here.connected and there.connected)
        await subscription.ready()
        here.publish(channel, b"before")
        await eventually(lambda: got == [b"before"])
        told = len(gaps)
        late = there.subscribe(new_id(), got.append)
    await eventually(lambda: not here.connected and not there.connected)
    here.publish(channel, b"meanwhile")
    with _redis_at(address):
        await eventually(lambda: here.connected and there.connected)
        await subscription.ready()
        await late.ready()
        here.publish(channel, b"after")
        await eventually(lambda: got[-1] == b"after")
        assert got == [b"before", b"after"]
        assert len(gaps) > told
        here.close()
        there.close()
        await asyncio.gather(*carrying)


async def test_without_redis_the_database_is_looked_at_more_often(tmp_path: Path) -> None:
    address = tmp_path / "redis.sock"
    bus = RedisBus(f"unix://{address}", ping_s=PING_S)
    carrying = asyncio.create_task(bus.run())
    assert beacon_s(bus, shared=True) == BEACON_ALONE_S
    assert beacon_s(bus, shared=False) == BEACON_SOLE_S  # nobody else writes in it
    with _redis_at(address):
        await eventually(lambda: bus.connected)
        assert beacon_s(bus, shared=True) == BEACON_S
    await eventually(lambda: beacon_s(bus, shared=True) == BEACON_ALONE_S)
    bus.close()
    await carrying


async def test_a_silent_redis_is_noticed_and_holds_up_nobody() -> None:
    """B2: stopped, its sockets stay open; nothing but time tells."""
    with programs.redis() as url:
        here, there = RedisBus(url, ping_s=PING_S), RedisBus(url, ping_s=PING_S)
        got: list[bytes] = []
        channel = new_id()
        async with running(here), running(there):
            subscription = there.subscribe(channel, got.append)
            await subscription.ready()
            with redis_paused(url):
                async with asyncio.timeout(30):
                    while here.connected or there.connected:
                        here.publish(channel, b"x" * 100_000)
                        await asyncio.sleep(0)
                assert here._outgoing_bytes == 0
            await eventually(lambda: here.connected and there.connected)
            await subscription.ready()
            here.publish(channel, b"after")
            await eventually(lambda: b"after" in got)


async def test_what_waits_for_redis_is_bounded() -> None:
    with programs.redis() as url:
        bus = RedisBus(url, ping_s=30)
        async with running(bus):
            for number in range(100):
                bus.publish("channel", b"%d" % number + bytes(100_000))
            held = [message for _, message in bus._outgoing]
            assert sum(map(len, held)) <= 1024 * 1024 + 20 * len(held)
            assert held[-1][20:22] == b"99", "the newest say more"


async def test_only_channels_in_use_are_subscribed_to(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as client:
        bus = RedisBus(redis_url)
        async with running(bus):
            subscriptions = [bus.subscribe(f"used{i}", lambda _: None) for i in range(3)]
            subscriptions.append(bus.subscribe("used0", lambda _: None))
            for subscription in subscriptions:
                await subscription.ready()
            assert len(await client.pubsub_channels("twinspace:used*")) == 3
            for subscription in subscriptions:
                subscription.end()
            async with asyncio.timeout(30):
                while await client.pubsub_channels("twinspace:used*"):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)


async def test_a_redis_that_is_not_there_delays_nothing(tmp_path: Path) -> None:
    bus = RedisBus(f"unix://{tmp_path}/nothing", ping_s=PING_S)
    carrying = asyncio.create_task(bus.run())
    subscription = bus.subscribe("channel", lambda _: None)
    bus.publish("channel", b"hej")
    await asyncio.sleep(0)
    assert not bus.connected
    assert not subscription.carried.is_set()
    bus.close()
    await asyncio.wait_for(carrying, 30)


async def test_no_word_of_a_message_reaches_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    address = tmp_path / "redis.sock"
    bus = RedisBus(f"unix://:pass-word@{address}", ping_s=PING_S)
    carrying = asyncio.create_task(bus.run())
    await eventually(lambda: "redis lost line=subscriber" in caplog.text)
    bus.close()
    await carrying
    assert "pass-word" not in caplog.text


@pytest.mark.parametrize(
    "url", ["http://localhost", "localhost:6379", "redis://h/?socket_timeout=x"]
)
async def test_an_address_that_is_no_redis_is_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="TWINSPACE_BUS_URL"):
        RedisBus(url)


@contextmanager
def _redis_at(address: Path) -> Iterator[None]:
    """Run a new, empty Redis and make it reachable at a fixed address."""
    with programs.redis() as url:
        address.symlink_to(url.removeprefix("unix://"))
        try:
            yield
        finally:
            address.unlink()


async def test_who_stops_listening_is_forgotten_though_redis_is_away(tmp_path: Path) -> None:
    """A node without its Redis opens and closes rooms for hours."""

    class Listener:
        def hear(self, message: bytes) -> None:
            pass

    bus = RedisBus(f"unix://{tmp_path / 'nobody.sock'}", ping_s=PING_S)
    carrying = asyncio.create_task(bus.run())
    listener = Listener()
    gone = weakref.ref(listener)
    bus.subscribe(new_id(), listener.hear).end()
    del listener
    assert gone() is None
    bus.close()
    await carrying
