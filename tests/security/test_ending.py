"""Whoever is out is out: of sockets that are open, of commands on their way, of documents.

PROTOCOL.md T11, H3; close codes 4401, 4403 and 4410.
"""

import asyncio
import itertools
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import update
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.client import RoomClient
from tests.live import Live, SeededRoom, Someone
from tests.peers import raw
from tests.peers.raw import Peer, Pen, enter
from tests.security.asking import browser
from tests.security.projects import another_sign_in, found_project, moderator
from twinspace_rt.accounts.models import session
from twinspace_rt.errors import CloseCode
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Principal
from twinspace_rt.rooms.admission import Doorkeeper

ON_THEIR_WAY = 50
_numbers = itertools.count(1000)


def stored(live: Live, query: str, *values: str) -> list[Any]:
    """Look into the database beside the server."""
    database: sqlite3.Connection = live.database()
    try:
        return database.execute(query, values).fetchall()
    finally:
        database.close()


async def write_until_closed(window: RoomClient) -> int:
    """Keep posts on their way, answered or not, until the server closes; returns its code."""
    fields = {"type": "chat.post", "channel_id": "everyone", "text": "Still here"}
    replies = 0

    async def send() -> None:
        number = next(_numbers)
        await window.send_json(fields | {"id": number, "nonce": f"flood-{number:08d}"})

    try:
        for _ in range(ON_THEIR_WAY):
            await send()
        while True:
            await window.receive()
            if len(window.frames) > replies:
                replies = len(window.frames)
                await send()
    except ConnectionClosed as closed:
        return int(closed.rcvd.code) if closed.rcvd else 1006


async def remove(live: Live, seeded: SeededRoom, who: Someone) -> None:
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        await anna.hello()
        await anna.do("people.remove", member_id=who.member_id)


async def reset_card(live: Live, seeded: SeededRoom, who: Someone) -> None:
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        await anna.hello()
        await anna.do("people.reset_card", member_id=who.member_id)


async def sign_out(live: Live, seeded: SeededRoom, who: Someone) -> None:
    async with browser(live, who.token) as window:
        assert (await window.post("/api/sign-out-everywhere", json={})).status_code == 200


Way = Callable[[Live, SeededRoom, Someone], Awaitable[None]]


@pytest.mark.parametrize(
    ("way", "code"),
    [
        (remove, CloseCode.REMOVED),
        (reset_card, CloseCode.SIGNED_OUT),
        (sign_out, CloseCode.SIGNED_OUT),
    ],
)
async def test_whoever_is_out_does_nothing_more(
    live: Live, seeded: SeededRoom, way: Way, code: CloseCode
) -> None:
    maja = seeded.people["maja"]
    async with (
        await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna,
        await RoomClient.open(live, seeded.room_id, maja) as window,
        await Peer.open(live, seeded.room_id, maja, seeded.documents[1]) as peer,
        await Peer.open_yjs(live, maja, seeded.documents[1]) as stock,
    ):
        await anna.hello()
        await anna.do("chat.open")
        await window.hello()
        await peer.join()
        await stock.join()
        closing = [asyncio.create_task(one) for one in (peer.closed(), stock.closed())]
        flooding = asyncio.create_task(write_until_closed(window))
        await anna.expect("chat.posted")
        await way(live, seeded, maja)
        # Not soon after, but before whoever did it was told that it is done.
        assert live.node is not None
        room = live.node.hub.get(seeded.room_id)
        assert room is not None
        assert maja.member_id not in {one.principal.member_id for one in room.connections}
        assert await asyncio.gather(flooding, *closing) == [code] * 3
    ended = stored(
        live,
        "select max(revoked_at) from session where member_id = ?",
        maja.member_id,
    )[0][0]
    later = stored(
        live,
        "select count(*) from chat_message where author_id = ? and at > ?",
        maja.member_id,
        ended,
    )
    assert later == [(0,)]
    assert stored(live, "select count(*) from chat_message where author_id = ?", maja.member_id)


async def test_a_command_on_its_way_is_judged_by_the_session_as_it_is_then(
    live: Live, seeded: SeededRoom
) -> None:
    # Another node has ended the session: this one has heard nothing of it.
    anna = seeded.people["anna"]
    assert live.node is not None
    async with await RoomClient.open(live, seeded.room_id, anna) as window:
        await window.hello()
        await live.node.database.write(
            lambda db: db.execute(
                update(session).where(session.c.id == anna.session_id).values(revoked_at=now_ms())
            )
        )
        await window.send_json({"id": 9, "type": "chat.open", "nonce": "on-its-way"})
        assert await window.closed() == CloseCode.SIGNED_OUT
    assert stored(live, "select * from chat_hours where room_id = ?", seeded.room_id) == []


async def test_a_session_that_ends_by_itself_closes_its_sockets(
    live: Live, seeded: SeededRoom
) -> None:
    maja = seeded.people["maja"]
    assert live.node is not None
    await live.node.database.write(
        lambda db: db.execute(
            update(session).where(session.c.id == maja.session_id).values(expires_at=now_ms() + 500)
        )
    )
    async with (
        await RoomClient.open(live, seeded.room_id, maja) as window,
        await RoomClient.open(live, seeded.room_id, seeded.people["eleni"]) as eleni,
    ):
        await window.hello()
        await eleni.hello()
        assert await window.closed() == CloseCode.SIGNED_OUT
        assert "ok" in await eleni.ask("chat.overview")


class SlowDoor:
    """Holds somebody between the proof of who they are and the room.

    The doorkeeper is the real one; it only takes its time.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, who: Someone) -> None:
        self.proved, self.go_on = asyncio.Event(), asyncio.Event()
        by_cookie = Doorkeeper.by_cookie

        async def slowly(keeper: Doorkeeper, token: str, room_id: str) -> Principal | None:
            found = await by_cookie(keeper, token, room_id)
            if found is not None and found.member_id == who.member_id:
                self.proved.set()
                await self.go_on.wait()
            return found

        monkeypatch.setattr(Doorkeeper, "by_cookie", slowly)


async def test_whoever_is_removed_while_coming_in_does_not_come_in(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    maja = seeded.people["maja"]
    door = SlowDoor(monkeypatch, maja)
    coming = asyncio.create_task(RoomClient.open(live, seeded.room_id, maja))
    await door.proved.wait()
    await remove(live, seeded, maja)
    door.go_on.set()
    async with await coming as window:
        assert await window.closed() == CloseCode.FORBIDDEN
        assert window.binary == []


async def test_a_team_that_changes_while_somebody_comes_in_is_known(
    live: Live, seeded: SeededRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    maja = seeded.people["maja"]
    door = SlowDoor(monkeypatch, maja)
    coming = asyncio.create_task(RoomClient.open(live, seeded.room_id, maja))
    await door.proved.wait()
    async with await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna:
        await anna.hello()
        made = await anna.do("people.create_team", name="Bees", member_ids=[maja.member_id])
        door.go_on.set()
        async with await coming as window:
            welcome = await window.hello()
            assert welcome["you"]["teams"] == [made["result"]]
            await anna.do("chat.post", channel_id=made["result"], text="For the team")
            assert (await window.expect("chat.posted"))["text"] == "For the team"


@pytest.mark.parametrize("state", ["closed", "archived"])
async def test_closing_a_room_stops_the_documents_that_are_open(
    live: Live, seeded: SeededRoom, state: str
) -> None:
    async with (
        await RoomClient.open(live, seeded.room_id, seeded.people["anna"]) as anna,
        await enter(live, seeded) as peer,
    ):
        await anna.hello()
        pen = Pen(7)
        await peer.send(raw.update(pen.write("before ")))
        assert await peer.expect("status") == 1
        await anna.do("people.set_room_state", state=state)
        assert await peer.expect("authenticated", lambda scope: scope == "readonly")
        await peer.send(raw.update(pen.write("after")))
        assert await peer.expect("status") == 0
        await anna.do("people.set_room_state", state="open")
        assert await peer.expect("authenticated", lambda scope: scope == "read-write")
    entries = "select body from entry where stream_id = ? order by seq"
    bodies = [body for (body,) in stored(live, entries, seeded.documents[1])]
    assert raw.words_of(bodies) == "before "


async def test_a_moderator_watches_from_one_sign_in_at_a_time(
    live: Live, seeded: SeededRoom
) -> None:
    assert live.node is not None
    here, there = await live.node.database.write(
        lambda db: (first := moderator(db, "SE"), another_sign_in(db, first))
    )
    visit = f"/api/rooms/{seeded.room_id}/visit"
    async with browser(live, here.token) as one, browser(live, there.token) as other:
        assert (await one.post(visit, json={})).status_code == 200
        async with await RoomClient.open(live, seeded.room_id, here) as window:
            await window.hello()
            assert (await other.post(visit, json={})).status_code == 200
            assert await window.closed() == CloseCode.FORBIDDEN
        with pytest.raises(InvalidStatus):
            await RoomClient.open(live, seeded.room_id, here)
        async with await RoomClient.open(live, seeded.room_id, there) as window:
            await window.hello()
            await other.post("/api/sign-out", json={})
            assert await window.closed() == CloseCode.SIGNED_OUT
        assert (await one.post(visit, json={})).status_code == 200
    visits = stored(
        live,
        "select left_at, (select revoked_at from session where id = session_id)"
        " from moderator_visit order by came_at, left_at is null",
    )
    # The second ended when its sign-in did, not when the next one began.
    assert len(visits) == 3
    assert visits[1][0] == visits[1][1]
    assert visits[2] == (None, None)


async def test_the_removed_do_not_come_back_by_their_own_links(live: Live) -> None:
    here = await found_project(live, "Kanari", "SE")
    async with browser(live, here.people["nikos"].token) as nikos:
        async with await RoomClient.open(live, here.room_id, here.people["anna"]) as anna:
            await anna.hello()
            role = {"member_id": here.people["nikos"].member_id, "role": "teacher-admin"}
            await anna.do("people.set_role", **role)
            links = []
            for who in ("nikos", "anna"):
                async with browser(live, here.people[who].token) as window:
                    made = await window.post(
                        f"/api/rooms/{here.room_id}/invitations",
                        json={"school_id": here.schools[1], "role": "teacher"},
                    )
                    links.append(made.json()["link"].partition("#")[2])
            await anna.do("people.remove", member_id=here.people["nikos"].member_id)
        own, from_anna = links
        assert (await nikos.post("/api/link/join", json={"token": own})).status_code == 404
        assert (await nikos.post("/api/link/join", json={"token": from_anna})).status_code == 200
