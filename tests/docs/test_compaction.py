"""A snapshot replaces the log and nothing is lost by it (ARCHITECTURE.md)."""

import asyncio
from pathlib import Path

import pytest
from pycrdt import Doc, Text
from sqlalchemy import Select, Table, func, insert, select

from tests.client import RoomClient
from tests.live import Live, SeededRoom, seed_room, serve_two
from tests.peers.raw import Pen, eventually, words_of
from twinspace_rt.docs import tending
from twinspace_rt.docs.document import Document
from twinspace_rt.docs.store import load
from twinspace_rt.docs.validator import UPDATE_LIMITS, parse
from twinspace_rt.streams.log import NewEntry
from twinspace_rt.streams.models import archive, entry, snapshot


async def _type(live: Live, seeded: SeededRoom, words: list[str]) -> str:
    """Write words into the plain document, one entry each, as their author's editor would."""
    assert live.node is not None
    document_id = seeded.documents[1]
    author: Doc[Text] = Doc(client_id=11)
    text = author.get("t", type=Text)
    updates: list[bytes] = []
    author.observe(lambda event: updates.append(event.update))
    for word in words:
        text += word
    member = seeded.people["maja"].member_id
    loaded = await load(live.node.database, document_id)
    assert loaded is not None
    for update in updates:
        verdict = loaded.validator.check(parse(update, UPDATE_LIMITS), member)
        loaded.validator.apply(verdict)
        await live.node.hub.log.append(
            document_id, 1, loaded.head_seq, [NewEntry(member, update, verdict.new_clients)]
        )
        loaded.head_seq += 1
    return document_id


async def test_a_snapshot_holds_what_the_log_held(live: Live, seeded: SeededRoom) -> None:
    assert live.node is not None
    database = live.node.database
    document_id = await _type(live, seeded, ["One ", "två ", "τρία ", "🦋"] * 10)
    document = await live.node.library.open(document_id)
    assert document is not None
    before = document.loaded.validator.state_vector()

    assert await live.node.tending.compact(document)

    def count(table: Table) -> Select[int]:
        return select(func.count()).select_from(table).where(table.c.stream_id == document_id)

    kept = await database.read(
        lambda db: [db.execute(count(t)).scalar_one() for t in (entry, snapshot, archive)]
    )
    assert kept[:2] == [0, 1]
    assert kept[2] >= 1
    again = await load(database, document_id)
    assert again is not None
    assert again.head_seq == 40
    assert again.validator.state_vector() == before
    assert again.validator.owner(11) == seeded.people["maja"].member_id
    fresh: Doc[Text] = Doc()
    assert again.snapshot is not None
    fresh.apply_update(again.snapshot)
    assert str(fresh.get("t", type=Text)) == "One två τρία 🦋" * 10


async def test_history_keeps_who_wrote_what(live: Live, seeded: SeededRoom) -> None:
    assert live.node is not None
    page, append = seeded.documents[1], live.node.hub.log.append
    maja, eleni = (seeded.people[name].member_id for name in ("maja", "eleni"))
    pens = {maja: Pen(11), eleni: Pen(12)}
    seq = 0
    for authors in ([maja, maja, maja, eleni, maja], [eleni, maja, maja]):
        for author in authors:
            change = pens[author].write(f"word{seq} ")
            first = [pens[author].doc.client_id] if seq in {0, 3} else []
            await append(page, 1, seq, [NewEntry(author, change, first)])
            for pen in pens.values():
                pen.apply(change)
            seq += 1
        document = await _opened(live, page)
        async with document.committed():
            await document.catch_up()
        assert await live.node.tending.compact(document)

    rows = await live.node.database.read(
        lambda db: db.execute(
            select(archive).where(archive.c.stream_id == page).order_by(archive.c.from_seq)
        ).all()
    )
    assert [(row.from_seq, row.upto_seq, row.member_id) for row in rows] == [
        (1, 3, maja),
        (4, 4, eleni),
        (5, 5, maja),
        (6, 6, eleni),
        (7, 8, maja),
    ]
    assert words_of([row.body for row in rows]) == "".join(f"word{n} " for n in range(8))
    assert [row.at for row in rows] == sorted(row.at for row in rows)


async def test_a_second_snapshot_needs_something_new(live: Live, seeded: SeededRoom) -> None:
    assert live.node is not None
    document_id = await _type(live, seeded, ["word"])
    document = await live.node.library.open(document_id)
    assert document is not None
    assert await live.node.tending.compact(document)
    assert not await live.node.tending.compact(document)


async def test_searching_finds_the_words_of_a_snapshot(live: Live, seeded: SeededRoom) -> None:
    assert live.node is not None
    document_id = await _type(live, seeded, ["The Høje river, ", "and the Axios"])
    document = await live.node.library.open(document_id)
    assert document is not None
    await live.node.tending.compact(document)
    async with await RoomClient.open(live, seeded.room_id, seeded.people["eleni"]) as eleni:
        await eleni.hello()
        found = await eleni.ask("docs.search", text="AXIOS høje")
        assert [f["document_id"] for f in found["ok"]["found"]] == [document_id]
        assert "Axios" in found["ok"]["found"][0]["excerpt"]
        nothing = await eleni.ask("docs.search", text="axi_s")
        assert nothing["ok"]["found"] == []


async def _opened(live: Live, document_id: str) -> Document:
    assert live.node is not None
    document = await live.node.library.open(document_id)
    assert document is not None
    return document


async def test_two_nodes_take_turns_at_compacting_one_document(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve_two(tmp_path, database_url=postgresql_url) as (one, two):
        assert one.node is not None
        assert two.node is not None
        seeded = await one.node.database.write(seed_room)
        page, author = seeded.documents[1], seeded.people["maja"].member_id
        append, pen = one.node.hub.log.append, Pen(11)
        await append(page, 1, 0, [NewEntry(author, pen.write("one "), [11])])
        await append(page, 1, 1, [NewEntry(author, pen.write("two "))])
        here, there = await _opened(one, page), await _opened(two, page)

        assert await one.node.tending.compact(here)
        assert not await two.node.tending.compact(there)  # the other node was first
        assert (there.loaded.snapshot_seq, there.loaded.tail) == (2, [])

        await append(page, 1, 2, [NewEntry(author, pen.write("three "))])
        await eventually(lambda: here.head_seq == there.head_seq == 3)
        assert await two.node.tending.compact(there)
        assert not await one.node.tending.compact(here)
        for document in (here, there):
            assert document.loaded.snapshot is not None
            assert words_of([document.loaded.snapshot]) == "one two three "

        await append(page, 1, 3, [NewEntry(author, pen.write("four"))])
        await eventually(lambda: here.head_seq == there.head_seq == 4)
        monkeypatch.setattr(tending, "IDLE_S", 0.0)
        # Both want to compact it at the same moment, and then have no use for it any more.
        both = (one.node.tending, two.node.tending)
        await eventually(lambda: not any(tended.documents for tended in both))
        stored = await load(one.node.database, page)
        assert stored is not None
        assert stored.snapshot is not None
        assert (stored.snapshot_seq, words_of([stored.snapshot])) == (4, "one two three four")


async def test_what_cannot_be_stored_is_not_proved_again_at_once(
    live: Live,
    seeded: SeededRoom,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert live.node is not None
    page = await _type(live, seeded, ["word"])
    who = {"stream_id": page, "epoch": 1, "member_id": seeded.people["maja"].member_id}
    taken = insert(archive).values(**who, from_seq=1, upto_seq=1, at=0, body=b"")
    await live.node.database.write(lambda db: db.execute(taken))
    await _opened(live, page)
    monkeypatch.setattr(tending, "IDLE_S", 0.0)
    await eventually(lambda: "compaction failed" in caplog.text)
    held = live.node.tending._open[page]
    await eventually(lambda: not held.compacting)
    assert held.retry_at > asyncio.get_running_loop().time()
