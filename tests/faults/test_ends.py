"""How a server ends, and how a second one on the same file does not begin."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests import figures
from tests.faults.conftest import EXIT_MAX_S, REFUSED_MAX_S, Mortal, crowding, refused_at
from tests.live import REPOSITORY, free_port, stop_process
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter

ACKNOWLEDGED_MAX_S = 5.0
WORD = "on "
MUCH, MUCH_BYTES, EDITS = 40, 15_000, 50
"""What waits for one who reads slowly: more than the kernel keeps, less than is waited for."""


async def test_sigterm_stores_acknowledges_and_closes_with_1012(mortal: Mortal) -> None:
    seeded, live = mortal.seeded, mortal.live
    document = seeded.documents[1]
    async with await enter(live, seeded) as maja:
        writing = asyncio.create_task(_write_on(maja))
        for _ in range(100):
            assert await maja.expect("status") == 1
        assert live.process is not None
        knocking = asyncio.create_task(asyncio.to_thread(refused_at, live))
        started = acknowledged = time.monotonic()
        live.process.terminate()
        saved = 100
        async for told in maja:
            if told.name == "status" and told.value == 1:
                saved, acknowledged = saved + 1, time.monotonic()
        assert maja.socket.close_code == 1012
        writing.cancel()
        await asyncio.to_thread(stop_process, live)
        took = time.monotonic() - started
    with live.database() as database:
        entries = database.execute("select body from entry where stream_id = ?", (document,))
        reader = Pen(2)
        for (body,) in entries:
            reader.apply(body)
    database.close()
    # All that was stored was acknowledged, and the other way round.
    assert str(reader.text) == WORD * saved
    refused = await knocking - started
    figures.tell(
        f"SIGTERM: nobody let in after {1000 * refused:.0f} ms, {saved} edits stored and "
        f"acknowledged, the last after {1000 * (acknowledged - started):.0f} ms, gone after "
        f"{took:.2f} s",
        allowed=crowding(),
    )
    assert refused <= REFUSED_MAX_S * crowding()
    assert acknowledged - started <= ACKNOWLEDGED_MAX_S
    assert took <= EXIT_MAX_S


async def test_who_reads_slowly_and_never_falls_silent_reads_all_that_is_acknowledged(
    mortal: Mortal,
) -> None:
    """A socket that is closed while something unread is in it would be reset."""
    seeded, live = mortal.seeded, mortal.live
    async with (
        await enter(live, seeded) as maja,
        await enter(live, seeded, "nikos", receive_buffer=4096) as nikos,
    ):
        much, little = Pen(1), Pen(2)
        for _ in range(MUCH):
            await maja.send(raw.update(much.write("x" * MUCH_BYTES)))
            assert await maja.expect("status") == 1
        for _ in range(EDITS):
            await nikos.send(raw.update(little.write("y")))
        while str(much).count("y") < EDITS:  # then all of it is stored
            much.apply(await maja.expect("update"))
        talking = asyncio.create_task(_move_on(nikos))
        assert live.process is not None
        live.process.terminate()
        saved = 0
        async for told in nikos:
            saved += told.name == "status"
            await asyncio.sleep(0.01 * (told.name == "update"))
        assert (nikos.socket.close_code, saved) == (1012, EDITS)
        talking.cancel()


async def _move_on(peer: Peer) -> None:
    """Move a cursor until the socket ends."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await peer.send(raw.awareness((2, 1, '{"cursor":1}')))
            await asyncio.sleep(0.001)


async def _write_on(peer: Peer) -> None:
    """Write until nobody takes it any more: whenever the server stops, something is on its way."""
    pen = Pen(1)
    with contextlib.suppress(ConnectionClosed):
        while True:
            await peer.send(raw.update(pen.write(WORD)))
            await asyncio.sleep(0.001)


async def test_a_server_that_stops_lets_nobody_in(mortal: Mortal) -> None:
    seeded, live = mortal.seeded, mortal.live
    document = seeded.documents[1]
    async with await Peer.open(live, seeded.room_id, seeded.people["maja"], document) as maja:
        await maja.join()
        assert live.process is not None
        live.process.terminate()
        assert await maja.closed() == 1012
        with pytest.raises(OSError, match=r"Connect|refused|failed"):
            await Peer.open(live, seeded.room_id, seeded.people["maja"], document)


async def test_a_second_server_on_the_same_file_says_why_not(mortal: Mortal) -> None:
    folder = mortal.live.settings.data_dir
    environment = {
        "TWINSPACE_DATA_DIR": str(folder),
        "TWINSPACE_PORT": str(free_port()),
        "TWINSPACE_DEMO": "0",
        "PATH": os.environ["PATH"],
    }
    second = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "twinspace_rt", "serve"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 1
    said = (second.stdout + second.stderr).strip()
    assert f"process {mortal.pid}" in said
    assert str(folder) in said
    assert "Traceback" not in said
    # The first one has not noticed.
    seeded = mortal.seeded
    async with await Peer.open(
        mortal.live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        await maja.join()
        await maja.send(raw.step_2(Pen(1).write("going on")))
        assert await maja.expect("status") == 1
