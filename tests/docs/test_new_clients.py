"""Client ids are not to pile up: each slows every edit for everyone (PROTOCOL.md R2)."""

from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.raw import Peer, Pen
from twinspace_rt.docs.document import CLIENTS_PER_HOUR


async def test_one_member_brings_so_many_client_ids_an_hour(live: Live, seeded: SeededRoom) -> None:
    many = int(CLIENTS_PER_HOUR)
    page = seeded.documents[1]
    async with (
        await Peer.open(live, seeded.room_id, seeded.people["maja"], page) as maja,
        await Peer.open(live, seeded.room_id, seeded.people["eleni"], page) as eleni,
    ):
        for peer in (maja, eleni):
            await peer.join()
            await peer.send(raw.step_2(b"\0\0"))
            assert await peer.expect("status") == 1
        for client in range(1, many + 1):
            await maja.send(raw.update(Pen(client).write("x")))
        assert [await maja.expect("status") for _ in range(many)] == [1] * many
        await maja.send(raw.update(Pen(many + 1).write("x")))
        assert await maja.expect("status") == 0
        assert (await maja.expect("stateless"))["code"] == "new-clients"
        # It is her own bound; the others write on.
        await eleni.send(raw.update(Pen(many + 2).write("y")))
        assert await eleni.expect("status") == 1
