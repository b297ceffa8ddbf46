"""The same tab comes back before its old socket is gone: the late close harms nobody."""

import asyncio
import random

import pytest

from tests import figures
from tests.client import WAIT_S, RoomClient
from tests.faults.conftest import Mortal
from tests.peers import raw
from tests.peers.raw import Peer, Pen

TAB = 77


@pytest.mark.parametrize(
    "times", [100, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
async def test_a_late_close_of_the_old_socket_harms_nobody(mortal: Mortal, times: int) -> None:
    seeded, page = mortal.seeded, mortal.seeded.documents[1]
    maja, dice, pen = seeded.people["maja"], random.Random(12), Pen(TAB)

    async def come(turn: int) -> Peer:
        """Open the tab's socket: in the room, in the document, with its cursor."""
        peer = await Peer.open(mortal.live, seeded.room_id, maja, page, text=True)
        await peer.socket.send('{"id":1,"type":"room.hello","since":null}')
        await peer.join(pen.vector)
        await peer.send(raw.step_2(pen.lacking(raw.vector(pen.vector))))
        await peer.send(raw.awareness((TAB, turn + 1, f'{{"cursor":{turn}}}')))
        assert await peer.expect("status") == 1
        return peer

    async with (
        await Peer.open(mortal.live, seeded.room_id, seeded.people["eleni"], page) as eleni,
        await RoomClient.open(mortal.live, seeded.room_id, seeded.people["nikos"]) as nikos,
    ):
        await eleni.join()
        await nikos.hello()
        old = await come(0)
        for turn in range(1, times + 1):
            # Sometimes both at once, sometimes one long after the other.
            coming = asyncio.create_task(come(turn))
            if dice.random() < 0.5:
                await asyncio.sleep(dice.choice([0, 0.001, 0.003]))
                old.socket.transport.abort()
            new = await coming
            await (old.socket.close() if dice.random() < 0.5 else asyncio.sleep(0))
            old.socket.transport.abort()
            # It is there still: it writes, it is seen, and it hears.
            await new.send(raw.update(pen.write(f"{turn} ")))
            assert await new.expect("status") == 1
            await eleni.send(bytes((raw.QUERY_AWARENESS,)))
            shown = await eleni.expect("awareness", lambda states: TAB in states)
            while (shown[TAB][1] or {}).get("cursor") != turn:
                shown = await eleni.expect("awareness", lambda states: TAB in states)
            eleni.told.clear()
            assert new.socket.close_code is None
            old = new
        for connections in (1, 0):
            async with asyncio.timeout(WAIT_S):
                while last_told(nikos, maja.member_id) != connections:
                    await nikos.receive()
            await old.socket.close()
    figures.tell(f"late close x{times}: the new socket wrote, heard and was seen each time")


def last_told(window: RoomClient, member_id: str) -> int | None:
    """Say how many windows somebody has, by what a window was told last."""
    told = [p for frame in window.frames for p in frame.get("present", ())]
    return next((p["connections"] for p in reversed(told) if p["member_id"] == member_id), None)
