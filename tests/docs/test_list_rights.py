"""Who may change what in the document list (PROTOCOL.md T11)."""

from tests.client import RoomClient
from tests.live import Live, SeededRoom


async def test_a_pupil_changes_only_documents_of_their_own(live: Live, seeded: SeededRoom) -> None:
    async with (
        await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna,
        await RoomClient.open(live, seeded.room_id, seeded.people["olga"]) as olga,
    ):
        await anna.hello()
        await olga.hello()
        theirs = (await anna.do("docs.create", title="Anna's", kind="rich"))["result"]
        own = (await olga.do("docs.create", title="Olga's", kind="rich"))["result"]
        await olga.do("docs.change", document_id=own, archived=True)
        refused = await olga.ask(
            "docs.change", document_id=theirs, archived=True, nonce="archive-theirs"
        )
        assert refused["error"]["code"] == "docs.not_yours"
        folder = (await olga.do("docs.create_folder", title="Rivers"))["result"]
        refused = await olga.ask(
            "docs.change_folder", folder_id=folder, title="Seas", nonce="rename-folder"
        )
        assert refused["error"]["code"] == "forbidden"
        await anna.do("docs.change_folder", folder_id=folder, title="Seas")
