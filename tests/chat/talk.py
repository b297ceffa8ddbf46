"""What people do in a chat, as tests say it."""

from typing import Any

from tests.classroom import Json, Person, nonce


async def post(person: Person, text: str, channel_id: str = "everyone", **fields: Any) -> str:
    """Post a message and return its identifier."""
    reply = await person.do("chat.post", channel_id=channel_id, text=text, **fields)
    return str(reply["result"])


async def history(person: Person, channel_id: str = "everyone", **fields: Any) -> list[Json]:
    """Read the messages of a channel, oldest first."""
    page = await person.read("chat.history", channel_id=channel_id, **fields)
    return list(page["messages"])


async def outcome(person: Person, kind: str, **fields: Any) -> str | None:
    """Send a changing command, and return the code of its refusal, if it is refused."""
    reply = await person.ask(kind, nonce=nonce(), **fields)
    return str(reply["error"]["code"]) if "error" in reply else None
