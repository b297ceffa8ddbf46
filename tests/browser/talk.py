"""What people do in a chat, said once."""

from collections.abc import Sequence

from playwright.async_api import Locator, expect

from tests.browser.window import Window
from tests.client import RoomClient
from tests.live import Live, SeededRoom
from twinspace_rt.chat.actions import do_post
from twinspace_rt.chat.messages import PostMessage
from twinspace_rt.rooms.access import Principal
from twinspace_rt.rooms.feature import Act
from twinspace_rt.streams.log import Transaction

EVERYONE = "everyone"


def message(window: Window, text: str) -> Locator:
    """Find the messages that say some words, pending ones too; an answer to them is none."""
    said = window.page.locator("p").filter(has_text=text)
    return window.page.get_by_role("article").filter(has=said)


def composer(window: Window) -> Locator:
    """Find the field for a new message."""
    return window.field("Write in Everyone")


async def say(window: Window, text: str) -> None:
    """Post a message and wait until it is the one that everyone sees."""
    await composer(window).fill(text)
    await composer(window).press("Enter")
    await expect(message(window, text).and_(window.page.locator("[data-message]"))).to_have_count(1)


async def choose(window: Window, text: str, action: str) -> None:
    """Choose an action from a message's menu."""
    await message(window, text).hover()
    await message(window, text).get_by_role("button", name="More").click()
    await window.page.get_by_role("menuitem", name=action).click()


async def open_chat(live: Live, room: SeededRoom) -> None:
    """Have a teacher open the chat for pupils."""
    async with await RoomClient.open(live, room.room_id, room.people["anna"]) as anna:
        await anna.hello()
        await anna.do("chat.open", until=None)


async def have_said(live: Live, room: SeededRoom, name: str, texts: Sequence[str]) -> None:
    """Fill the chat faster than anyone may write."""
    assert live.node is not None
    someone = room.people[name]
    principal = Principal(
        room_id=room.room_id,
        member_id=someone.member_id,
        role=someone.role,
        school_id=room.schools[0],
        name=name,
        session_id=someone.session_id,
        role_version=1,
    )

    def post_all(transaction: Transaction) -> None:
        for text in texts:
            command = PostMessage(id=0, nonce="history", channel_id=EVERYONE, text=text)
            do_post(Act(transaction, principal, None), command)

    await live.node.hub.log.act(post_all)


def stored(live: Live, room: SeededRoom) -> list[str]:
    """Read from the database what was said in a room."""
    with live.database() as database:
        rows = database.execute(
            "select text from chat_message where room_id = ? order by seq", [room.room_id]
        )
        return [row[0] for row in rows]
