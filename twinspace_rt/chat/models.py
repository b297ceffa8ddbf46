"""Tables of the chat. Channels have none: they follow from the room and its teams."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from twinspace_rt.db.metadata import metadata

message = Table(
    "chat_message",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), ForeignKey("room.id"), nullable=False),
    Column("channel_id", String(20), nullable=False),
    Column("seq", BigInteger, nullable=False),  # of the event that posted it: its place
    Column("text_seq", BigInteger, nullable=False),  # of the one event that holds its text
    Column("author_id", String(20), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("search_text", Text, nullable=False),  # folded, without mentions
    Column("reply_to", String(20), ForeignKey("chat_message.id")),
    Column("edited_at", BigInteger),
    Column("removed_by", String(8)),  # author | teacher; the text is gone then
    UniqueConstraint("room_id", "seq"),
    Index("ix_chat_message_channel", "room_id", "channel_id", "seq"),
    Index("ix_chat_message_reply_to", "reply_to"),
)

mention = Table(
    "chat_mention",
    metadata,
    Column("message_id", String(20), ForeignKey("chat_message.id"), primary_key=True),
    Column("member_id", String(20), primary_key=True),
    Index("ix_chat_mention_member", "member_id"),
)

reaction = Table(
    "chat_reaction",
    metadata,
    Column("message_id", String(20), ForeignKey("chat_message.id"), primary_key=True),
    Column("emoji", String(8), primary_key=True),
    Column("member_id", String(20), primary_key=True),
    Column("seq", BigInteger, nullable=False),  # of its event: reactions stand in this order
)

# How far each person has read each channel: all messages up to this one.
read_mark = Table(
    "chat_read",
    metadata,
    Column("room_id", String(20), ForeignKey("room.id"), primary_key=True),
    Column("channel_id", String(20), primary_key=True),
    Column("member_id", String(20), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# When pupils may write. A room without a row is closed: a teacher opens it.
hours = Table(
    "chat_hours",
    metadata,
    Column("room_id", String(20), ForeignKey("room.id"), primary_key=True),
    Column("by_hand", String(8)),  # open | closed: goes before the timetable
    Column("by_hand_until", BigInteger),
    Column("time_zone", String(64), nullable=False),  # IANA name; empty: no timetable
    Column("timetable", Text, nullable=False),  # JSON: a list of hours.Slot
)
