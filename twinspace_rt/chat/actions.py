"""What changes the chat. Each action runs in one transaction with the event it causes.

At any time exactly one stored event holds a message's present text, and none holds an older one:
what was edited or taken away must not reach those who resume later.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from twinspace_rt.chat.channels import access_channel, audience_of, members_who_see
from twinspace_rt.chat.messages import (
    ChannelRead,
    DeleteMessage,
    EditMessage,
    MarkRead,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PostMessage,
    React,
    Reacted,
    RemovedBy,
    Reply,
)
from twinspace_rt.chat.models import mention, message, reaction, read_mark
from twinspace_rt.chat.opening import require_open
from twinspace_rt.chat.queries import (
    access_message,
    read_channel,
    read_reply,
    read_up_to,
)
from twinspace_rt.chat.text import checked_text, excerpt, mentioned, search_form
from twinspace_rt.errors import Conflict, Forbidden, InvalidCommand
from twinspace_rt.ids import new_id
from twinspace_rt.rooms.access import member_audience
from twinspace_rt.rooms.feature import Act


def do_post(act: Act, command: PostMessage) -> str:
    """Post a message, and return its identifier.

    Raises:
        NotFound: The channel, or the message that is answered, is not there for this person.
        Forbidden: The chat is closed for pupils now.
        Conflict: The message that is answered was removed.
        InvalidCommand: The text is empty, or mentions somebody who does not see the channel.
    """
    audience = access_channel(act.connection, act.principal, command.channel_id)
    require_open(act.connection, act.principal, command.channel_id, act.now)
    text = checked_text(command.text)
    mentions = _checked_mentions(act, command.channel_id, text)
    reply = None
    if command.reply_to is not None:
        reply = _answered(act, command.channel_id, command.reply_to)
    message_id = new_id()
    seq = act.emit(
        MessagePosted(
            channel_id=command.channel_id,
            message_id=message_id,
            author_id=act.principal.member_id,
            text=text,
            reply=reply,
        ),
        audience,
    )
    act.connection.execute(
        insert(message),
        {
            "id": message_id,
            "room_id": act.principal.room_id,
            "channel_id": command.channel_id,
            "seq": seq,
            "text_seq": seq,
            "author_id": act.principal.member_id,
            "at": act.now,
            "text": text,
            "search_text": search_form(text),
            "reply_to": command.reply_to,
        },
    )
    _insert_mentions(act, message_id, mentions)
    return message_id


def do_edit(act: Act, command: EditMessage) -> None:
    """Change the text of one's own message; the same text again changes nothing.

    Raises:
        NotFound: The message is not there for this person.
        Forbidden: It is somebody else's, or the chat is closed for pupils now.
        Conflict: It was removed.
        InvalidCommand: As for a new message.
    """
    row = _present_message(act, command.message_id)
    if row.author_id != act.principal.member_id:
        raise Forbidden("Only its author can change a message.", code="chat.not_yours")
    require_open(act.connection, act.principal, row.channel_id, act.now)
    text = checked_text(command.text)
    if text == row.text:
        return
    mentions = _checked_mentions(act, row.channel_id, text, known=mentioned(row.text))
    begins = excerpt(text)
    seq = act.emit(
        MessageEdited(
            channel_id=row.channel_id,
            message_id=row.id,
            message_seq=row.seq,
            author_id=row.author_id,
            text=text,
            excerpt=begins,
            edited_at=act.now,
        ),
        audience_of(row.channel_id),
    )
    _forget_text(act, row, begins)
    act.connection.execute(
        update(message)
        .where(message.c.id == row.id)
        .values(text=text, search_text=search_form(text), text_seq=seq, edited_at=act.now)
    )
    act.connection.execute(delete(mention).where(mention.c.message_id == row.id))
    _insert_mentions(act, row.id, mentions)


def do_delete(act: Act, command: DeleteMessage) -> None:
    """Take away a message's text; a mark says whether its author or a teacher did.

    One's own may be taken back while the chat is closed too.

    Raises:
        NotFound: The message is not there for this person.
        Forbidden: It is somebody else's, and this is not a teacher.
    """
    row = access_message(act.connection, act.principal, command.message_id)
    removed_by: RemovedBy = "author"
    if row.author_id != act.principal.member_id:
        if not act.principal.is_teacher:
            raise Forbidden("Only its author or a teacher can remove it.", code="chat.not_yours")
        removed_by = "teacher"
    if row.removed_by is not None:
        return
    act.emit(
        MessageDeleted(
            channel_id=row.channel_id,
            message_id=row.id,
            message_seq=row.seq,
            author_id=row.author_id,
            removed_by=removed_by,
        ),
        audience_of(row.channel_id),
    )
    _forget_text(act, row, "")
    act.connection.execute(
        update(message)
        .where(message.c.id == row.id)
        .values(text="", search_text="", removed_by=removed_by)
    )
    act.connection.execute(delete(mention).where(mention.c.message_id == row.id))
    act.connection.execute(delete(reaction).where(reaction.c.message_id == row.id))


def do_react(act: Act, command: React) -> None:
    """Add or take back one's reaction.

    Raises:
        NotFound: The message is not there for this person.
        Forbidden: The chat is closed for pupils now.
        Conflict: The message was removed.
    """
    row = _present_message(act, command.message_id)
    require_open(act.connection, act.principal, row.channel_id, act.now)
    mine = (
        reaction.c.message_id == row.id,
        reaction.c.emoji == command.emoji,
        reaction.c.member_id == act.principal.member_id,
    )
    there = act.connection.execute(select(reaction.c.seq).where(*mine)).scalar() is not None
    if there == command.on:
        return
    seq = act.emit(
        Reacted(
            channel_id=row.channel_id,
            message_id=row.id,
            member_id=act.principal.member_id,
            emoji=command.emoji,
            on=command.on,
        ),
        audience_of(row.channel_id),
    )
    if command.on:
        act.connection.execute(
            insert(reaction).values(
                message_id=row.id,
                emoji=command.emoji,
                member_id=act.principal.member_id,
                seq=seq,
            )
        )
    else:
        act.connection.execute(delete(reaction).where(*mine))


def do_mark_read(act: Act, command: MarkRead) -> None:
    """Note how far one has read; only one's own windows hear of it.

    Raises:
        NotFound: The channel or the message is not there for this person.
    """
    row = _message_in(act, command.channel_id, command.message_id)
    if row.seq <= read_up_to(act.connection, act.principal, row.channel_id):
        return
    mine = {
        "room_id": act.principal.room_id,
        "channel_id": row.channel_id,
        "member_id": act.principal.member_id,
    }
    moved = act.connection.execute(
        update(read_mark)
        .where(*(read_mark.c[name] == value for name, value in mine.items()))
        .values(seq=row.seq)
    )
    if moved.rowcount == 0:
        act.connection.execute(insert(read_mark).values(seq=row.seq, **mine))
    now = read_channel(act.connection, act.principal, row.channel_id)
    act.emit(
        ChannelRead(channel_id=row.channel_id, read_seq=now.read_seq, unread=now.unread),
        member_audience(act.principal.member_id),
    )


# -- what several actions do


def _present_message(act: Act, message_id: str) -> Row[Any]:
    row = access_message(act.connection, act.principal, message_id)
    if row.removed_by is not None:
        raise Conflict("This message was removed.", code="chat.removed")
    return row


def _message_in(act: Act, channel_id: str, message_id: str) -> Row[Any]:
    row = access_message(act.connection, act.principal, message_id)
    if row.channel_id != channel_id:
        raise InvalidCommand("That message is in another channel.", code="chat.other_channel")
    return row


def _answered(act: Act, channel_id: str, message_id: str) -> Reply:
    row = _message_in(act, channel_id, message_id)
    if row.removed_by is not None:
        raise Conflict("The message that you answer was removed.", code="chat.removed")
    return read_reply(act.connection, row)


def _checked_mentions(
    act: Act, channel_id: str, text: str, known: Collection[str] = ()
) -> set[str]:
    mentions = mentioned(text)
    # Whom the text named before may have left since; the rest of it can still be changed.
    new = mentions.difference(known)
    if new and members_who_see(act.connection, act.principal.room_id, channel_id, new) != new:
        raise InvalidCommand(
            "You mention somebody who does not see this channel.", code="chat.mention"
        )
    return mentions


def _insert_mentions(act: Act, message_id: str, member_ids: set[str]) -> None:
    if member_ids:
        act.connection.execute(
            insert(mention),
            [{"message_id": message_id, "member_id": member_id} for member_id in member_ids],
        )


def _forget_text(act: Act, row: Row[Any], begins: str) -> None:
    """Take a message's old text out of the stored events; its replies show ``begins`` instead."""

    def blank(push: dict[str, Any]) -> None:
        push["text"] = ""
        if "excerpt" in push:
            push["excerpt"] = ""

    def requote(push: dict[str, Any]) -> None:
        push["reply"]["excerpt"] = begins

    act.amend(row.text_seq, blank)
    answers = select(message.c.seq).where(message.c.reply_to == row.id)
    for seq in act.connection.execute(answers).scalars():
        act.amend(seq, requote)
