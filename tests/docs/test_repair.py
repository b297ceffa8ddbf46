"""A quarantined document comes back: with all that was written, or as it was when it was good."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from tests.faults.test_poison import DEEP, good_snapshot, put_in_the_log, state_of
from tests.live import (
    Live,
    SeededRoom,
    Someone,
    seed_administrator,
    seed_room,
    serve_here,
    serve_two,
)
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter, eventually, words_of
from tests.security.asking import browser
from twinspace_rt.docs import quarantine, tending
from twinspace_rt.ids import new_id

TROUBLED = "/api/administration/troubled"


@pytest_asyncio.fixture
async def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    """A server of each test's own: what is troubled is listed over all of its rooms.

    Its beacon does not come: those who read a document that is repaired are told of it at once.
    """
    monkeypatch.setattr(tending, "beacon_s", lambda _, shared: 3600.0)
    async with serve_here(tmp_path / "data") as server:
        yield server


@pytest_asyncio.fixture
async def seeded(live: Live) -> SeededRoom:
    """A room with two plain documents."""
    assert live.node is not None
    return await live.node.database.write(lambda db: seed_room(db, documents=["text"] * 2))


@pytest_asyncio.fixture
async def ada(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's browser."""
    assert live.node is not None
    someone: Someone = await live.node.database.write(seed_administrator)
    async with browser(live, someone.token) as window:
        yield window


async def write(peer: Peer, pen: Pen, text: str) -> None:
    """Write something that is saved."""
    await peer.send(raw.update(pen.write(text)))
    assert await peer.expect("status") == 1


async def good_and_later_words(live: Live, seeded: SeededRoom) -> Pen:
    """Write words that a snapshot covers, and more after it; returns the pen."""
    pen = Pen(1)
    async with await enter(live, seeded, "maja", 0) as maja:
        await write(maja, pen, "good words ")
        await good_snapshot(live, seeded.documents[0])
        await write(maja, pen, "later words ")
    return pen


async def set_aside(live: Live, document: str) -> None:
    """Quarantine a document, as three failures of the engine do."""
    assert live.node is not None
    await live.node.hub.log.act(lambda action: quarantine.do_quarantine(action, document))
    opened = await live.node.library.open(document)
    assert opened is not None
    async with opened.committed():
        await opened.close_to_edits()


async def words_in(live: Live, seeded: SeededRoom, who: str, epoch: int = 1) -> tuple[str, str]:
    """Read a document afresh; returns the scope and the words."""
    document = f"{seeded.documents[0]}.{epoch}"
    async with await Peer.open(live, seeded.room_id, seeded.people[who], document) as peer:
        told = await peer.join()
        return told[0].value, words_of([one.value for one in told if one.name == "update"])


def code(answer: httpx.Response) -> Any:
    return answer.json()["error"]["code"]


async def test_what_can_be_proved_now_is_opened_with_all_that_was_written(
    live: Live, seeded: SeededRoom, ada: httpx.AsyncClient
) -> None:
    pen = await good_and_later_words(live, seeded)
    page = seeded.documents[0]
    await set_aside(live, page)
    assert await words_in(live, seeded, "eleni") == ("readonly", "good words ")
    async with await enter(live, seeded, "maja", 0) as reader:
        assert reader.welcome[0].value == "readonly"
        assert (await ada.post(f"{TROUBLED}/{page}/try-again", json={})).status_code == 200
        assert await reader.closed() == 1012  # and comes back to all of it
    assert await words_in(live, seeded, "eleni") == ("read-write", "good words later words ")
    async with await enter(live, seeded, "maja", 0) as maja:
        await write(maja, pen, "and more ")
    assert (await ada.get(TROUBLED)).json() == []
    assert await state_of(live, page) == "open"


async def test_what_still_cannot_be_proved_stays_as_it_is(
    live: Live, seeded: SeededRoom, ada: httpx.AsyncClient
) -> None:
    await good_and_later_words(live, seeded)
    page = seeded.documents[0]
    await put_in_the_log(live, page, DEEP)
    await eventually(lambda: "quarantined" in {d.loaded.state for d in documents(live)})
    answer = await ada.post(f"{TROUBLED}/{page}/try-again", json={})
    assert (answer.status_code, code(answer)) == (409, "docs.still_damaged")
    assert await state_of(live, page) == "quarantined"
    assert await words_in(live, seeded, "eleni") == ("readonly", "good words ")


def documents(live: Live) -> list[Any]:
    """List the documents that are open."""
    assert live.node is not None
    return list(live.node.tending.documents)


async def test_going_back_opens_the_good_state_and_lets_nothing_else_in(
    live: Live, seeded: SeededRoom, ada: httpx.AsyncClient
) -> None:
    pen = await good_and_later_words(live, seeded)
    page = seeded.documents[0]
    await put_in_the_log(live, page, DEEP)
    async with await enter(live, seeded, "maja", 0) as reader:
        await eventually(lambda: "quarantined" in {d.loaded.state for d in documents(live)})
        assert (await ada.post(f"{TROUBLED}/{page}/go-back", json={})).status_code == 200
        assert await reader.expect("denied") == "epoch:2"
    with pytest.raises(InvalidStatus):
        await Peer.open_yjs(live, seeded.people["maja"], f"{page}.1")
    assert await words_in(live, seeded, "eleni", 2) == ("read-write", "good words ")
    address = f"{page}.2"
    async with await Peer.open(live, seeded.room_id, seeded.people["maja"], address) as maja:
        await maja.enter()
        # A browser that remembers more than the good state cannot bring it back.
        pen.write("from before")
        await maja.send(raw.update(pen.lacking(raw.vector({1: len("good words ")}))))
        assert (await maja.expect("stateless"))["code"] == "retired-client"
    async with await Peer.open(live, seeded.room_id, seeded.people["eleni"], address) as eleni:
        await eleni.enter()
        await write(eleni, Pen(9), "new words ")
        await good_snapshot(live, page)
    assert await words_in(live, seeded, "anna", 2) == ("read-write", "good words new words ")
    assert await state_of(live, page) == "open"


async def test_the_list_tells_where_and_how_much_and_nothing_of_the_content(
    live: Live, seeded: SeededRoom, ada: httpx.AsyncClient
) -> None:
    await good_and_later_words(live, seeded)
    await set_aside(live, seeded.documents[0])
    assert live.node is not None
    await live.node.database.write(lambda db: quarantine.do_suspect(db, seeded.documents[1]))
    answer = await ada.get(TROUBLED)
    first, second = answer.json()
    assert first.pop("good_at") <= first.pop("last_at")
    assert first == {
        "id": seeded.documents[0],
        "kind": "text",
        "room_id": seeded.room_id,
        "room_title": "Rivers of Europe",
        "state": "quarantined",
        "entries": 1,
    }
    assert (second["state"], second["good_at"], second["entries"]) == ("suspect", None, 0)
    assert [word for word in ("words", "Page 1", "Maja") if word in answer.text] == []


async def test_only_what_is_quarantined_is_repaired(
    live: Live, seeded: SeededRoom, ada: httpx.AsyncClient
) -> None:
    page, empty = seeded.documents
    for action in ("try-again", "go-back"):
        answer = await ada.post(f"{TROUBLED}/{page}/{action}", json={})
        assert (answer.status_code, code(answer)) == (409, "docs.not_quarantined")
        for nothing in (new_id(), seeded.room_id):
            assert (await ada.post(f"{TROUBLED}/{nothing}/{action}", json={})).status_code == 404
    await set_aside(live, empty)
    answer = await ada.post(f"{TROUBLED}/{empty}/go-back", json={})
    assert (answer.status_code, code(answer)) == (409, "docs.no_good_state")
    assert (await ada.post(f"{TROUBLED}/{empty}/try-again", json={})).status_code == 200


async def test_a_repair_reaches_the_other_nodes(tmp_path: Path, postgresql_url: str) -> None:
    async with serve_two(tmp_path, database_url=postgresql_url) as (one, two):
        assert one.node is not None
        seeded = await one.node.database.write(lambda db: seed_room(db, documents=["text"]))
        someone = await one.node.database.write(seed_administrator)
        await good_and_later_words(one, seeded)
        page = seeded.documents[0]
        await set_aside(one, page)
        async with (
            await enter(two, seeded, "maja", 0) as reader,
            browser(one, someone.token) as ada,
        ):
            assert reader.welcome[0].value == "readonly"
            assert (await ada.post(f"{TROUBLED}/{page}/try-again", json={})).status_code == 200
            assert await reader.closed() == 1012
        assert await words_in(two, seeded, "maja") == ("read-write", "good words later words ")


async def test_two_administrators_on_two_nodes_go_back_once(
    tmp_path: Path, postgresql_url: str
) -> None:
    async with serve_two(tmp_path, database_url=postgresql_url) as (one, two):
        assert one.node is not None
        seeded = await one.node.database.write(lambda db: seed_room(db, documents=["text"]))
        someone = await one.node.database.write(seed_administrator)
        await good_and_later_words(one, seeded)
        page = seeded.documents[0]
        await set_aside(one, page)
        async with browser(one, someone.token) as ada, browser(two, someone.token) as ida:
            answers = await asyncio.gather(
                *(window.post(f"{TROUBLED}/{page}/go-back", json={}) for window in (ada, ida))
            )
        done, late = sorted(answers, key=lambda answer: answer.status_code)
        assert done.status_code == 200
        assert (late.status_code, code(late)) == (409, "docs.not_quarantined")
        assert await words_in(two, seeded, "eleni", 2) == ("read-write", "good words ")
