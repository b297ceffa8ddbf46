"""Who comes in, what a joiner gets, and how a connection ends (PROTOCOL.md, rooms)."""

import asyncio

import pytest
from websockets.exceptions import InvalidStatus

from tests.client import RoomClient
from tests.live import Live, SeededRoom
from twinspace_rt.docs.messages import CreateFolder
from twinspace_rt.errors import Forbidden
from twinspace_rt.people.messages import SetRoomState
from twinspace_rt.protocol import Command


async def test_hello_is_answered_with_all_there_is(live: Live, seeded: SeededRoom) -> None:
    async with await RoomClient.open(live, seeded.room_id, seeded.people["maja"]) as maja:
        welcome = await maja.hello()
        assert welcome["resumed"] is False
        assert welcome["you"]["member_id"] == seeded.people["maja"].member_id
        documents = welcome["features"]["docs"]["documents"]
        assert {d["id"]: d["kind"] for d in documents} == dict(
            zip(seeded.documents, ("rich", "text"), strict=True)
        )


async def test_a_change_reaches_everyone_in_the_room(live: Live, seeded: SeededRoom) -> None:
    async with (
        await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna,
        await RoomClient.open(live, seeded.room_id, seeded.people["eleni"]) as eleni,
    ):
        await anna.hello()
        await eleni.hello()
        reply = await anna.do("docs.create", title="Our rivers", kind="rich")
        pushed = await eleni.expect("docs.created")
        assert pushed["seq"] == reply["seq"]
        assert pushed["document"]["id"] == reply["result"]
        assert pushed["document"]["title"] == "Our rivers"


async def test_a_return_brings_exactly_what_was_missed(live: Live, seeded: SeededRoom) -> None:
    async with await RoomClient.open(live, seeded.room_id, seeded.people["eleni"]) as eleni:
        seen = await eleni.hello()
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        await anna.hello()
        for title in ("One", "Two", "Three"):
            await anna.do("docs.create", title=title, kind="text")
    async with await RoomClient.open(live, seeded.room_id, seeded.people["eleni"]) as eleni:
        again = await eleni.hello(since={"epoch": seen["epoch"], "seq": seen["seq"]})
        assert again["resumed"] is True
        assert again["features"] == {}
        missed = [await eleni.expect("docs.created") for _ in range(3)]
        assert [m["document"]["title"] for m in missed] == ["One", "Two", "Three"]
        assert [m["seq"] for m in missed] == list(range(seen["seq"] + 1, seen["seq"] + 4))


@pytest.mark.parametrize("since", [{"epoch": 2, "seq": 0}, {"epoch": 1, "seq": 10_000}])
async def test_a_place_that_is_not_held_gets_everything(
    live: Live, seeded: SeededRoom, since: dict[str, int]
) -> None:
    async with await RoomClient.open(live, seeded.room_id, seeded.people["eleni"]) as eleni:
        welcome = await eleni.hello(since=since)
        assert welcome["resumed"] is False
        assert welcome["features"]["docs"]["documents"]


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "https://localhost:{port}",
        "http://localhost:1",
        "http://localhost.evil.example:{port}",
        "http://a.localhost.evil:{port}",
        "http://localhost:{port}@evil.example",
    ],
)
async def test_a_foreign_page_is_refused_before_the_upgrade(
    live: Live, seeded: SeededRoom, origin: str | None
) -> None:
    maja = seeded.people["maja"]
    async with await RoomClient.open(live, seeded.room_id, maja, origin="") as own:
        await own.hello()
    named = origin.format(port=live.port) if origin else origin
    with pytest.raises(InvalidStatus) as refused:
        await RoomClient.open(live, seeded.room_id, maja, origin=named)
    assert refused.value.response.status_code == 403


async def test_a_malformed_command_gets_an_error_and_the_connection_lives(
    live: Live, seeded: SeededRoom
) -> None:
    async with await RoomClient.open(live, seeded.room_id, seeded.people["maja"]) as maja:
        await maja.hello()
        for frame, command_id in (
            ("{", 0),
            ("[]", 0),
            ('{"id":5,"type":"no.such"}', 5),
            ('{"id":5,"type":"docs.create"}', 5),
            (r'{"id":5,"type":"forum.reply","text":"half an emoji: \ud83d"}', 5),
            ('{"id":5,"type":"forum.reply","quote":' + "[" * 9_999, 5),
        ):
            await maja.socket.send(frame)
            reply = await maja.expect(lambda f: "error" in f)
            assert reply["id"] == command_id
            assert reply["error"]["code"] == "invalid"
            assert reply["error"]["message"]
        assert (await maja.ask("docs.search", text="rivers"))["ok"] == {"found": []}


async def test_a_malformed_binary_frame_closes_with_4400(live: Live, seeded: SeededRoom) -> None:
    async with await RoomClient.open(live, seeded.room_id, seeded.people["maja"]) as maja:
        await maja.hello()
        await maja.socket.send(b"\xff\xff\xff")
        assert await maja.closed() == 4400


async def test_what_waits_behind_the_closing_of_a_room_is_refused(
    live: Live, seeded: SeededRoom
) -> None:
    """T11: both were judged while the room was open; one transaction stores the closing first."""
    assert live.node is not None
    async with (
        await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna,
        await RoomClient.open(live, seeded.room_id, seeded.people["nikos"]) as nikos,
    ):
        await anna.hello()
        await nikos.hello()
        room = live.node.hub.get(seeded.room_id)
        assert room is not None
        at = {c.principal.member_id: c for c in room.connections}

        async def give(name: str, command: Command) -> object:
            connection = at[seeded.people[name].member_id]
            return await room.dispatch(connection, connection.principal, command)

        def make(title: str) -> CreateFolder:
            return CreateFolder(id=1, nonce=f"folder-{title}", title=title)

        await give("nikos", make("Before"))
        close = SetRoomState(id=1, nonce="close-the-room", state="closed")
        _, refused = await asyncio.gather(
            give("anna", close), give("nikos", make("After")), return_exceptions=True
        )
        assert isinstance(refused, Forbidden)
        assert refused.code == "room.closed"
    with live.database() as database:
        query = "select title from folder where room_id = ?"
        assert database.execute(query, [seeded.room_id]).fetchall() == [("Before",)]
