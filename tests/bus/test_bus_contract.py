"""What every bus promises, in one process and over Redis."""

import asyncio
import random
import weakref
from functools import partial

import pytest

from tests.bus.conftest import Nodes, eventually
from twinspace_rt.ids import new_id


@pytest.fixture
def channel() -> str:
    return new_id()


async def test_a_message_reaches_the_other_nodes_and_not_its_own(
    nodes: Nodes, channel: str
) -> None:
    here: list[bytes] = []
    there: list[bytes] = []
    await nodes.here.subscribe(channel, here.append).ready()
    await nodes.there.subscribe(channel, there.append).ready()
    nodes.here.publish(channel, b"one")
    nodes.here.publish(channel, b"")
    nodes.here.publish(channel, bytes(range(256)))
    nodes.there.publish(channel, b"answer")
    await eventually(lambda: len(there) == 3 and len(here) == 1)
    assert there == [b"one", b"", bytes(range(256))]
    assert here == [b"answer"]


async def test_a_message_reaches_its_channel_alone(nodes: Nodes, channel: str) -> None:
    got: list[tuple[str, bytes]] = []
    other = new_id()
    for name in (channel, other):
        await nodes.there.subscribe(name, partial(_note, got, name)).ready()
    nodes.here.publish(new_id(), b"nobody's")
    nodes.here.publish(channel, b"a")
    nodes.here.publish(other, b"b")
    await eventually(lambda: len(got) == 2)
    assert got == [(channel, b"a"), (other, b"b")]


def _note(got: list[tuple[str, bytes]], name: str, message: bytes) -> None:
    got.append((name, message))


async def test_every_receiver_of_a_channel_gets_a_message(nodes: Nodes, channel: str) -> None:
    first: list[bytes] = []
    second: list[bytes] = []
    await nodes.there.subscribe(channel, first.append).ready()
    await nodes.there.subscribe(channel, second.append).ready()
    nodes.here.publish(channel, b"hej")
    await eventually(lambda: first == second == [b"hej"])


async def test_nothing_is_received_after_the_end(nodes: Nodes, channel: str) -> None:
    ended: list[bytes] = []
    going_on: list[bytes] = []
    subscription = nodes.there.subscribe(channel, ended.append)
    await subscription.ready()
    await nodes.there.subscribe(channel, going_on.append).ready()
    nodes.here.publish(channel, b"on its way")
    subscription.end()
    subscription.end()
    await eventually(lambda: going_on == [b"on its way"])
    assert ended == []


async def test_who_stopped_listening_is_held_no_more(nodes: Nodes, channel: str) -> None:
    class Listener:
        def hear(self, message: bytes) -> None:
            pass

    listener = Listener()
    gone = weakref.ref(listener)
    subscription = nodes.here.subscribe(channel, listener.hear)
    await subscription.ready()
    subscription.end()
    del listener
    assert gone() is None


async def test_a_channel_that_was_left_can_be_taken_up_again(nodes: Nodes, channel: str) -> None:
    got: list[bytes] = []
    for round_ in range(5):
        subscription = nodes.there.subscribe(channel, got.append)
        await subscription.ready()
        nodes.here.publish(channel, str(round_).encode())
        await eventually(lambda: len(got) == 1)
        assert got.pop() == str(round_).encode()
        subscription.end()


async def test_a_closed_bus_delivers_and_carries_nothing(nodes: Nodes, channel: str) -> None:
    here: list[bytes] = []
    there: list[bytes] = []
    await nodes.here.subscribe(channel, here.append).ready()
    await nodes.there.subscribe(channel, there.append).ready()
    nodes.here.publish(channel, b"on its way")
    nodes.there.close()
    nodes.there.publish(channel, b"too late")
    witness: list[bytes] = []
    await nodes.here.subscribe(channel, witness.append).ready()
    assert there == here == witness == []


async def test_a_receiver_that_fails_harms_no_other(
    nodes: Nodes, channel: str, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[bytes] = []

    def fail(message: bytes) -> None:
        raise ZeroDivisionError

    await nodes.there.subscribe(channel, fail).ready()
    await nodes.there.subscribe(channel, got.append).ready()
    nodes.here.publish(channel, b"secret words")
    nodes.here.publish(channel, b"more of them")
    await eventually(lambda: len(got) == 2)
    assert "ZeroDivisionError" in caplog.text
    assert "secret words" not in caplog.text


async def test_a_burst_arrives_whole_and_in_order(nodes: Nodes, channel: str) -> None:
    got: list[bytes] = []
    await nodes.there.subscribe(channel, got.append).ready()
    sent = [b"%d" % number for number in range(2000)]
    for message in sent:
        nodes.here.publish(channel, message)
    await eventually(lambda: len(got) == len(sent))
    assert got == sent


async def test_those_who_go_away_leave_nobody_a_foreign_answer(nodes: Nodes) -> None:
    """B11: each reader waits for its own words on its own channel; many are cancelled meanwhile."""
    order = random.Random(11)

    async def read(number: int) -> bytes:
        first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        channel = new_id()
        subscription = nodes.there.subscribe(
            channel, lambda m: None if first.done() else first.set_result(m)
        )
        try:
            await subscription.ready()
            nodes.here.publish(channel, b"for %d" % number)
            return await first
        finally:
            subscription.end()

    readers = {number: asyncio.create_task(read(number)) for number in range(1000)}
    for number in order.sample(range(1000), 500):
        await asyncio.sleep(0)
        readers[number].cancel()
    answers = await asyncio.gather(*readers.values(), return_exceptions=True)
    kept = [(n, answer) for n, answer in enumerate(answers) if isinstance(answer, bytes)]
    assert [answer for n, answer in kept] == [b"for %d" % n for n, _ in kept]
    assert len(kept) >= 500
    assert all(isinstance(a, bytes | asyncio.CancelledError) for a in answers)
