"""Who writes where another node writes all the time is stored in its turn, not when that rests."""

import contextlib
from pathlib import Path
from typing import Any

import pytest

from tests.databases import create_database
from tests.docs import forge
from tests.live import Live, SeededRoom, seed_room, serve_here, serve_two
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter, eventually, words_of
from twinspace_rt.docs import contended
from twinspace_rt.docs import document as documents
from twinspace_rt.docs.document import Document
from twinspace_rt.docs.store import Loaded, load
from twinspace_rt.docs.validator import UPDATE_LIMITS
from twinspace_rt.ids import new_id
from twinspace_rt.streams.log import NewEntry, Transaction

MAJAS, ELENIS = 5, 6
ROUNDS = 12


@pytest.mark.parametrize("words", ["maja", "maja " * 20_000], ids=["a-word", "a-book"])
@pytest.mark.parametrize("undone", [False, True], ids=["at-once", "run-again"])
async def test_an_edit_is_stored_though_another_node_is_always_first(
    tmp_path: Path,
    postgresql_url: str,
    monkeypatch: pytest.MonkeyPatch,
    undone: bool,
    words: str,
) -> None:
    database = create_database(postgresql_url, f"contended{new_id()}")
    async with serve_two(tmp_path, database_url=database) as (one, two):
        assert one.node is not None
        assert two.node is not None
        seeded = await one.node.database.write(seed_room)
        page, eleni = seeded.documents[1], seeded.people["eleni"].member_id
        rival, append, read = Pen(ELENIS), two.node.hub.log.append, 0

        async def write_elsewhere(seq: int) -> None:
            entry = NewEntry(eleni, rival.write("eleni "), () if seq else [ELENIS])
            await append(page, 1, seq, [entry])

        async def load_late(*asked: Any) -> Loaded | None:
            nonlocal read
            read += 1
            found = await load(*asked)
            if found is not None and read < ROUNDS:
                await write_elsewhere(found.head_seq)
            return found

        run, runs = contended.LockedAttempt.run, 0

        def run_again(attempt: contended.LockedAttempt, transaction: Transaction) -> int:
            """Run the first attempt again from its start when all is done but the commit."""
            nonlocal runs
            runs += 1
            at = run(attempt, transaction)
            return run(attempt, transaction) if undone and runs == 1 else at

        monkeypatch.setattr(contended.LockedAttempt, "run", run_again)
        async with (
            await enter(one, seeded) as maja,
            await enter(one, seeded, "anna") as anna,
        ):
            monkeypatch.setattr(documents, "load", load_late)
            opened = await one.node.library.open(page)
            assert isinstance(opened, Document)
            waiting, told = one.node.tending.waiting, list[str]()
            monkeypatch.setattr(one.node.hub.bus, "publish", lambda room, _: told.append(room))
            async with opened.committed():
                await maja.send(raw.update(Pen(MAJAS).write(words)))
                await eventually(lambda: waiting.bytes > 0)
                await write_elsewhere(0)
            assert await maja.expect("status") == 1
            assert read == (2 if undone else 1)

            stored = await load(one.node.database, page)
            assert stored is not None
            members = [entry.member_id for entry in stored.tail]
            assert members == [eleni] * (1 + read) + [seeded.people["maja"].member_id]
            assert opened.loaded.tail == stored.tail
            whole, mine = words_of([entry.body for entry in stored.tail]), members[-1]
            others = words_of([e.body for e in stored.tail if e.member_id != mine])
            for peer, told_all in ((anna, whole), (maja, others)):
                reader = Pen(7)
                while str(reader) != told_all:
                    reader.apply(await peer.expect("update"))
            assert page in told, "other nodes hear of it"
            there = await two.node.library.open(page)
            assert there is not None
            await eventually(lambda: there.head_seq == len(members))


@pytest.mark.parametrize("more", [0, 1], ids=["as-much-as-one-may-send", "more"])
async def test_others_wait_for_no_more_than_one_may_send_at_once(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    """However few bytes it has: it is the pieces that take time."""
    assert live.node is not None
    node, append = live.node, live.node.hub.log.append
    page, eleni = seeded.documents[1], seeded.people["eleni"].member_id
    run, locked = contended.LockedAttempt.run, 0

    def count(attempt: contended.LockedAttempt, transaction: Transaction) -> int:
        nonlocal locked
        locked += 1
        return run(attempt, transaction)

    monkeypatch.setattr(contended.LockedAttempt, "run", count)
    pieces = [forge.text("maja", parent="t"), *[forge.gone(1)] * (UPDATE_LIMITS.structs - 1 + more)]
    offline = forge.update(MAJAS, 0, *pieces)
    async with await Peer.open(live, seeded.room_id, seeded.people["maja"], page) as maja:
        await maja.join()
        opened = await node.library.open(page)
        assert opened is not None
        async with opened.committed():
            await maja.send(raw.step_2(offline))
            await eventually(lambda: node.tending.waiting.bytes > 0)
            # As another node would, past this node's document.
            await append(page, 1, 0, [NewEntry(eleni, Pen(ELENIS).write("eleni"), [ELENIS])])
        assert await maja.expect("status") == 1
        assert locked == 1 - more
        stored = await load(live.node.database, page)
        assert stored is not None
        assert [(entry.member_id, entry.ranges[0][0]) for entry in stored.tail] == [
            (eleni, ELENIS),
            (seeded.people["maja"].member_id, MAJAS),
        ]


@pytest.mark.parametrize("by_task", [False, True])
async def test_what_is_typed_in_a_row_while_another_node_is_first_is_acknowledged_letter_by_letter(
    tmp_path: Path, by_task: bool
) -> None:
    letters = "typed"
    async with serve_here(tmp_path / "data", commit_interval_ms=300) as live:
        assert live.node is not None
        node = live.node
        seeded = await node.database.write(seed_room)
        page, eleni = seeded.documents[1], seeded.people["eleni"].member_id
        rival, pen = Pen(ELENIS), Pen(MAJAS)
        async with await enter(live, seeded) as maja:
            await maja.send(raw.update(pen.write("first ")))
            assert await maja.expect("status") == 1
            document = await node.library.open(page)
            assert document is not None
            async with contextlib.AsyncExitStack() as stack:
                if by_task:
                    await stack.enter_async_context(document.committed())
                for letter in letters:
                    await maja.send(raw.update(pen.write(letter)))
                # As another node would, past this node's document, and before what waits here.
                entry = NewEntry(eleni, rival.write("eleni "), [ELENIS])
                await node.hub.log.append(page, 1, 1, [entry])
            for _ in letters:
                assert await maja.expect("status") == 1
            stored = await load(node.database, page)
            assert stored is not None
            assert sorted(words_of([e.body for e in stored.tail])) == sorted("eleni first typed")
            authors = {client: e.member_id for e in stored.tail for client, _, _ in e.ranges}
            assert authors == {MAJAS: seeded.people["maja"].member_id, ELENIS: eleni}
            assert document.head_seq == stored.head_seq
