"""Tables of the forum.

A post has a ``place`` in its thread from the moment the room can see it, and none before: so a
post that waits for a teacher leaves no hole that others could notice, and what is approved late
comes last, where people read it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from twinspace_rt.db.metadata import metadata

board = Table(
    "forum_board",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), ForeignKey("room.id"), nullable=False, index=True),
    Column("name", String(120), nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("position", Integer, nullable=False),
    Column("hold", Boolean, nullable=False),  # pupils' new posts wait for a teacher
    Column("archived", Boolean, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
)

# Everything here but `held` is what the room sees: waiting posts count for nothing.
thread = Table(
    "forum_thread",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), ForeignKey("room.id"), nullable=False, index=True),
    Column("board_id", String(20), ForeignKey("forum_board.id"), nullable=False, index=True),
    Column("author_id", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("held", Boolean, nullable=False),  # its first post waits, and the thread with it
    Column("pinned", Boolean, nullable=False, server_default="0"),
    Column("locked", Boolean, nullable=False, server_default="0"),
    Column("best_post_id", String(20)),
    Column("posts", Integer, nullable=False),  # seen and not removed
    Column("last_place", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("last_author_id", String(20), nullable=False),
    Column("title_seq", BigInteger, nullable=False, server_default="0"),  # see events.py
)

post = Table(
    "forum_post",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), ForeignKey("room.id"), nullable=False),
    Column("thread_id", String(20), ForeignKey("forum_thread.id"), nullable=False),
    Column("author_id", String(20), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),  # seen | waiting | returned | removed
    Column("place", Integer),  # 1, 2, 3… in its thread; none until it is seen
    Column("shown_at", BigInteger),
    Column("edited_at", BigInteger),
    Column("text", Text, nullable=False),
    Column("search_text", Text, nullable=False),  # folded; of the first post, with the title
    Column("quote_post_id", String(20)),
    Column("quote_author_id", String(20)),
    Column("quote_text", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),  # a teacher's, of a returned post
    Column("returned_by", String(20)),
    Column("removed_by", String(8)),  # author | teacher
    Column("text_seq", BigInteger, nullable=False, server_default="0"),  # see events.py
    Column("quote_seq", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("thread_id", "place"),
    # Holds all that counting unread posts needs, so that no text is read for it.
    Index("ix_forum_post_room", "room_id", "state", "shown_at", "thread_id", "place", "author_id"),
    Index("ix_forum_post_author", "author_id", "state"),
    Index("ix_forum_post_quote", "quote_post_id"),
)

post_like = Table(
    "forum_like",
    metadata,
    Column("post_id", String(20), ForeignKey("forum_post.id"), primary_key=True),
    Column("member_id", String(20), primary_key=True),
)

# How far each person has read each thread: all places up to this one.
read_mark = Table(
    "forum_read",
    metadata,
    Column("member_id", String(20), primary_key=True),
    Column("thread_id", String(20), ForeignKey("forum_thread.id"), primary_key=True),
    Column("place", Integer, nullable=False),
)
