"""The database is away: nothing is called saved, people are told, and nothing is lost."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from tests import figures
from tests.client import RoomClient
from tests.faults.conftest import crowding, until
from tests.faults.storage import Storage, new_database
from tests.faults.writers import Writers, crowd
from tests.live import Live, SeededRoom, Someone, seed_room, serve_here, stop_process
from tests.pausing import postgresql_paused, postgresql_refusing
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter
from twinspace_rt.db.engine import Database
from twinspace_rt.docs import document as documents
from twinspace_rt.docs import tending
from twinspace_rt.docs.store import Loaded, load
from twinspace_rt.errors import StorageUnavailable
from twinspace_rt.rooms.connection import Pause
from twinspace_rt.rooms.models import member
from twinspace_rt.streams.log import NewEntry

DOCUMENTS = 10
TOLD_MAX_S = 6.0
"""One statement's limit, and a second."""
CAUGHT_UP_MAX_S = 10.0
SEEN_MAX_S = 2.0
CURSOR, MOVES = 5000, 10
EDITS, EDIT_BYTES = 60, 20_000
"""More than the least that may wait, and less than one person may write at once."""
AWAY_TOLD = {"type": "storage", "available": False, "code": "database_away"}
BACK_TOLD = {"type": "storage", "available": True, "code": "ok"}
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


@dataclass
class Company:
    """Two people who see each other in a room, and one's cursor in a document."""

    first: Someone
    moving: Peer
    watching: Peer
    leaving: RoomClient
    staying: RoomClient

    async def shown_after(self) -> float:
        """Move a cursor some times, and close a window; returns the longest wait to see it."""
        waits = []
        for turn in range(MOVES):
            sent = time.monotonic()
            await self.moving.send(raw.awareness((CURSOR, turn + 1, f'{{"cursor":{turn}}}')))
            async for told in self.watching:
                if told.name == "awareness" and CURSOR in told.value:
                    _, state = told.value[CURSOR]
                    if state["cursor"] == turn:
                        break
            waits.append(time.monotonic() - sent)
        # What was said before is here with the answer; unread, it would hold up the close.
        await self.leaving.ask("room.nothing")
        await self.staying.ask("room.nothing")
        self.staying.frames.clear()
        sent = time.monotonic()
        await self.leaving.socket.close()
        shown = (await self.staying.expect("room.presence"))["present"]
        assert [one["member_id"] for one in shown] == [self.first.member_id]
        return max(*waits, time.monotonic() - sent)


@asynccontextmanager
async def company(live: Live, seeded: SeededRoom) -> AsyncIterator[Company]:
    """Bring the last two of a room into it, and into its first document."""
    *_, first, second = seeded.people.values()
    room_id, document = seeded.room_id, seeded.documents[0]
    async with AsyncExitStack() as stack:
        peers, windows = [], []
        for one in (first, second):
            peer = await Peer.open(live, room_id, one, document)
            peers.append(await stack.enter_async_context(peer))
            await peer.join()
            window = await RoomClient.open(live, room_id, one)
            windows.append(await stack.enter_async_context(window))
            await window.hello()
        moving, watching = peers
        leaving, staying = windows
        yield Company(first, moving, watching, leaving, staying)


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
        async with (
            Writers(storage, seeded, lambda _: live) as people,
            company(live, seeded) as others,
        ):
            await until(lambda: all(w.provider.acknowledged for w in people.all))
            with away(storage.url):
                began = time.monotonic()
                # What was committed a moment before is still on its way.
                await until(lambda: all(w.provider.storage for w in people.all))
                told_after = max(w.provider.storage[0][0] for w in people.all) - began
                silent = time.monotonic()
                shown_after = await others.shown_after()
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
    figures.tell(
        f"PostgreSQL {away.__name__} for {seconds:.0f} s under {writers} writers: told after "
        f"{told_after:.2f} s, cursors and presence shown within {shown_after:.2f} s, {waiting} "
        f"words waited, caught up {caught_up:.2f} s after its return; {words} words and {said} "
        "messages, 0 lost, 0 doubled",
        allowed=crowding(),
    )
    assert told_after <= TOLD_MAX_S
    assert shown_after <= SEEN_MAX_S
    assert caught_up <= CAUGHT_UP_MAX_S * crowding()


@asynccontextmanager
async def one_document(folder: Path, url: str) -> AsyncIterator[tuple[Live, SeededRoom]]:
    """Serve a room with one document, on PostgreSQL."""
    async with serve_here(folder, database_url=url) as live:
        assert live.node is not None
        yield live, await live.node.database.write(partial(seed_room, documents=["text"]))


async def test_only_those_are_told_who_wait_and_until_they_wait_no_more(
    tmp_path: Path, postgresql_url: str
) -> None:
    async with serve_here(tmp_path, database_url=postgresql_url) as live:
        assert live.node is not None
        log = live.node.hub.log
        seeded = await live.node.database.write(partial(seed_room, documents=["text"] * 3))
        async with AsyncExitStack() as stack:
            peers = []
            for place, who in enumerate(("anna", "maja", "eleni")):
                peer = await enter(live, seeded, who, place)
                peers.append(await stack.enter_async_context(peer))
            anna, maja, eleni = peers
            stored = raw.update(Pen(2).write("stored"))
            await maja.send(stored)
            assert await maja.expect("status") == 1
            with postgresql_paused(postgresql_url):
                await anna.send(raw.update(Pen(1).write("unsaved")))
                await until(lambda: log.late != "")
                assert await anna.expect("stateless") == AWAY_TOLD
                # What comes behind a commit that is late is in the same trouble from the start.
                await maja.send(stored)
                assert await maja.expect("stateless") == AWAY_TOLD
                assert log.late
            for waiting in (anna, maja):  # and nothing is stored of what is known already
                assert await waiting.expect("stateless") == BACK_TOLD
                assert await waiting.expect("status") == 1
            assert [told.name for told in await eleni.settled()] == []


async def test_who_writes_behind_a_question_that_is_not_answered_is_told(
    tmp_path: Path, postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A document that reads what another node wrote holds its queue: nothing comes to a commit."""
    async with one_document(tmp_path, postgresql_url) as (live, seeded):
        assert live.node is not None
        (page,) = seeded.documents
        async with await enter(live, seeded, "maja", 0) as maja:
            with postgresql_paused(postgresql_url):
                live.node.library.look_again(page)
                await asyncio.sleep(0)
                await maja.send(raw.update(Pen(1).write("unsaved")))
                assert await maja.expect("stateless") == AWAY_TOLD
                assert "hint not followed" not in caplog.text
                await until(lambda: "hint not followed" in caplog.text)
                # That the question has failed does not mean that storage is back.
                assert [told.name for told in await maja.settled()] == []
            assert await maja.expect("stateless") == BACK_TOLD
            assert await maja.expect("status") == 1


async def test_whose_edit_has_to_be_judged_again_is_told_while_that_waits(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another node was first, and the database falls silent before it says with what."""
    async with one_document(tmp_path, postgresql_url) as (live, seeded):
        assert live.node is not None
        (page,), eleni = seeded.documents, seeded.people["eleni"].member_id
        silence, unanswered = ExitStack(), 0

        async def load_in_silence(database: Database, document_id: str) -> Loaded | None:
            nonlocal unanswered
            monkeypatch.setattr(documents, "load", load)
            silence.enter_context(postgresql_paused(postgresql_url))
            try:
                return await load(database, document_id)
            except StorageUnavailable:
                unanswered += 1
                raise

        with silence:
            async with await enter(live, seeded, "maja", 0) as maja:
                tended = live.node.tending
                document = await live.node.library.open(page)
                assert document is not None
                monkeypatch.setattr(documents, "load", load_in_silence)
                async with document.committed():
                    await maja.send(raw.update(Pen(1).write("unsaved")))
                    await until(lambda: tended.waiting.bytes > 0)
                    first = NewEntry(eleni, Pen(2).write("first"), [2])
                    await live.node.hub.log.append(page, 1, 0, [first])
                assert await maja.expect("stateless") == AWAY_TOLD
                assert unanswered == 0, "told only when the question had failed"
                silence.close()
                assert await maja.expect("stateless") == BACK_TOLD
                assert await maja.expect("status") == 1


async def test_no_more_is_read_than_may_wait_while_the_database_does_not_answer(
    tmp_path: Path, postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Also while it is being asked about the documents in which nobody writes."""
    async with serve_here(tmp_path, database_url=postgresql_url, backlog_max_bytes=2**20) as live:
        assert live.node is not None
        seeded = await live.node.database.write(partial(seed_room, documents=["text"] * 2))
        maja = seeded.people["maja"]
        async with (
            await enter(live, seeded, "anna", 0),
            await enter(live, seeded, "maja") as writer,
        ):
            room = live.node.hub.get(seeded.room_id)
            assert room is not None
            [line] = [c for c in room.connections if c.principal.member_id == maja.member_id]
            pen = Pen(1)
            with postgresql_paused(postgresql_url):
                for _ in range(EDITS):
                    await writer.send(raw.update(pen.write("x" * EDIT_BYTES)))
                await until(lambda: Pause.STORAGE in line._paused)
                assert [r for r in caplog.records if r.name == tending.__name__] == []
            for _ in range(EDITS):
                assert await writer.expect("status") == 1
            assert {told.name for told in await writer.settled()} <= {"stateless"}


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


async def test_a_document_that_cannot_be_read_may_be_asked_for_again(
    tmp_path: Path, postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with one_document(tmp_path, postgresql_url) as (live, seeded):
        maja = seeded.people["maja"]
        async with await Peer.open(live, seeded.room_id, maja, seeded.documents[0]) as peer:
            assert (await peer.next()).name == "ping"
            with postgresql_paused(postgresql_url):
                await peer.send(raw.auth(), raw.step_1(b"\0"))
                assert await peer.expect("denied") == "unavailable"
            await peer.send(raw.auth(), raw.step_1(b"\0"))
            assert await peer.expect("authenticated") == "read-write"
    (line,) = [record for record in caplog.records if "not opened" in record.getMessage()]
    assert line.exc_info is None, "one line tells what was foreseen"
    assert "code=database_" in line.getMessage()
