"""Whoever brings words that another node stored unheard is believed, and others are not."""

import pytest

from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.raw import Peer, Pen
from twinspace_rt.streams.log import NewEntry

ELENIS, MAJAS = 5, 6


@pytest.mark.parametrize("honest", [True, False])
async def test_others_words_that_only_another_node_knows(
    live: Live, seeded: SeededRoom, honest: bool
) -> None:
    assert live.node is not None
    page, author = seeded.documents[1], seeded.people["eleni"].member_id
    eleni, pen = Pen(ELENIS), Pen(MAJAS)
    append = live.node.hub.log.append
    async with (
        await Peer.open(live, seeded.room_id, seeded.people["anna"], page) as anna,
        await Peer.open(live, seeded.room_id, seeded.people["maja"], page) as maja,
    ):
        await append(page, 1, 0, [NewEntry(author, eleni.write("heard, "), [ELENIS])])
        await anna.join()
        await maja.join()
        unheard = eleni.write("unheard, ")
        if honest:
            # As another node would, past this node's document.
            await append(page, 1, 1, [NewEntry(author, unheard)])
        pen.apply(eleni.lacking(b"\0"))
        pen.write("mine")
        await maja.send(raw.step_2(pen.lacking(b"\0")))
        if honest:
            assert await maja.expect("status") == 1
            reader = Pen(7)
            for told in anna.welcome:
                if told.name in {"update", "step2"}:
                    reader.apply(told.value)
            while str(reader) != "heard, unheard, mine":
                reader.apply(await anna.expect("update"))
        else:
            refused = await maja.expect("stateless")
            assert (refused["type"], refused["code"]) == ("refused", "foreign-client")
