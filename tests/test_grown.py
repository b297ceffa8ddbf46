"""Whole nodes on one PostgreSQL and Redis: every feature writes and reads there, and is shared."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.client import RoomClient
from tests.grown import Grown, grow
from tests.pausing import postgresql_paused
from tests.peers import raw
from tests.peers.raw import Pen, words_of
from twinspace_rt.app import build_node
from twinspace_rt.db.postgresql import PostgresqlDatabase
from twinspace_rt.errors import BadSetting, StorageUnavailable
from twinspace_rt.settings import Settings


@pytest_asyncio.fixture
async def grown(tmp_path: Path, postgresql_url: str, redis_url: str) -> AsyncIterator[Grown]:
    async with grow(tmp_path, postgresql_url, redis_url) as nodes:
        yield nodes


async def test_every_feature_writes_and_reads(grown: Grown) -> None:
    anna = await grown.window(0, "anna")
    assert grown.nodes[0].node is not None
    await raw.eventually(lambda: grown.nodes[0].node.bus.connected)  # type: ignore[union-attr]
    school, people = grown.room.schools[0], grown.room.people

    await anna.do("chat.open")
    await anna.do("chat.post", channel_id="everyone", text="Hej, Θεσσαλονίκη! 🐝")
    [message] = (await anna.ask("chat.search", query="θεσσαλονίκη"))["ok"]["messages"]
    assert message["text"] == "Hej, Θεσσαλονίκη! 🐝"

    board = (await anna.do("forum.board_create", name="Nature"))["result"]
    started = await anna.do("forum.start", board_id=board, title="Bees", text="Forty today.")
    thread = started["result"]["thread_id"]
    await anna.do("forum.reply", thread_id=thread, text="Fifty here!")
    page = (await anna.ask("forum.thread", thread_id=thread))["ok"]
    assert [post["text"] for post in page["posts"]] == ["Forty today.", "Fifty here!"]

    roster = "Ada Berg\nBo Dahl"
    await anna.do("people.add_pupils", school_id=school, roster=roster, language="sv")
    await anna.do("people.remove", member_id=people["maja"].member_id)

    folder = (await anna.do("docs.create_folder", title="Maps"))["result"]
    await anna.do("docs.create", title="Our rivers", kind="rich", folder_id=folder)

    olga = await grown.window(1, "olga")
    fresh = olga.welcome["features"]
    assert "Our rivers" in [document["title"] for document in fresh["docs"]["documents"]]
    assert [member["id"] for member in fresh["people"]["removed"]] == [people["maja"].member_id]
    assert len(fresh["people"]["members"]) == len(people) - 1 + 2
    assert (await anna.ask("docs.search", text="rivers"))["ok"]["found"]


async def test_sign_in_holds_on_every_node(grown: Grown) -> None:
    maja = grown.room.people["maja"]
    for node in grown.nodes:
        async with httpx.AsyncClient(
            base_url=node.http, cookies={"twinspace": maja.token}, headers={"origin": node.origin}
        ) as browser:
            assert (await browser.get("/api/me")).status_code == 200


async def test_a_ticket_made_on_one_node_opens_a_room_on_the_other(grown: Grown) -> None:
    room, maja = grown.room, grown.room.people["maja"]
    assert grown.nodes[0].node is not None
    ticket = grown.nodes[0].node.tickets.make(maja.session_id, room.room_id)
    async with await RoomClient.open(grown.nodes[1], room.room_id, None) as window:
        await window.send_json({"ticket": ticket})
        assert (await window.hello())["you"]["member_id"] == maja.member_id


async def test_what_is_said_on_one_node_is_heard_on_the_other_in_order(grown: Grown) -> None:
    anna, nikos = await grown.window(0, "anna"), await grown.window(1, "nikos")
    await anna.do("chat.open")
    for number in range(5):
        await anna.do("chat.post", channel_id="everyone", text=f"a{number}")
        await nikos.do("chat.post", channel_id="everyone", text=f"n{number}")
    for window in (anna, nikos):
        heard = [await window.expect("chat.posted") for _ in range(10)]
        assert [push["seq"] for push in heard] == sorted(push["seq"] for push in heard)
        assert sorted(push["text"] for push in heard) == sorted(
            f"{name}{number}" for name in "an" for number in range(5)
        )


async def test_a_command_resent_to_another_node_is_done_once(grown: Grown) -> None:
    anna, again = await grown.window(0, "anna"), await grown.window(1, "anna")
    await anna.do("chat.open")
    post = {"channel_id": "everyone", "text": "once", "nonce": "nonce-once"}
    first = await anna.do("chat.post", **post)
    second = await again.do("chat.post", **post)
    assert (second["seq"], second["repeated"]) == (first["seq"], True)


async def test_edits_of_two_nodes_meet_in_one_document(grown: Grown) -> None:
    """Each judges anew what it takes in when the other has moved the head."""
    pens = [Pen(1), Pen(2)]
    peers = [await grown.peer(0, "maja"), await grown.peer(1, "eleni")]
    for peer in peers:
        await peer.enter()
    for number in range(5):
        for pen, peer, name in zip(pens, peers, ("maja", "eleni"), strict=True):
            await peer.send(raw.update(pen.write(f"{name}{number} ")))
    words = {f"{name}{number}" for name in ("maja", "eleni") for number in range(5)}
    for pen, peer in zip(pens, peers, strict=True):
        for _ in range(5):
            assert await peer.expect("status") == 1
        # What was stored between two commits comes as one update.
        while len(str(pen).split()) < len(words):
            pen.apply(await peer.expect("update"))
    assert str(pens[0]) == str(pens[1])
    assert sorted(str(pens[0]).split()) == sorted(words)
    for node in (0, 1):
        joined = await (await grown.peer(node, "olga")).join()
        updates = [told.value for told in joined if told.name == "update"]
        assert words_of(updates) == str(pens[0])


async def test_what_is_written_while_postgresql_is_silent_is_stored_afterwards(
    grown: Grown, postgresql_url: str
) -> None:
    """D4: nothing is called saved meanwhile, people are told, and nothing is lost or doubled."""
    assert grown.nodes[0].node is not None
    database = grown.nodes[0].node.database
    assert isinstance(database, PostgresqlDatabase)
    database._transaction_s = 0.5  # sooner than the 5 seconds of a real node
    pen, peer = Pen(1), await grown.peer(0, "maja")
    anna = await grown.window(0, "anna")
    await anna.do("chat.open")
    await peer.enter()
    post = {"channel_id": "everyone", "text": "Is it still there?", "nonce": "nonce-outage"}
    with postgresql_paused(postgresql_url):
        for number in range(5):
            await peer.send(raw.update(pen.write(f"word{number} ")))
        reply = await anna.ask("chat.post", **post)
        assert reply["error"]["code"] == "storage.database_away"
        assert reply["error"]["retryable"] is True
        told = await peer.expect("stateless")
        assert told == {"type": "storage", "available": False, "code": "database_away"}
        assert not [told for told in peer.told if told.name == "status"]
    assert (await peer.expect("stateless"))["available"] is True
    for _ in range(5):
        assert await peer.expect("status") == 1
    async with asyncio.timeout(30):
        while "error" in (reply := await anna.ask("chat.post", **post)):
            assert reply["error"]["retryable"] is True
    found = (await anna.ask("chat.search", query="still"))["ok"]["messages"]
    assert [message["text"] for message in found] == ["Is it still there?"]
    joined = await (await grown.peer(1, "eleni")).join()
    assert words_of([told.value for told in joined if told.name == "update"]) == str(pen)


@pytest.mark.parametrize(
    ("setting", "value", "error"),
    [
        ("database_url", "mysql://host/rooms", BadSetting),
        ("database_url", "postgresql+asyncpg://rooms@/rooms?host=/nowhere", StorageUnavailable),
        ("bus_url", "http://host", BadSetting),
    ],
)
async def test_a_node_that_cannot_work_does_not_start(
    tmp_path: Path, setting: str, value: str, error: type[Exception]
) -> None:
    settings = Settings(data_dir=tmp_path, **{setting: value})  # type: ignore[arg-type]
    with pytest.raises(error):
        build_node(settings)
