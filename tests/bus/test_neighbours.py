"""What nodes show each other for the moment, in one process and over Redis."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import msgspec
import pytest
import pytest_asyncio

from tests import programs
from tests.bus.conftest import Nodes, eventually, running
from tests.pausing import redis_paused
from twinspace_rt.bus import neighbours
from twinspace_rt.bus.base import Bus
from twinspace_rt.bus.ephemera import Ephemera
from twinspace_rt.bus.neighbours import Neighbours
from twinspace_rt.bus.redis import RedisBus
from twinspace_rt.ids import new_id

BEAT_S = 0.2


@dataclass
class Window:
    """What one node shows on a channel, and what it sees there of the others."""

    neighbours: Neighbours
    own: dict[str, bytes] = field(default_factory=dict)
    seen: dict[tuple[str, str], bytes] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)
    met: int = 0
    shared: Ephemera = field(init=False)

    def open(self, channel: str) -> "Window":
        self.shared = self.neighbours.share(
            channel,
            whole=lambda: self.own,
            told=self._told,
            passed=self.heard.append,
            met=self._met,
        )
        return self

    def _met(self) -> None:
        assert self.shared.is_shared
        self.met += 1

    def _told(self, node: str, values: Mapping[str, bytes | None]) -> None:
        for key, value in values.items():
            if value is None:
                self.seen.pop((node, key), None)
            else:
                self.seen[node, key] = value

    def show(self, key: str, value: bytes | None) -> None:
        """Show a value from now on."""
        if value is None:
            del self.own[key]
        else:
            self.own[key] = value
        self.shared.tell({key: value})

    def shown_to_others(self) -> dict[tuple[str, str], bytes]:
        return {(self.neighbours.node_id, key): value for key, value in self.own.items()}


def see_each_other(one: Window, other: Window) -> bool:
    return one.seen == other.shown_to_others() and other.seen == one.shown_to_others()


@asynccontextmanager
async def beating(neighbours: Neighbours) -> AsyncIterator[Neighbours]:
    """Let a node say that it is alive."""
    task = asyncio.create_task(neighbours.run())
    try:
        yield neighbours
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest_asyncio.fixture
async def two(nodes: Nodes) -> AsyncIterator[tuple[Window, Window]]:
    """Two nodes, nothing shared yet."""
    async with AsyncExitStack() as stack:
        here, there = [
            await stack.enter_async_context(beating(Neighbours(bus, beat_s=BEAT_S)))
            for bus in (nodes.here, nodes.there)
        ]
        await eventually(lambda: there.node_id in here.alive and here.node_id in there.alive)
        yield Window(here), Window(there)


@pytest.fixture
def channel() -> str:
    return new_id()


async def test_a_newcomer_sees_what_is_shown_and_then_what_changes(
    two: tuple[Window, Window], channel: str
) -> None:
    here, there = two
    here.open(channel).show("maja", b"chat")
    there.own["nikos"] = b"forum"
    there.open(channel)
    await eventually(lambda: there.seen == here.shown_to_others())
    await eventually(lambda: here.seen == there.shown_to_others())
    here.show("maja", b"docs")
    here.show("anna", b"home")
    there.show("nikos", None)
    await eventually(lambda: there.seen == here.shown_to_others() and here.seen == {})
    assert len(there.seen) == 2


async def test_a_message_of_the_moment_reaches_who_shares_the_channel(
    two: tuple[Window, Window], channel: str
) -> None:
    here, there = two[0].open(channel), two[1].open(channel)
    here.show("maja", b"chat")
    there.show("nikos", b"chat")
    await eventually(lambda: see_each_other(here, there))
    here.shared.pass_on(b"is typing")
    await eventually(lambda: there.heard == [b"is typing"])
    assert here.heard == []


async def test_nothing_is_sent_to_nobody(nodes: Nodes, channel: str) -> None:
    carried: list[bytes] = []
    await nodes.there.subscribe(channel, carried.append).ready()
    # Without beats, since nothing is to be told again meanwhile.
    here = Window(Neighbours(nodes.here)).open(channel)
    await eventually(lambda: len(carried) == 1)  # the question whether anybody is there
    here.show("maja", b"chat")
    here.shared.pass_on(b"is typing")
    there = Window(Neighbours(nodes.there)).open(channel)
    await eventually(lambda: there.seen == here.shown_to_others())
    assert not any(b"is typing" in message for message in carried)
    here.show("maja", b"docs")
    await eventually(lambda: there.seen == here.shown_to_others())
    # Its question was answered once, and the answer by nobody.
    asks = [msgspec.msgpack.decode(message)[-1] for message in carried]
    assert asks == [True, False, False]


async def test_nodes_that_share_a_channel_learn_of_each_other_once(
    two: tuple[Window, Window], channel: str
) -> None:
    here, there = two
    here.open(channel)
    assert not here.shared.is_shared
    there.open(channel)
    await eventually(lambda: here.shared.is_shared and there.shared.is_shared)
    here.show("maja", b"chat")
    there.show("nikos", b"chat")
    await eventually(lambda: see_each_other(here, there))
    assert (here.met, there.met) == (1, 1)
    there.shared.close()
    await eventually(lambda: not here.shared.is_shared)
    there.open(channel)
    await eventually(lambda: (here.met, there.met) == (2, 2))


async def test_who_closes_a_channel_shows_nothing_there(
    two: tuple[Window, Window], channel: str
) -> None:
    here, there = two[0].open(channel), two[1].open(channel)
    here.show("maja", b"chat")
    await eventually(lambda: there.seen == here.shown_to_others())
    here.shared.close()
    await eventually(lambda: there.seen == {})
    here.open(channel)
    await eventually(lambda: there.seen == here.shown_to_others())


async def test_a_node_that_takes_its_leave_is_gone_at_once(
    two: tuple[Window, Window], channel: str
) -> None:
    here, there = two[0].open(channel), two[1].open(channel)
    here.show("maja", b"chat")
    await eventually(lambda: there.seen == here.shown_to_others())
    here.neighbours.leave()
    here.show("maja", b"too late")
    await eventually(lambda: there.seen == {})
    assert here.neighbours.node_id not in there.neighbours.alive


class CutBus:
    """A bus whose line to the others may be cut, without anybody telling."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.cut = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._bus, name)

    def publish(self, channel: str, message: bytes) -> None:
        if not self.cut:
            self._bus.publish(channel, message)


async def test_a_node_that_falls_silent_goes_with_all_it_showed_and_may_come_back(
    nodes: Nodes, channel: str
) -> None:
    line = CutBus(nodes.here)
    async with (
        beating(Neighbours(line, beat_s=BEAT_S)) as one,  # type: ignore[arg-type]
        beating(Neighbours(nodes.there, beat_s=BEAT_S)) as two,
    ):
        here, there = Window(one).open(channel), Window(two).open(channel)
        here.show("maja", b"chat")
        there.show("nikos", b"forum")
        await eventually(lambda: there.seen == here.shown_to_others())
        line.cut = True
        await eventually(lambda: there.seen == {})
        assert one.node_id not in two.alive
        assert here.seen == there.shown_to_others()  # the other way nothing is cut
        here.show("maja", b"docs")
        line.cut = False
        await eventually(lambda: there.seen == here.shown_to_others())


async def test_a_lost_message_is_put_right(nodes: Nodes, channel: str) -> None:
    line = CutBus(nodes.here)
    async with (
        beating(Neighbours(line, beat_s=BEAT_S)) as one,  # type: ignore[arg-type]
        beating(Neighbours(nodes.there, beat_s=BEAT_S)) as two,
    ):
        here, there = Window(one).open(channel), Window(two).open(channel)
        here.show("maja", b"chat")
        here.show("anna", b"chat")
        await eventually(lambda: there.seen == here.shown_to_others())
        line.cut = True
        here.show("maja", b"docs")
        here.show("anna", None)
        line.cut = False
        assert there.seen != here.shown_to_others()
        await eventually(lambda: there.seen == here.shown_to_others())


async def test_who_left_unheard_is_dropped_after_a_while(
    nodes: Nodes, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "BEATS_UNTIL_RENEWED", 2)
    line = CutBus(nodes.here)
    async with (
        beating(Neighbours(line, beat_s=BEAT_S)) as one,  # type: ignore[arg-type]
        beating(Neighbours(nodes.there, beat_s=BEAT_S)) as two,
    ):
        here, there = Window(one).open(channel), Window(two).open(channel)
        here.show("maja", b"chat")
        await eventually(lambda: there.seen == here.shown_to_others())
        line.cut = True
        here.shared.close()
        line.cut = False
        assert there.seen == here.shown_to_others()
        await eventually(lambda: there.seen == {})


async def test_one_who_stood_still_itself_does_not_take_the_others_for_gone(
    two: tuple[Window, Window], channel: str
) -> None:
    here, there = two[0].open(channel), two[1].open(channel)
    here.show("maja", b"chat")
    await eventually(lambda: there.seen == here.shown_to_others())
    late_s = 100 * BEAT_S
    there.neighbours._heard_at = {n: at - late_s for n, at in there.neighbours._heard_at.items()}
    there.neighbours._look_around(late_s=late_s)
    assert there.seen == here.shown_to_others()
    there.neighbours._heard_at = {n: at - late_s for n, at in there.neighbours._heard_at.items()}
    there.neighbours._look_around(late_s=0)
    assert there.seen == {}
    await eventually(lambda: there.seen == here.shown_to_others())


async def test_with_redis_away_each_node_shows_its_own_alone_and_afterwards_all(
    channel: str,
) -> None:
    with programs.redis() as url:
        buses = RedisBus(url, ping_s=BEAT_S), RedisBus(url, ping_s=BEAT_S)
        async with (
            running(buses[0]),
            running(buses[1]),
            beating(Neighbours(buses[0], beat_s=BEAT_S)) as one,
            beating(Neighbours(buses[1], beat_s=BEAT_S)) as two,
        ):
            here, there = Window(one).open(channel), Window(two).open(channel)
            here.show("maja", b"chat")
            there.show("nikos", b"forum")
            await eventually(
                lambda: (
                    there.seen == here.shown_to_others() and here.seen == there.shown_to_others()
                )
            )
            with redis_paused(url):
                await eventually(lambda: here.seen == there.seen == {})
                here.show("maja", b"docs")
            await eventually(
                lambda: (
                    there.seen == here.shown_to_others() and here.seen == there.shown_to_others()
                )
            )
