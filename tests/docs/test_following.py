"""What another node did to a document before this one had read of it still reaches its people."""

import pytest
from pycrdt import Doc, Text

from tests.client import RoomClient
from tests.live import Live, SeededRoom
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter
from twinspace_rt.db.engine import Database
from twinspace_rt.docs import document as documents
from twinspace_rt.docs import library, quarantine
from twinspace_rt.docs.repair import Repairs, do_go_back
from twinspace_rt.docs.store import Loaded, NewSnapshot, load, store_snapshot
from twinspace_rt.docs.validator import TRUSTED_LIMITS, parse
from twinspace_rt.protocol import now_ms
from twinspace_rt.streams.log import NewEntry


async def test_what_was_compacted_unseen_is_sent_as_a_snapshot(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    node, page, author = live.node, seeded.documents[1], seeded.people["eleni"].member_id
    async with await enter(live, seeded) as maja:
        document = await node.library.open(page)
        assert document is not None
        async with document.committed():
            # As another node would: append, load, compact and store, past this node's document.
            body = Pen(5).write("from elsewhere")
            await node.hub.log.append(page, 1, 0, [NewEntry(author, body, [5])])
            other = await load(node.database, page)
            assert other is not None
            made = await node.engine.compact(None, [body], kind="text")
            new = NewSnapshot(
                page, 1, 0, 1, made.snapshot, other.validator.dump(), [], made.text, made.words
            )
            assert await node.database.write(lambda db: store_snapshot(db, new, now_ms()))
            await document.take_news()
        reader: Doc[Text] = Doc()
        reader.apply_update(await maja.expect("update"))
        assert str(reader.get("t", type=Text)) == "from elsewhere"
        [block] = parse(made.snapshot, TRUSTED_LIMITS).blocks
        assert (block.client, block.end) == (5, len("from elsewhere"))


async def test_nobody_is_left_in_an_epoch_that_another_node_has_ended(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    node, page = live.node, seeded.documents[1]
    async with await enter(live, seeded) as maja:
        await maja.send(raw.update(Pen(5).write("good")))
        assert await maja.expect("status") == 1
        document = await node.library.open(page)
        assert document is not None
        assert await node.tending.compact(document)
        async with document.committed():
            # As another node would, past this node's document.
            await node.hub.log.act(lambda action: quarantine.do_quarantine(action, page))
            await node.hub.log.act(lambda action: do_go_back(action, page))
            await document.take_news()
            assert document.loaded.epoch == 1, "two lineages in one copy"
            assert document.sessions == set()
        assert await maja.expect("denied") == "epoch:2"


async def test_what_is_told_of_a_document_while_it_is_opened_is_heard(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told once, and may be in what was read, or not."""
    assert live.node is not None
    page = seeded.documents[1]
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        await anna.hello()

        async def load_too_early(database: Database, document_id: str) -> Loaded | None:
            loaded = await load(database, document_id)
            monkeypatch.setattr(library, "load", load)
            await anna.do("docs.change", document_id=page, archived=True)
            return loaded

        monkeypatch.setattr(library, "load", load_too_early)
        async with await Peer.open(live, seeded.room_id, seeded.people["maja"], page) as maja:
            told = await maja.join()
            assert told[0].value == "readonly"
        opened = await live.node.library.open(page)
        assert opened is not None
        assert opened.loaded.archived


async def test_who_opens_a_document_while_it_is_repaired_opens_it_repaired(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live.node is not None
    page, node = seeded.documents[1], live.node
    await node.hub.log.act(lambda action: quarantine.do_quarantine(action, page))
    repairs = Repairs(node.database, node.hub.log, node.engine, node.library.look_again)

    async def load_too_early(database: Database, document_id: str) -> Loaded | None:
        loaded = await load(database, document_id)
        monkeypatch.setattr(library, "load", load)
        await repairs.try_again(page)
        return loaded

    monkeypatch.setattr(library, "load", load_too_early)
    opened = await node.library.open(page)
    assert opened is not None
    assert opened.loaded.state == "open"


async def test_what_is_told_of_a_document_while_it_is_read_again_is_heard(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live.node is not None
    page = seeded.documents[1]
    opened = await live.node.library.open(page)
    assert opened is not None
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        await anna.hello()

        async def load_too_early(database: Database, document_id: str) -> Loaded | None:
            loaded = await load(database, document_id)
            await anna.do("docs.change", document_id=page, archived=True)
            return loaded

        monkeypatch.setattr(documents, "load", load_too_early)
        async with opened.committed():
            await opened.catch_up()
        assert opened.loaded.archived
