"""What the log promises, on the embedded database and on PostgreSQL, with one node and with two."""

import asyncio
import random
from functools import partial
from itertools import pairwise

import pytest
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.event import listen

from tests.streams.nodes import Node, Shared, say
from twinspace_rt.errors import Conflict, StorageUnavailable
from twinspace_rt.ids import new_id
from twinspace_rt.streams.follow import EventsGone, Head, events_after, heads
from twinspace_rt.streams.log import (
    ACTIONS_MAX,
    HeadMoved,
    NewEntry,
    StreamClosed,
    Transaction,
    create_stream,
)
from twinspace_rt.streams.models import doc_client, entry, stream

WRITES = 30


async def test_seq_is_the_order_of_commit_on_two_nodes(shared: Shared) -> None:
    """A reader never sees a later event before an earlier one, however it times its reading."""
    nodes = [await shared.node(), await shared.node()]
    rooms = await shared.streams(3)
    order = random.Random(1)

    async def talk(node: Node) -> None:
        says = [(room, f"{i}") for i in range(WRITES) for room in rooms]
        order.shuffle(says)
        async with asyncio.TaskGroup() as tasks:
            for room, words in says:
                tasks.create_task(node.say(room, words))

    async def read_until(done: asyncio.Event) -> int:
        looks = 0
        while not done.is_set():
            for room in rooms:
                seqs = await nodes[0].seqs(room)
                assert seqs == list(range(1, len(seqs) + 1))
                looks += 1
        return looks

    done = asyncio.Event()
    reading = asyncio.create_task(read_until(done))
    await asyncio.gather(*map(talk, nodes))
    done.set()
    assert await reading > 0
    for room in rooms:
        assert await nodes[0].seqs(room) == list(range(1, 2 * WRITES + 1))
    for node in nodes:
        for room in rooms:
            seqs = [event.seq for event in node.delivered if event.stream_id == room]
            assert len(seqs) == WRITES
            assert all(a < b for a, b in pairwise(seqs))


async def test_actions_that_waited_are_stored_some_at_a_time(shared: Shared) -> None:
    """A commit of all of them would keep their rows from other nodes, or never end in time."""
    node = await shared.node()
    (room,) = await shared.streams(1)
    before = node.log.commits
    await asyncio.gather(*(node.say(room, f"{i}") for i in range(3 * ACTIONS_MAX)))
    assert node.log.commits - before >= 3
    assert [event.seq for event in node.delivered] == list(range(1, 3 * ACTIONS_MAX + 1))


async def test_documents_grow_on_two_nodes_without_a_hole_or_a_repeat(shared: Shared) -> None:
    nodes = [await shared.node(), await shared.node()]
    documents = await shared.streams(4, "text")

    async def write(node: Node, name: str, document: str) -> None:
        for number in range(WRITES // 3):
            await node.write(document, f"{name}-{number}", f"{name}-{number}+")

    async with asyncio.TaskGroup() as tasks:
        # Each node asks in an order of its own.
        for node, name, asked in zip(nodes, "ab", (documents, documents[::-1]), strict=True):
            for document in asked:
                tasks.create_task(write(node, name, document))
    for document in documents:
        bodies = await nodes[0].bodies(document)
        assert await nodes[0].seqs(document) == list(range(1, len(bodies) + 1))
        for name in "ab":
            numbers = range(WRITES // 3)
            written = [f"{name}-{n}{end}" for n in numbers for end in ("", "+")]
            assert [body for body in bodies if body.startswith(name)] == written


async def test_actions_on_two_nodes_see_what_the_other_did(shared: Shared) -> None:
    """Each gives itself the number after the last one it reads: none is given twice."""
    nodes = [await shared.node(), await shared.node()]
    [room] = await shared.streams(1)

    def count(transaction: Transaction) -> None:
        held = select(entry.c.seq).where(entry.c.stream_id == room)
        number = len(transaction.connection.execute(held).all())
        say(transaction, room, str(number))

    async with asyncio.TaskGroup() as tasks:
        for number in range(2 * WRITES):
            tasks.create_task(nodes[number % 2].log.act(count, room))
    events = await shared.database.read(lambda db: events_after(db, room, 1, 0))
    assert [f'"text":"{i}"'.encode() in e.frame for i, e in enumerate(events)] == [True] * 60


async def test_an_action_that_learns_its_room_late_can_lock_it(shared: Shared) -> None:
    nodes = [await shared.node(), await shared.node()]
    [room] = await shared.streams(1)

    def join(transaction: Transaction) -> bool:
        transaction.lock(room)
        if transaction.connection.execute(select(entry).where(entry.c.stream_id == room)).first():
            return False
        say(transaction, room, "the first")
        return True

    joined = await asyncio.gather(*(nodes[i % 2].log.act(join) for i in range(8)))
    assert sorted(joined) == [False] * 7 + [True]


async def test_an_append_at_another_head_is_refused(shared: Shared) -> None:
    node = await shared.node()
    [document] = await shared.streams(1, "text")
    await node.write(document, "a")
    for elsewhere in (0, 2):
        with pytest.raises(HeadMoved):
            await node.log.append(document, 1, elsewhere, [NewEntry("m", b"b")])
    await node.log.append(document, 1, 1, [NewEntry("m", b"b")])
    assert await node.bodies(document) == ["a", "b"]


async def test_two_appends_in_one_batch_may_build_on_each_other(shared: Shared) -> None:
    node = await shared.node()
    [document] = await shared.streams(1, "text")
    append = node.log.append
    outcomes = await asyncio.gather(
        append(document, 1, 0, [NewEntry("m", b"a"), NewEntry("m", b"b")]),
        append(document, 1, 2, [NewEntry("m", b"c")]),
        append(document, 1, 2, [NewEntry("m", b"lost")]),
        return_exceptions=True,
    )
    assert isinstance(outcomes[2], HeadMoved)
    assert await node.bodies(document) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("state", "epoch", "open_"),
    [
        ("open", 1, True),
        ("suspect", 1, True),
        ("readonly", 1, False),
        ("quarantined", 1, False),
        ("erased", 1, False),
        ("open", 2, False),
    ],
)
async def test_a_stream_takes_entries_only_while_open_and_in_its_epoch(
    shared: Shared, state: str, epoch: int, open_: bool
) -> None:
    node = await shared.node()
    [document] = await shared.streams(1, "text")
    change = update(stream).where(stream.c.id == document).values(state=state, epoch=epoch)
    await shared.database.write(lambda db: db.execute(change) and None)
    if open_:
        await node.log.append(document, 1, 0, [NewEntry("m", b"a")])
    else:
        with pytest.raises(StreamClosed) as closed:
            await node.log.append(document, 1, 0, [NewEntry("m", b"a")])
        assert (closed.value.state, closed.value.epoch) == (state, epoch)
    assert await node.bodies(document) == (["a"] if open_ else [])


async def test_no_stream_takes_no_entries(shared: Shared) -> None:
    node = await shared.node()
    with pytest.raises(StreamClosed) as closed:
        await node.log.append(new_id(), 1, 0, [NewEntry("m", b"a")])
    assert (closed.value.state, closed.value.epoch) == ("erased", 0)


async def test_a_resent_command_is_stored_once_by_whichever_node(shared: Shared) -> None:
    nodes = [await shared.node(), await shared.node()]
    [room] = await shared.streams(1)
    copies = [nodes[i % 2].say(room, "hej", nonce="nonce-1") for i in range(10)]
    assert await asyncio.gather(*copies) == [1] * 10
    assert await nodes[0].seqs(room) == [1]
    assert sum(len(node.delivered) for node in nodes) == 1


async def test_a_failing_action_takes_nothing_of_its_neighbours(shared: Shared) -> None:
    node = await shared.node()
    room, document = await shared.streams(2)

    def fail_with(error: Exception) -> "asyncio.Task[int]":
        def work(transaction: Transaction) -> int:
            say(transaction, room, "never")
            raise error

        return asyncio.create_task(node.log.act(work, room))

    def repeat_a_row(transaction: Transaction) -> int:
        say(transaction, room, "never")
        create_stream(transaction.connection, room, room, "room")
        return 0

    commits = node.log.commits
    outcomes = await asyncio.gather(
        node.say(room, "one"),
        fail_with(Conflict("no", code="test.no")),
        node.say(room, "two"),
        fail_with(ZeroDivisionError()),
        asyncio.create_task(node.log.act(repeat_a_row, room)),
        node.log.append(document, 1, 0, [NewEntry("m", b"a")]),
        node.say(room, "three"),
        return_exceptions=True,
    )
    assert node.log.commits == commits + 1, "they were meant to share a commit"
    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds == ["int", "Conflict", "int", "ZeroDivisionError", "IntegrityError", "int", "int"]
    assert [outcomes[i] for i in (0, 2, 6)] == [1, 2, 3]
    assert await node.seqs(room) == [1, 2, 3]
    assert [event.seq for event in node.delivered] == [1, 2, 3]


async def test_an_append_that_cannot_be_stored_fails_alone(shared: Shared) -> None:
    node = await shared.node()
    room, good, bad = await shared.streams(3)
    taken = {"stream_id": bad, "client_id": 7, "epoch": 1, "member_id": "somebody"}
    await shared.database.write(lambda db: db.execute(insert(doc_client), [taken]) and None)
    outcomes = await asyncio.gather(
        node.log.append(bad, 1, 0, [NewEntry("m", b"a", [7])]),
        node.log.append(good, 1, 0, [NewEntry("m", b"a", [7])]),
        node.say(room, "hej"),
        node.log.append(bad, 1, 0, [NewEntry("m", b"b", [8])]),
        return_exceptions=True,
    )
    names = [type(outcome).__name__ for outcome in outcomes]
    assert names == ["IntegrityError", "int", "int", "int"]
    assert await node.bodies(bad) == ["b"]
    assert await node.bodies(good) == ["a"]
    assert await node.seqs(room) == [1]


async def test_an_action_is_stored_whole_or_not_at_all(shared: Shared) -> None:
    node = await shared.node()
    [room] = await shared.streams(1)

    def two_and_fail(transaction: Transaction) -> None:
        say(transaction, room, "one")
        say(transaction, room, "two")
        raise Conflict("no", code="test.no")

    with pytest.raises(Conflict):
        await node.log.act(two_and_fail, room)
    assert await node.head(room) == 0
    assert await node.seqs(room) == []
    assert node.delivered == []


async def test_events_are_delivered_before_the_caller_is_told(shared: Shared) -> None:
    node = await shared.node()
    [room] = await shared.streams(1)

    async def check(number: int) -> None:
        seq = await node.say(room, str(number))
        assert seq in [event.seq for event in node.delivered]

    await asyncio.gather(*map(check, range(10)))


async def test_what_is_queued_together_shares_a_commit(shared: Shared) -> None:
    node = await shared.node()
    rooms, documents = await shared.streams(20), await shared.streams(20, "text")
    async with asyncio.TaskGroup() as tasks:
        for room in rooms:
            tasks.create_task(node.say(room, "hej"))
        for document in documents:
            tasks.create_task(node.log.append(document, 1, 0, [NewEntry("m", b"a")]))
    assert node.log.commits == 1
    for id_ in [*rooms, *documents]:
        assert await node.seqs(id_) == [1]


async def test_storage_lost_in_mid_transaction_stores_nothing_and_is_told(shared: Shared) -> None:
    node = await shared.node()
    room, document = await shared.streams(2)

    def lose(transaction: Transaction) -> None:
        say(transaction, room, "never")
        shared.lose(transaction.connection)

    outcomes = await asyncio.gather(
        node.say(room, "hej", nonce="nonce-1"),
        node.log.append(document, 1, 0, [NewEntry("m", b"a")]),
        asyncio.create_task(node.log.act(lose, room)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 3
    assert await node.seqs(room) == await node.seqs(document) == []
    assert node.delivered == []
    await shared.database.write(shared.mend)
    assert await node.say(room, "hej", nonce="nonce-1") == 1
    await node.log.append(document, 1, 0, [NewEntry("m", b"a")])
    assert await node.bodies(document) == ["a"]


async def test_all_that_was_missed_is_read_or_nothing(shared: Shared) -> None:
    node = await shared.node()
    [room] = await shared.streams(1)
    for words in ("one", "two", "three", "four"):
        await node.say(room, words)
    read = shared.database.read
    assert await read(lambda db: events_after(db, room, 1, 1)) == node.delivered[1:]
    assert await read(lambda db: events_after(db, room, 1, 4)) == []
    for epoch, seq in [(2, 1), (1, 5), (1, -1)]:
        with pytest.raises(EventsGone):
            await read(partial(events_after, stream_id=room, epoch=epoch, seq=seq))
    gone = entry.delete().where(entry.c.stream_id == room, entry.c.seq == 2)
    await shared.database.write(lambda db: db.execute(gone) and None)
    with pytest.raises(EventsGone):
        await read(lambda db: events_after(db, room, 1, 1))
    assert await read(lambda db: events_after(db, room, 1, 2)) == node.delivered[2:]


async def test_the_beacon_reads_where_streams_stand(shared: Shared) -> None:
    node = await shared.node()
    rooms = await shared.streams(3)
    await node.say(rooms[0], "one")
    await node.say(rooms[0], "two")
    await node.say(rooms[1], "one")
    asked = [*rooms, new_id()]
    assert await shared.database.read(lambda db: heads(db, asked)) == {
        rooms[0]: Head(1, 2, "open"),
        rooms[1]: Head(1, 1, "open"),
        rooms[2]: Head(1, 0, "open"),
    }


async def test_the_beacon_asks_for_any_number_of_streams_in_the_same_words(shared: Shared) -> None:
    """Drivers keep each statement prepared, and a node has another number of rooms each second."""
    streams = await shared.streams(3)
    said: list[str] = []

    def read(db: Connection) -> int:
        listen(db, "before_cursor_execute", lambda *told: said.append(told[2]))
        return sum(len(heads(db, streams[:count])) for count in range(4))

    assert await shared.database.read(read) == 1 + 2 + 3
    assert len(said) == 4
    assert len(set(said)) == 1


async def test_a_text_taken_back_leaves_the_stored_event(shared: Shared) -> None:
    node = await shared.node()
    [room] = await shared.streams(1)
    await node.say(room, "not meant for you")
    await node.log.act(lambda tx: tx.amend(room, 1, lambda push: push.update(text="")), room)
    [event] = await shared.database.read(lambda db: events_after(db, room, 1, 0))
    assert b"not meant" not in event.frame
    assert event.seq == 1
