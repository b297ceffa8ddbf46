"""Chat: channels that follow from the room, its staff and its teams; open when a teacher says."""

from twinspace_rt.chat import handlers, queries
from twinspace_rt.chat.messages import (
    ChannelRead,
    CloseChat,
    DeleteMessage,
    EditMessage,
    Found,
    GetHistory,
    GetOverview,
    HoursChanged,
    ListMentions,
    MarkRead,
    Mentions,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    OpenChat,
    Overview,
    Page,
    PostMessage,
    React,
    Reacted,
    Search,
    SetTimetable,
    ShowTyping,
    Typing,
)
from twinspace_rt.rooms.access import TEACHERS, WRITERS, Rule, reading
from twinspace_rt.rooms.feature import Feature

feature = Feature(
    name="chat",
    commands={
        PostMessage: (handlers.handle_post, Rule(WRITERS)),
        EditMessage: (handlers.handle_edit, Rule(WRITERS)),
        DeleteMessage: (handlers.handle_delete, Rule(WRITERS)),
        React: (handlers.handle_react, Rule(WRITERS)),
        ShowTyping: (handlers.handle_typing, Rule(WRITERS)),
        OpenChat: (handlers.handle_open, Rule(TEACHERS)),
        CloseChat: (handlers.handle_close, Rule(TEACHERS)),
        SetTimetable: (handlers.handle_set_timetable, Rule(TEACHERS)),
        MarkRead: (handlers.handle_mark_read, reading()),
        GetOverview: (handlers.handle_overview, reading()),
        GetHistory: (handlers.handle_history, reading()),
        Search: (handlers.handle_search, reading()),
        ListMentions: (handlers.handle_mentions, reading()),
    },
    pushes=(
        MessagePosted,
        MessageEdited,
        MessageDeleted,
        Reacted,
        ChannelRead,
        HoursChanged,
        Typing,
    ),
    snapshot=queries.read_overview,
    snapshot_type=Overview,
    replies={GetOverview: Overview, GetHistory: Page, Search: Found, ListMentions: Mentions},
)
