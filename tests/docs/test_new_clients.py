"""Client ids are not to pile up: each slows every edit for everyone (PROTOCOL.md R2)."""

from collections.abc import Sequence
from typing import Any

import pytest
from pycrdt import merge_updates

from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter
from twinspace_rt.docs.contended import LOCKED_MAX
from twinspace_rt.docs.judge import CLIENTS_PER_HOUR
from twinspace_rt.streams.log import NewEntry


async def test_one_member_brings_so_many_client_ids_an_hour(live: Live, seeded: SeededRoom) -> None:
    many = int(CLIENTS_PER_HOUR)
    async with await enter(live, seeded) as maja, await enter(live, seeded, "eleni") as eleni:
        for client in range(1, many + 1):
            await maja.send(raw.update(Pen(client).write("x")))
        assert [await maja.expect("status") for _ in range(many)] == [1] * many
        await maja.send(raw.update(Pen(many + 1).write("x")))
        assert await maja.expect("status") == 0
        assert (await maja.expect("stateless"))["code"] == "new-clients"
        # It is her own bound; the others write on.
        await eleni.send(raw.update(Pen(many + 2).write("y")))
        assert await eleni.expect("status") == 1


async def test_many_page_loads_made_offline_come_in_at_once(live: Live, seeded: SeededRoom) -> None:
    offline = [Pen(client).write("x") for client in range(1, 2 * int(CLIENTS_PER_HOUR))]
    async with await Peer.open(
        live, seeded.room_id, seeded.people["maja"], seeded.documents[1]
    ) as maja:
        await maja.join()
        await maja.send(raw.step_2(merge_updates(*offline)))
        assert await maja.expect("status") == 1
        await maja.send(raw.update(Pen(1000).write("y")))
        assert await maja.expect("status") == 0


async def test_an_edit_that_other_nodes_outrun_again_and_again_counts_once(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done offline and is very large: others wait while anything else is judged."""
    assert live.node is not None
    page, author = seeded.documents[1], seeded.people["eleni"].member_id
    log, elenis = live.node.hub.log, Pen(5)
    append = log.append

    async def append_late(
        stream: str, epoch: int, head: int, entries: Sequence[NewEntry], *more: Any
    ) -> int:
        if stream == page and head <= CLIENTS_PER_HOUR:
            new = [] if head else [5]
            await append(page, 1, head, [NewEntry(author, elenis.write("y"), new)])
        return await append(stream, epoch, head, entries, *more)

    async with await Peer.open(live, seeded.room_id, seeded.people["maja"], page) as maja:
        await maja.join()
        monkeypatch.setattr(log, "append", append_late)
        await maja.send(raw.step_2(Pen(1).write("x" * (LOCKED_MAX.size_bytes + 1))))
        assert await maja.expect("status") == 1
        assert len(elenis.text) > CLIENTS_PER_HOUR
