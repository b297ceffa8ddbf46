"""A full disk: nothing is acknowledged, people are told, nothing breaks, and it goes on after."""

import resource
import sqlite3
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import Connection

from tests import figures
from tests.faults.conftest import Mortal, crowding
from tests.live import Live, SeededRoom
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
        f"{code}: told after {took:.2f} s; all {written} edits stored afterwards, each once"
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
