"""Takes the chat's commands: counts them, and hands them to one action or query each."""

from twinspace_rt.chat import actions, opening, queries
from twinspace_rt.chat.messages import (
    CloseChat,
    DeleteMessage,
    EditMessage,
    Found,
    GetHistory,
    GetOverview,
    ListMentions,
    MarkRead,
    Mentions,
    OpenChat,
    Overview,
    Page,
    PostMessage,
    React,
    Search,
    SetTimetable,
    ShowTyping,
    Typing,
)
from twinspace_rt.errors import RateLimited
from twinspace_rt.rooms.feature import Call, Changed

# A lively class writes a line in a few seconds; twenty at once is a phone that was offline.
POSTS_PER_S, POSTS_BURST = 1.0, 20.0
REACTIONS_PER_S, REACTIONS_BURST = 2.0, 20.0
SEARCHES_PER_S, SEARCHES_BURST = 1.0, 10.0
TYPING_PER_S, TYPING_BURST = 0.5, 1.0


async def handle_post(call: Call, command: PostMessage) -> Changed:
    call.pace("chat.post", POSTS_PER_S, POSTS_BURST)
    return await call.act(command, lambda act: actions.do_post(act, command))


async def handle_edit(call: Call, command: EditMessage) -> Changed:
    call.pace("chat.post", POSTS_PER_S, POSTS_BURST)
    return await call.act(command, lambda act: actions.do_edit(act, command))


async def handle_delete(call: Call, command: DeleteMessage) -> Changed:
    return await call.act(command, lambda act: actions.do_delete(act, command))


async def handle_react(call: Call, command: React) -> Changed:
    call.pace("chat.react", REACTIONS_PER_S, REACTIONS_BURST)
    return await call.act(command, lambda act: actions.do_react(act, command))


async def handle_mark_read(call: Call, command: MarkRead) -> Changed:
    return await call.act(command, lambda act: actions.do_mark_read(act, command))


async def handle_open(call: Call, command: OpenChat) -> Changed:
    return await call.act(command, lambda act: opening.do_open(act, command))


async def handle_close(call: Call, command: CloseChat) -> Changed:
    return await call.act(command, lambda act: opening.do_close(act, command))


async def handle_set_timetable(call: Call, command: SetTimetable) -> Changed:
    return await call.act(command, lambda act: opening.do_set_timetable(act, command))


async def handle_typing(call: Call, command: ShowTyping) -> None:
    """Tell the others; what comes too soon after the last is dropped without a word."""
    try:
        call.pace("chat.type", TYPING_PER_S, TYPING_BURST)
    except RateLimited:
        return
    audience = await call.read(
        lambda db: opening.access_writable(db, call.principal, command.channel_id)
    )
    typing = Typing(channel_id=command.channel_id, member_id=call.principal.member_id)
    call.room.signal(typing, audience, skip=call.connection)


async def handle_overview(call: Call, command: GetOverview) -> Overview:
    return await call.read(lambda db: queries.read_overview(db, call.principal))


async def handle_history(call: Call, command: GetHistory) -> Page:
    return await call.read(lambda db: queries.read_history(db, call.principal, command))


async def handle_mentions(call: Call, command: ListMentions) -> Mentions:
    return await call.read(lambda db: queries.mentions_since(db, call.principal, command.since))


async def handle_search(call: Call, command: Search) -> Found:
    call.pace("chat.search", SEARCHES_PER_S, SEARCHES_BURST)
    return await call.read(lambda db: queries.search(db, call.principal, command))
