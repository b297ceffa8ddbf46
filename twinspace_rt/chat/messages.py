"""Frames of the chat."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from twinspace_rt.chat.hours import SLOTS_MAX, ByHand, Slot
from twinspace_rt.protocol import Command, Id, Millis, Push, Signal, WriteCommand

TEXT_MAX = 4000
MENTIONS_MAX = 20
PAGE_MAX = 100
EXCERPT_MAX = 140

ChannelId = Annotated[str, Meta(pattern="^(everyone|staff|[0-9a-hjkmnp-tv-z]{20})$")]
"""``everyone``, ``staff`` (the staff room), or a team's identifier."""
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX)]
"""What somebody wrote; ``<@member id>`` in it mentions that member."""
Seq = Annotated[int, Meta(ge=0, le=2**53)]
RemovedBy = Literal["author", "teacher"]
Emoji = Literal[
    "👍", "❤️", "😀", "😂", "😮", "😢", "🤔", "😍", "🎉", "👏", "🙏", "🙌",
    "💪", "🤝", "💡", "✅", "❓", "👀", "⭐", "🔥", "🚀", "🌍", "🍀", "✏️",
]  # fmt: skip
"""What one may react with: nothing here can hurt."""


# -- what commands and pushes speak of


class Reply(Struct, kw_only=True):
    """The message that another one answers, as it reads now."""

    message_id: str
    author_id: str
    excerpt: str
    """The beginning of its text on one line; empty once it is removed."""


class Reactions(Struct, kw_only=True):
    """Who reacted with one emoji, in the order in which they did."""

    emoji: Emoji
    member_ids: list[str]


class Message(Struct, kw_only=True):
    """One message of a channel."""

    id: str
    channel_id: str
    seq: int
    """Its place: messages of a channel are ordered by it."""
    at: int
    author_id: str
    text: str
    reply: Reply | None
    edited_at: int | None
    removed_by: RemovedBy | None
    """Who took its text away; it is empty then."""
    reactions: list[Reactions]


class Channel(Struct, kw_only=True):
    """A channel as one person sees it."""

    id: str
    last_seq: int
    """Place of its newest message; 0 while it is empty."""
    read_seq: int
    """All up to this place are read."""
    unread: int
    mentions: list[int]
    """Places of the unread messages that mention this person."""


class Opening(Struct, kw_only=True):
    """A time in which pupils may write.

    Without ``start`` it has begun; without ``end`` it lasts until a teacher closes the chat.
    """

    start: int | None
    end: int | None


class Hours(Struct, kw_only=True):
    """When pupils may write. The staff room is not concerned."""

    open: bool
    changes_at: int | None
    """When ``open`` will next turn, if that is known."""
    by_hand: ByHand | None
    by_hand_until: int | None
    time_zone: str
    slots: list[Slot]
    openings: list[Opening]
    """Those of the coming week, from the moment of which this speaks."""


class Overview(Struct, kw_only=True):
    """The chat as one person finds it: the snapshot, and the reply to ``chat.overview``."""

    channels: list[Channel]
    hours: Hours
    emojis: list[Emoji]
    seq: int
    """Where the room's events stood: what came later is not in here."""


class Page(Struct, kw_only=True):
    """Messages of one channel, oldest first, all those there are between the first and the last."""

    messages: list[Message]
    more_before: bool
    more_after: bool
    seq: int
    """Where the room's events stood: what came later is not in here."""


class Found(Struct, kw_only=True):
    """Messages that hold all the words, newest first."""

    messages: list[Message]
    more: bool


class Mention(Struct, kw_only=True):
    """A message that names this person: whose, where and when."""

    message_id: str
    channel_id: str
    author_id: str
    at: Millis


class Mentions(Struct, kw_only=True):
    """The messages of others that name this person, newest first, at most 50."""

    mentions: list[Mention]


# -- commands


class PostMessage(WriteCommand, tag="chat.post", kw_only=True, frozen=True):
    """Post a message, or answer one of the same channel."""

    channel_id: ChannelId
    text: Text
    reply_to: Id | None = None


class EditMessage(WriteCommand, tag="chat.edit", kw_only=True, frozen=True):
    """Change the text of one's own message."""

    message_id: Id
    text: Text


class DeleteMessage(WriteCommand, tag="chat.delete", kw_only=True, frozen=True):
    """Take away the text of one's own message; a teacher may take away anyone's."""

    message_id: Id


class React(WriteCommand, tag="chat.react", kw_only=True, frozen=True):
    """Add or take back one's reaction; doing so twice changes nothing."""

    message_id: Id
    emoji: Emoji
    on: bool


class MarkRead(WriteCommand, tag="chat.read", kw_only=True, frozen=True):
    """Note that all up to this message is read; a mark only moves forward."""

    channel_id: ChannelId
    message_id: Id


class ShowTyping(Command, tag="chat.type", kw_only=True, frozen=True):
    """Let the others know that one is writing; told at most once in two seconds."""

    channel_id: ChannelId


class OpenChat(WriteCommand, tag="chat.open", kw_only=True, frozen=True):
    """Let pupils write, whatever the timetable says, until then or until further notice."""

    until: Millis | None = None


class CloseChat(WriteCommand, tag="chat.close", kw_only=True, frozen=True):
    """Let pupils only read, whatever the timetable says, until then or until further notice."""

    until: Millis | None = None


class SetTimetable(WriteCommand, tag="chat.set_timetable", kw_only=True, frozen=True):
    """Let a weekly timetable decide from now on; an empty one keeps the chat closed."""

    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]
    slots: Annotated[list[Slot], Meta(max_length=SLOTS_MAX)]


class GetOverview(Command, tag="chat.overview", kw_only=True, frozen=True):
    """Read the channels and the hours again."""


class GetHistory(Command, tag="chat.history", kw_only=True, frozen=True):
    """Read messages: those next to ``before`` or ``after``, those around one, or the newest."""

    channel_id: ChannelId
    before: Seq | None = None
    after: Seq | None = None
    around: Id | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_MAX)] = 50


class Search(Command, tag="chat.search", kw_only=True, frozen=True):
    """Find messages, in one channel or in all that one sees; page on with ``before``."""

    query: Annotated[str, Meta(min_length=1, max_length=200)]
    channel_id: ChannelId | None = None
    before: Seq | None = None


class ListMentions(Command, tag="chat.mentions", kw_only=True, frozen=True):
    """Ask who has mentioned one since a moment."""

    since: Millis


# -- pushes and signals


class MessagePosted(Push, tag="chat.posted", kw_only=True):
    """A message was posted; its place is this event's ``seq``, its moment ``at``."""

    channel_id: str
    message_id: str
    author_id: str
    text: str
    reply: Reply | None


class MessageEdited(Push, tag="chat.edited", kw_only=True):
    """A message reads differently now, and so do the excerpts in its replies."""

    channel_id: str
    message_id: str
    message_seq: int
    author_id: str
    text: str
    excerpt: str
    edited_at: int


class MessageDeleted(Push, tag="chat.deleted", kw_only=True):
    """A message's text is gone, with its mentions, reactions and the excerpts in its replies."""

    channel_id: str
    message_id: str
    message_seq: int
    author_id: str
    removed_by: RemovedBy


class Reacted(Push, tag="chat.reacted", kw_only=True):
    """Somebody added or took back a reaction."""

    channel_id: str
    message_id: str
    member_id: str
    emoji: Emoji
    on: bool


class ChannelRead(Push, tag="chat.marked", kw_only=True):
    """To one person alone: how far they have read, in whichever window."""

    channel_id: str
    read_seq: int
    unread: int


class HoursChanged(Push, tag="chat.hours_changed", kw_only=True):
    """A teacher changed when pupils may write."""

    hours: Hours


class Typing(Signal, tag="chat.typing", kw_only=True):
    """Somebody is writing; forget it after six seconds, or when their message comes."""

    channel_id: str
    member_id: str
