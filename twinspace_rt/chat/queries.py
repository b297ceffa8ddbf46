"""Reading the chat, with rights checked. Plain functions of a database connection."""

from collections.abc import Sequence
from typing import Any, get_args

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    Subquery,
    bindparam,
    exists,
    func,
    select,
)

from twinspace_rt.chat.channels import (
    ALL_CHANNELS,
    MY_CHANNELS,
    access_channel,
    visible_channels,
)
from twinspace_rt.chat.hours import Rules
from twinspace_rt.chat.messages import (
    Channel,
    Emoji,
    Found,
    GetHistory,
    Mention,
    Mentions,
    Message,
    Overview,
    Page,
    Reactions,
    Reply,
    Search,
)
from twinspace_rt.chat.models import hours, mention, message, reaction, read_mark
from twinspace_rt.chat.opening import hours_at, rules_of
from twinspace_rt.chat.text import excerpt
from twinspace_rt.errors import NotFound
from twinspace_rt.plain_text import fold, like_pattern
from twinspace_rt.protocol import now_ms
from twinspace_rt.rooms.access import Principal, Role
from twinspace_rt.rooms.models import member
from twinspace_rt.streams.follow import stream_head
from twinspace_rt.streams.models import stream

FOUND_MAX = 30
MENTIONS_MAX = 50
WORDS_MAX = 8
EMOJIS: tuple[Emoji, ...] = get_args(Emoji)
_newest_first = message.c.seq.desc()


# -- the snapshot


def _read_seq(channel_id: ColumnElement[str]) -> ColumnElement[int]:
    mark = select(read_mark.c.seq).where(
        read_mark.c.room_id == bindparam("room_id"),
        read_mark.c.channel_id == channel_id,
        read_mark.c.member_id == bindparam("member_id"),
    )
    came = select(member.c.created_at).where(member.c.id == bindparam("member_id"))
    earlier = (
        select(message.c.seq)
        .where(
            message.c.room_id == bindparam("room_id"),
            message.c.channel_id == channel_id,
            message.c.at < came.scalar_subquery(),
        )
        .order_by(_newest_first)
        .limit(1)
    )
    return func.coalesce(mark.scalar_subquery(), earlier.scalar_subquery(), 0)


def _states(channels: Subquery, *order: str) -> Select[Any]:
    # How far somebody is in a channel is looked up once for each, not for each message.
    known = (
        select(*channels.c, _read_seq(channels.c.id).label("read_seq"))
        .cte("known")
        .prefix_with("MATERIALIZED")
    )
    here = (message.c.room_id == bindparam("room_id"), message.c.channel_id == known.c.id)
    last = select(func.max(message.c.seq)).where(*here)
    unread = select(func.count()).where(*here, message.c.seq > known.c.read_seq, *_COUNTS)
    return select(
        known.c.id,
        known.c.read_seq,
        func.coalesce(last.scalar_subquery(), 0).label("last_seq"),
        unread.scalar_subquery().label("unread"),
    ).order_by(*(known.c[name] for name in order))


_CHANNEL_ID = bindparam("channel_id", type_=String)
_COUNTS = (message.c.author_id != bindparam("member_id"), message.c.removed_by.is_(None))
# Asked for by everyone who comes. Made once: to make a statement takes longer than to ask it.
_ALL_STATES = _states(ALL_CHANNELS, "place", "name", "id")
_MY_STATES = _states(MY_CHANNELS, "place", "name", "id")
_STATE = _states(select(_CHANNEL_ID.label("id")).subquery())
_ROOM = (
    select(stream.c.head_seq, hours)
    .outerjoin(hours, hours.c.room_id == stream.c.id)
    .where(stream.c.id == bindparam("room_id"))
)
_READ_UP_TO = select(_read_seq(_CHANNEL_ID))
_MENTIONS = (
    select(message.c.seq)
    .join(mention, mention.c.message_id == message.c.id)
    .where(
        message.c.room_id == bindparam("room_id"),
        message.c.channel_id == bindparam("channel_id"),
        message.c.seq > bindparam("read_seq"),
        *_COUNTS,
        mention.c.member_id == bindparam("member_id"),
    )
    .order_by(message.c.seq)
)


def read_overview(connection: Connection, principal: Principal) -> Overview:
    """Read the channels that ``principal`` sees, what is unread in them, and the hours."""
    room = connection.execute(_ROOM, {"room_id": principal.room_id}).one()
    rules = Rules() if room.room_id is None else rules_of(room)
    return Overview(
        channels=_read_channels(connection, principal),
        hours=hours_at(rules, now_ms()),
        emojis=list(EMOJIS),
        seq=room.head_seq,
    )


def _read_channels(connection: Connection, principal: Principal) -> list[Channel]:
    if principal.role is Role.VISITOR:
        return []
    states = connection.execute(
        _ALL_STATES if principal.is_staff else _MY_STATES, _whose(principal)
    ).all()
    return [_channel(connection, principal, state) for state in states]


def read_channel(connection: Connection, principal: Principal, channel_id: str) -> Channel:
    """Read how far ``principal`` is in a channel that they see."""
    asked = _whose(principal) | {"channel_id": channel_id}
    return _channel(connection, principal, connection.execute(_STATE, asked).one())


def _channel(connection: Connection, principal: Principal, state: Row[Any]) -> Channel:
    mentions: list[int] = []
    if state.unread:
        asked = _whose(principal) | {"channel_id": state.id, "read_seq": state.read_seq}
        mentions = list(connection.execute(_MENTIONS, asked).scalars())
    return Channel(
        id=state.id,
        last_seq=state.last_seq,
        read_seq=state.read_seq,
        unread=state.unread,
        mentions=mentions,
    )


def read_up_to(connection: Connection, principal: Principal, channel_id: str) -> int:
    """Tell up to which place ``principal`` has read a channel.

    Who has marked nothing yet has read what was written before they came.
    """
    asked = _whose(principal) | {"channel_id": channel_id}
    place: int = connection.execute(_READ_UP_TO, asked).scalar_one()
    return place


def _whose(principal: Principal) -> dict[str, Any]:
    return {"room_id": principal.room_id, "member_id": principal.member_id}


def mentions_since(connection: Connection, principal: Principal, since: int) -> Mentions:
    """List the messages that others posted after a moment and that mention ``principal``.

    What was removed is left out, and so is a channel that they do not see any more.
    """
    rows = connection.execute(
        select(message.c.id, message.c.channel_id, message.c.author_id, message.c.at)
        .join(mention, mention.c.message_id == message.c.id)
        .where(
            message.c.room_id == principal.room_id,
            message.c.channel_id.in_(visible_channels(connection, principal)),
            mention.c.member_id == principal.member_id,
            message.c.at > since,
            message.c.author_id != principal.member_id,
            message.c.removed_by.is_(None),
        )
        .order_by(_newest_first)
        .limit(MENTIONS_MAX)
    )
    return Mentions(
        mentions=[
            Mention(
                message_id=row.id, channel_id=row.channel_id, author_id=row.author_id, at=row.at
            )
            for row in rows
        ]
    )


def _in_channel(room_id: str, channel_id: str) -> tuple[ColumnElement[bool], ...]:
    return (message.c.room_id == room_id, message.c.channel_id == channel_id)


# -- messages


def access_message(connection: Connection, principal: Principal, message_id: str) -> Row[Any]:
    """Fetch a message of a channel that ``principal`` sees.

    Raises:
        NotFound: There is no such message, or not for this person.
    """
    row = connection.execute(
        select(message).where(message.c.id == message_id, message.c.room_id == principal.room_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    access_channel(connection, principal, row.channel_id)
    return row


def read_history(connection: Connection, principal: Principal, asked: GetHistory) -> Page:
    """Read a page of a channel.

    Raises:
        NotFound: The channel, or the message to read around, is not there for this person.
    """
    access_channel(connection, principal, asked.channel_id)
    here = _in_channel(principal.room_id, asked.channel_id)
    if asked.around is not None:
        target = access_message(connection, principal, asked.around)
        if target.channel_id != asked.channel_id:
            raise NotFound
        half = max(1, asked.limit // 2)
        rows = [
            *_newest(connection, (*here, message.c.seq <= target.seq), half),
            *_oldest(connection, (*here, message.c.seq > target.seq), half),
        ]
    elif asked.after is not None:
        rows = _oldest(connection, (*here, message.c.seq > asked.after), asked.limit)
    elif asked.before is not None:
        rows = _newest(connection, (*here, message.c.seq < asked.before), asked.limit)
    else:
        rows = _newest(connection, here, asked.limit)
    first, last = (rows[0].seq, rows[-1].seq) if rows else (0, 0)
    return Page(
        messages=_messages(connection, rows),
        more_before=bool(rows) and _any(connection, (*here, message.c.seq < first)),
        more_after=bool(rows) and _any(connection, (*here, message.c.seq > last)),
        seq=stream_head(connection, principal.room_id).seq,
    )


def search(connection: Connection, principal: Principal, asked: Search) -> Found:
    """Find the newest messages that hold every word of the query, in any order and case.

    Raises:
        NotFound: The channel is not there for this person.
    """
    channels = visible_channels(connection, principal)
    if asked.channel_id is not None:
        access_channel(connection, principal, asked.channel_id)
        channels = [asked.channel_id]
    words = fold(asked.query).split()[:WORDS_MAX]
    if not words:
        return Found(messages=[], more=False)
    wanted = [
        message.c.room_id == principal.room_id,
        message.c.channel_id.in_(channels),
        message.c.removed_by.is_(None),
        *(message.c.search_text.like(like_pattern(word), escape="\\") for word in words),
    ]
    if asked.before is not None:
        wanted.append(message.c.seq < asked.before)
    rows = connection.execute(
        select(message).where(*wanted).order_by(_newest_first).limit(FOUND_MAX + 1)
    ).all()
    return Found(messages=_messages(connection, rows[:FOUND_MAX]), more=len(rows) > FOUND_MAX)


def read_reply(connection: Connection, row: Row[Any]) -> Reply:
    """Say what a reply shows of the message it answers."""
    return Reply(message_id=row.id, author_id=row.author_id, excerpt=excerpt(row.text))


def _newest(
    connection: Connection, where: Sequence[ColumnElement[bool]], limit: int
) -> list[Row[Any]]:
    chosen = select(message).where(*where).order_by(_newest_first).limit(limit)
    return list(reversed(connection.execute(chosen).all()))


def _oldest(
    connection: Connection, where: Sequence[ColumnElement[bool]], limit: int
) -> list[Row[Any]]:
    chosen = select(message).where(*where).order_by(message.c.seq).limit(limit)
    return list(connection.execute(chosen).all())


def _any(connection: Connection, where: Sequence[ColumnElement[bool]]) -> bool:
    return bool(connection.execute(select(exists().where(*where))).scalar())


def _messages(connection: Connection, rows: Sequence[Row[Any]]) -> list[Message]:
    answered = {row.reply_to for row in rows if row.reply_to is not None}
    replies = {
        row.id: read_reply(connection, row)
        for row in connection.execute(select(message).where(message.c.id.in_(answered)))
    }
    reactions = _reactions(connection, [row.id for row in rows])
    return [
        Message(
            id=row.id,
            channel_id=row.channel_id,
            seq=row.seq,
            at=row.at,
            author_id=row.author_id,
            text=row.text,
            reply=replies.get(row.reply_to),
            edited_at=row.edited_at,
            removed_by=row.removed_by,
            reactions=reactions.get(row.id, []),
        )
        for row in rows
    ]


def _reactions(connection: Connection, message_ids: Sequence[str]) -> dict[str, list[Reactions]]:
    by_message: dict[str, dict[Emoji, list[str]]] = {}
    for row in connection.execute(
        select(reaction).where(reaction.c.message_id.in_(message_ids)).order_by(reaction.c.seq)
    ):
        by_emoji = by_message.setdefault(row.message_id, {})
        by_emoji.setdefault(row.emoji, []).append(row.member_id)
    return {
        message_id: [
            Reactions(emoji=emoji, member_ids=by_emoji[emoji])
            for emoji in EMOJIS
            if emoji in by_emoji
        ]
        for message_id, by_emoji in by_message.items()
    }
