"""A full disk: nothing is acknowledged, people are told, nothing breaks, and it goes on after."""

import asyncio
import contextlib
import resource
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests import figures, programs
from tests.databases import move_database
from tests.faults.conftest import Mortal, crowding, until
from tests.faults.disks import filled, small_disk
from tests.faults.storage import Storage, new_database
from tests.faults.writers import Scribe, Writers, crowd
from tests.live import Live, SeededRoom, stop_process
from tests.peers import raw
from tests.peers.raw import Peer, Pen, words_of

TOLD_MAX_S = 2.0
WORDS = "x" * 3000 + " "


async def check_outage(
    live: Live,
    seeded: SeededRoom,
    fill: Callable[[], Awaitable[None]],
    empty: Callable[[], Awaitable[None]],
    code: str,
) -> None:
    """Write until the disk is full, and on when it is not any more."""
    document = seeded.documents[1]
    pen = Pen(1)
    async with await Peer.open(
        live, seeded.room_id, seeded.people["anna"], document, text=True
    ) as anna:
        await anna.join()
        await anna.send(raw.step_2(pen.lacking(b"\0")))
        assert await anna.expect("status") == 1
        await anna.socket.send('{"id":1,"type":"room.hello","since":null}')
        await anna.expect("text", lambda f: f.get("id") == 1)
        await fill()
        written, saved = 0, 0
        while True:
            sent = time.monotonic()
            await anna.send(raw.update(pen.write(WORDS)))
            written += 1
            told = await anna.next()
            while told.name == "text":  # the room's own frames
                told = await anna.next()
            if told.name == "stateless":
                break
            assert (told.name, told.value) == ("status", 1)
            saved += 1
        assert told.value == {"type": "storage", "available": False, "code": code}
        took = time.monotonic() - sent
        assert took <= TOLD_MAX_S * crowding()
        # Commands say so too, and reading goes on.
        await anna.socket.send(
            '{"id":2,"type":"docs.create","title":"New","kind":"text","nonce":"nonce-0001"}'
        )
        reply = await anna.expect("text", lambda f: f.get("id") == 2)
        assert reply["error"]["code"] == f"storage.{code}"
        assert reply["error"]["retryable"] is True
        await anna.socket.send('{"id":3,"type":"docs.search","text":"rivers"}')
        assert "ok" in await anna.expect("text", lambda f: f.get("id") == 3)
        assert not any(t.name == "status" for t in anna.told)
        await empty()
        assert (await anna.expect("stateless"))["available"] is True
        while saved < written:
            assert await anna.expect("status") == 1
            saved += 1
        assert not [t for t in await anna.settled() if t.name != "text"]
    figures.tell(
        f"{code}: told after {took:.2f} s; all {written} edits stored afterwards, each once",
        allowed=crowding(),
    )
    with live.database() as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        bodies = database.execute(
            "select body from entry where stream_id = ? order by seq", (document,)
        )
        assert words_of([body for (body,) in bodies]) == WORDS * written
    database.close()


async def test_a_database_that_may_not_grow(live: Live, seeded: SeededRoom) -> None:
    assert live.node is not None
    database = live.node.database

    def pages_max(count: int) -> Callable[[Connection], None]:
        return lambda db: db.exec_driver_sql(f"PRAGMA max_page_count = {count}").close()

    async def fill() -> None:
        def pages(db: Connection) -> int:
            return int(db.exec_driver_sql("PRAGMA page_count").scalar_one())

        await database.write(pages_max(await database.read(pages) + 8))

    async def empty() -> None:
        await database.write(pages_max(1_000_000))

    await check_outage(live, seeded, fill, empty, "disk_full")


async def test_a_file_that_may_not_grow(mortal: Mortal) -> None:
    path = mortal.live.settings.sqlite_path
    journal = path.with_name(path.name + "-wal")

    async def fill() -> None:
        largest = max(path.stat().st_size, journal.stat().st_size)
        resource.prlimit(mortal.pid, resource.RLIMIT_FSIZE, (largest + 65536, -1))

    async def empty() -> None:
        resource.prlimit(mortal.pid, resource.RLIMIT_FSIZE, (-1, -1))

    await check_outage(mortal.live, mortal.seeded, fill, empty, "disk_error")
    assert mortal.live.process is not None
    assert mortal.live.process.poll() is None
    with sqlite3.connect(path) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    database.close()


@contextlib.contextmanager
def on_a_small_disk(folder: Path, *, grown: bool) -> Iterator[tuple[Path, Storage]]:
    """Have a database on a disk of its own: a file, or one of a PostgreSQL without its journal.

    On a full disk with its journal PostgreSQL ends, and is away; with its tables it says 53100.
    """
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(small_disk())
        if not grown:
            yield disk, Storage(disk)
            return
        tables = disk / "tables"
        tables.mkdir()
        programs.hand_over(tables)
        url = stack.enter_context(new_database(stack.enter_context(programs.postgresql())))
        move_database(url, tables)
        yield disk, Storage(folder, url)


@pytest.mark.parametrize("grown", [False, True], ids=["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("count", "seconds"),
    [(10, 2), pytest.param(50, 60, marks=[pytest.mark.long, pytest.mark.timeout(600)])],
)
async def test_a_disk_on_which_nothing_is_left(
    tmp_path: Path, count: int, seconds: float, grown: bool
) -> None:
    with on_a_small_disk(tmp_path, grown=grown) as (disk, storage):
        seeded = storage.seed(people=crowd(count), documents=["text"] * 5)
        # What it logs goes elsewhere.
        start = partial(Storage(tmp_path, storage.url).start, TWINSPACE_DATA_DIR=str(disk))
        live = await asyncio.to_thread(start)
        try:
            async with Writers(storage, seeded, lambda _: live) as people:
                scribes = [w.provider for w in people.all]
                await until(lambda: all(s.acknowledged for s in scribes))
                with filled(disk):
                    full = time.monotonic()
                    await until(lambda: all(s.storage for s in scribes))
                    took = max(told_after(s, full) for s in scribes)
                    await asyncio.sleep(seconds)
                    assert all(s.connected for s in scribes)
                    assert not any(s.storage[-1][1] for s in scribes)
                    await asyncio.to_thread(people.check_claims)
                    waiting = sum(s.waiting for s in scribes)
                back = time.monotonic()
                await until(lambda: all(s.storage[-1][1] for s in scribes))
                stored_again = time.monotonic() - back
                words, said = await people.finish()
                assert [w.number for w in people.all if w.provider.connections != 1] == []
        finally:
            await asyncio.to_thread(stop_process, live, kill=True)
        if not grown:
            with contextlib.closing(sqlite3.connect(disk / "twinspace.db")) as database:
                assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    assert set.union(*(s.reasons for s in scribes)) == {"disk_full"}
    assert [s for s in scribes if acknowledged_while_full(s)] == []
    figures.tell(
        f"disk of {storage.name} full for {seconds:.0f} s under {count} writers: told after "
        f"{took:.2f} s, {waiting} words waited, stored again {stored_again:.2f} s after there was "
        f"room; {words} words and {said} messages, 0 lost, 0 doubled",
        allowed=crowding(),
    )
    assert took <= TOLD_MAX_S * crowding()


def told_after(scribe: Scribe, full: float) -> float:
    """Tell how long somebody was neither told that an edit is saved nor that none can be."""
    told = scribe.storage[0][0]
    return told - max([full, *(at for at in scribe.acknowledged if at < told)])


def acknowledged_while_full(scribe: Scribe) -> list[float]:
    """Find the edits that were called saved after it was said that none can be, and not taken back.

    Until the last page is full, a small edit may fit where a larger one has not.
    """
    return [
        at
        for at in scribe.acknowledged
        if not [True, *(available for told, available in scribe.storage if told <= at)][-1]
    ]
