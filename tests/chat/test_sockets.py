"""Every command of the chat over real sockets: for whom it is, and for whom it is not."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.classroom import nonce as new_nonce
from tests.client import Json, RoomClient
from tests.live import Live, SeededRoom
from twinspace_rt.chat import feature

TIMETABLE = {"time_zone": "Europe/Stockholm", "slots": [{"weekday": 0, "start": 0, "end": 60}]}
# Each command: who may, what else it says (`MESSAGE` stands for a message of Maja's), and the
# push or signal by which somebody else hears of it.
COMMANDS: dict[str, tuple[str, Json, str | None]] = {
    "chat.post": ("maja", {"channel_id": "everyone", "text": "Hej"}, "chat.posted"),
    "chat.edit": ("maja", {"message_id": "MESSAGE", "text": "Hej hej"}, "chat.edited"),
    "chat.delete": ("maja", {"message_id": "MESSAGE"}, "chat.deleted"),
    "chat.react": ("maja", {"message_id": "MESSAGE", "emoji": "👍", "on": True}, "chat.reacted"),
    "chat.type": ("maja", {"channel_id": "everyone"}, "chat.typing"),
    "chat.open": ("anna", {}, "chat.hours_changed"),
    "chat.close": ("anna", {}, "chat.hours_changed"),
    "chat.set_timetable": ("anna", TIMETABLE, "chat.hours_changed"),
    "chat.read": ("nikos", {"channel_id": "everyone", "message_id": "MESSAGE"}, None),
    "chat.overview": ("maja", {}, None),
    "chat.history": ("maja", {"channel_id": "everyone"}, None),
    "chat.search": ("maja", {"query": "first"}, None),
    "chat.mentions": ("maja", {"since": 0}, None),
}
READING = {"chat.type", "chat.overview", "chat.history", "chat.search", "chat.mentions"}


@dataclass
class Talk:
    """A room whose chat is open, with one message of Maja's, and its windows."""

    live: Live
    room: SeededRoom
    stack: AsyncExitStack
    message_id: str = ""

    async def window(self, name: str, since: Json | None = None) -> RoomClient:
        """Open a window for somebody and say hello."""
        client = await RoomClient.open(self.live, self.room.room_id, self.room.people[name])
        await self.stack.enter_async_context(client)
        await client.hello(since)
        return client

    def asked(self, kind: str, fields: Json) -> Json:
        """Fill in what the command speaks of, and a nonce if it changes something."""
        filled = {k: self.message_id if v == "MESSAGE" else v for k, v in fields.items()}
        return filled if kind in READING else filled | {"nonce": new_nonce()}


@pytest_asyncio.fixture
async def talk(live: Live, seeded: SeededRoom) -> AsyncIterator[Talk]:
    """The talk, with nobody's window open any more."""
    async with AsyncExitStack() as stack:
        talk = Talk(live, seeded, stack)
        anna, maja = await talk.window("anna"), await talk.window("maja")
        await anna.do("chat.open")
        posted = await maja.do("chat.post", channel_id="everyone", text="My first words")
        talk.message_id = str(posted["result"])
        yield talk


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) == {str(c.__struct_config__.tag) for c in feature.commands}


@pytest.mark.parametrize("kind", COMMANDS)
async def test_a_command_takes_effect_for_whom_it_is_and_for_nobody_else(
    talk: Talk, kind: str
) -> None:
    who, fields, tells = COMMANDS[kind]
    asked = talk.asked(kind, fields)
    eleni, vera = await talk.window("eleni"), await talk.window("vera")
    refused = await vera.ask(kind, **asked)
    assert refused["error"]["code"] == "forbidden"
    if who == "anna":
        refused = await eleni.ask(kind, **asked)
        assert refused["error"]["code"] == "forbidden"
    person = await talk.window(who)
    reply = await person.ask(kind, **asked)
    assert "ok" in reply, reply
    if tells is not None:
        heard = await eleni.expect(tells)
        assert heard["type"] == tells
        # What the visitor asks for comes after all that was sent to them before.
        await vera.ask("chat.overview")
        assert [f for f in vera.frames if f.get("type", "").startswith("chat.")] == []


@pytest.mark.parametrize("state", ["closed", "archived"])
@pytest.mark.parametrize("kind", COMMANDS)
async def test_a_closed_room_is_for_reading_alone(talk: Talk, kind: str, state: str) -> None:
    who, fields, _ = COMMANDS[kind]
    anna = await talk.window("anna")
    await anna.do("people.set_room_state", state=state)
    person = anna if who == "anna" else await talk.window(who)
    reply = await person.ask(kind, **talk.asked(kind, fields))
    if kind in (READING | {"chat.read"}) - {"chat.type"}:
        assert "ok" in reply, reply
    else:
        assert reply["error"]["code"] == "room.closed"


async def test_a_message_resent_over_a_new_connection_is_there_once(talk: Talk) -> None:
    eleni = await talk.window("eleni")
    sending = await talk.window("maja")
    since = {"epoch": sending.welcome["epoch"], "seq": sending.welcome["seq"]}
    asked: dict[str, Any] = {"channel_id": "everyone", "text": "Once", "nonce": "nonce-once"}
    await sending.send_json({"id": 99, "type": "chat.post", **asked})
    posted = await eleni.expect("chat.posted")
    sending.socket.transport.abort()  # the answer is lost on the way
    back = await talk.window("maja", since)
    assert (await back.expect("chat.posted"))["nonce"] == "nonce-once"
    again = await back.do("chat.post", **asked)
    assert again == {"seq": posted["seq"], "repeated": True}
    history = (await eleni.ask("chat.history", channel_id="everyone"))["ok"]["messages"]
    assert [m["text"] for m in history] == ["My first words", "Once"]


async def test_a_flood_and_oversized_messages_hold_up_nobody_else(talk: Talk) -> None:
    """Each is answered with its code; a teacher's command passes between them."""
    maja, anna = await talk.window("maja"), await talk.window("anna")
    texts = ["x" * 65_536, "<@" + "0" * 20 + ">", "z\u0335" * 2000, "\u202e" * 3000]
    for number in range(100):
        await maja.send_json(
            {
                "id": 1000 + number,
                "type": "chat.post",
                "channel_id": "everyone",
                "text": texts[number % len(texts)],
                "nonce": f"flood-{number:04}",
            }
        )
    await anna.do("chat.close")
    refused = [await maja.expect(lambda f, n=n: f.get("id") == 1000 + n) for n in range(100)]  # type: ignore[misc]
    codes = {reply["error"]["code"] for reply in refused if "error" in reply}
    assert {"invalid", "rate_limited"} <= codes
    assert codes <= {"invalid", "chat.mention", "chat.empty", "chat.closed", "rate_limited"}
    assert all(
        reply["error"]["retry_after_s"] >= 1
        for reply in refused
        if reply.get("error", {}).get("code") == "rate_limited"
    )
