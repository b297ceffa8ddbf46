"""An input that kills the engine, or is in the log past the validator, costs its own document."""

import functools
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, insert, select, update

from tests.docs import forge
from tests.faults import mortal_engine
from tests.live import Live, SeededRoom, seed_room, serve_here
from tests.peers import raw
from tests.peers.raw import Pen, enter, eventually, words_of
from twinspace_rt.docs import quarantine
from twinspace_rt.docs.compaction import TAIL_MAX_ENTRIES
from twinspace_rt.docs.engine import Engine
from twinspace_rt.streams.models import entry, stream

COMMAND = (sys.executable, "-P", mortal_engine.__file__)
# Nested deeper than yrs can bear: it dies when it reads this.
DEEP = forge.update(77, 0, forge.values(b"\x75\x01" * 30_000 + b"\x7e", parent="t"))


@pytest_asyncio.fixture
async def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    """A server whose engine is mortal, and is tried again without a pause."""
    monkeypatch.setattr("twinspace_rt.app.Engine", functools.partial(Engine, command=COMMAND))
    monkeypatch.setattr(quarantine, "STRIKE_PAUSE_S", 0.0)
    async with serve_here(tmp_path / "data") as server:
        yield server


@pytest_asyncio.fixture
async def seeded(live: Live) -> SeededRoom:
    """A room with two plain documents."""
    assert live.node is not None
    return await live.node.database.write(lambda db: seed_room(db, documents=["text"] * 2))


async def state_of(live: Live, document: str) -> str:
    assert live.node is not None
    where = select(stream.c.state).where(stream.c.id == document)
    return str(await live.node.database.read(lambda db: db.execute(where).scalar_one()))


async def put_in_the_log(live: Live, document: str, body: bytes) -> None:
    """Append an entry as no server would: without asking the validator."""
    assert live.node is not None

    def work(db: Connection) -> None:
        seq = db.execute(
            update(stream)
            .where(stream.c.id == document)
            .values(head_seq=stream.c.head_seq + 1)
            .returning(stream.c.head_seq)
        ).scalar_one()
        row = {"stream_id": document, "epoch": 1, "seq": seq, "member_id": "0" * 20, "at": 0}
        db.execute(insert(entry).values(**row, body=body))

    await live.node.database.write(work)
    live.node.library.look_again(document)


async def good_snapshot(live: Live, document: str) -> None:
    """Compact a document."""
    assert live.node is not None
    opened = await live.node.library.open(document)
    assert opened is not None
    assert await live.node.tending.compact(opened)


async def check_the_other_one(live: Live, seeded: SeededRoom) -> None:
    """Write in the second document, and compact it: nothing has happened to it."""
    async with await enter(live, seeded, "eleni", 1) as eleni:
        await eleni.send(raw.update(Pen(5).write("all is well")))
        assert await eleni.expect("status") == 1
        await good_snapshot(live, seeded.documents[1])


async def test_what_kills_the_engine_is_quarantined_after_three_deaths(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    document = seeded.documents[0]
    pen = Pen(1)
    async with (
        await enter(live, seeded, "anna", 0, text=True) as anna,
        await enter(live, seeded, "maja", 0) as maja,
    ):
        await anna.socket.send('{"id":1,"type":"room.hello","since":null}')
        await anna.expect("text", lambda f: f.get("id") == 1)
        await maja.send(raw.update(pen.write("good words ")))
        assert await maja.expect("status") == 1
        await good_snapshot(live, document)
        for n in range(TAIL_MAX_ENTRIES + 8):
            await maja.send(raw.update(pen.write(f"POISON {n:>30} ", at=0 if n % 2 else None)))
        for _ in range(TAIL_MAX_ENTRIES + 8):
            assert await maja.expect("status") == 1
        # Each second it is tried again; people are told when it is given up.
        pushed = await anna.expect("text", lambda f: f.get("type") == "docs.changed")
        assert pushed["document"]["state"] == "quarantined"
        assert await maja.expect("authenticated") == "readonly"
        assert await maja.expect("stateless") == {"type": "state", "state": "quarantined"}
        await maja.send(raw.update(pen.write("too late")))
        assert await maja.expect("status") == 0
        assert live.node.engine.restarts <= quarantine.STRIKES_MAX
        await check_the_other_one(live, seeded)
    assert await state_of(live, document) == "quarantined"
    async with await enter(live, seeded, "eleni", 0) as eleni:
        assert eleni.welcome[0].value == "readonly"
        assert words_of([t.value for t in eleni.welcome if t.name == "update"]) == "good words "
    assert live.node.engine.restarts <= quarantine.STRIKES_MAX


async def test_a_document_is_cleared_when_the_engine_gets_by(
    live: Live, seeded: SeededRoom
) -> None:
    """An engine that was killed from outside is no verdict on the document."""
    assert live.node is not None
    document = seeded.documents[0]
    await live.node.database.write(lambda db: quarantine.do_suspect(db, document))
    pen = Pen(1)
    async with await enter(live, seeded, "maja", 0) as maja:
        assert maja.welcome[0].value == "read-write"
        for n in range(TAIL_MAX_ENTRIES + 8):
            await maja.send(raw.update(pen.write(f"{n:>40} ", at=0 if n % 2 else None)))
        opened = await live.node.library.open(document)
        assert opened is not None
        await eventually(lambda: opened.loaded.state == "open" and opened.loaded.snapshot_seq > 0)
    async with await enter(live, seeded, "eleni", 0) as eleni:
        assert eleni.welcome[0].value == "read-write"
    assert await state_of(live, document) == "open"


async def test_poison_in_the_log_opens_read_only_from_the_last_snapshot(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    document = seeded.documents[0]
    async with await enter(live, seeded, "maja", 0) as maja:
        await maja.send(raw.update(Pen(1).write("good words ")))
        assert await maja.expect("status") == 1
        await good_snapshot(live, document)
        # Another node would write so; this one finds it at its next look.
        await put_in_the_log(live, document, DEEP)
        assert await maja.expect("authenticated") == "readonly"
        assert await maja.expect("stateless") == {"type": "state", "state": "quarantined"}
    async with await enter(live, seeded, "eleni", 0) as eleni:
        assert words_of([t.value for t in eleni.welcome if t.name == "update"]) == "good words "
    await check_the_other_one(live, seeded)
    assert live.node.engine.restarts == 0


async def test_poison_in_the_log_of_a_document_that_is_not_open(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    document = seeded.documents[0]
    await put_in_the_log(live, document, DEEP)
    async with await enter(live, seeded, "maja", 0) as maja:
        assert [t.name for t in maja.welcome] == ["authenticated", "step1", "step2"]
        assert maja.welcome[0].value == "readonly"
        # The room's own connection and its other documents go on.
        await check_the_other_one(live, seeded)
        assert await maja.settled() == []
    assert await state_of(live, document) == "quarantined"
    assert live.node.engine.restarts == 0
