"""Tables of rooms and of the people in them."""

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

from twinspace_rt.accounts.models import school as school
from twinspace_rt.db.metadata import metadata

room = Table(
    "room",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("state", String(12), nullable=False),  # RoomState
    Column("created_at", BigInteger, nullable=False),
)

room_school = Table(
    "room_school",
    metadata,
    Column("room_id", String(20), ForeignKey("room.id"), primary_key=True),
    Column("school_id", String(20), ForeignKey("school.id"), primary_key=True),
)

member = Table(
    "member",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), ForeignKey("room.id"), nullable=False),
    # Staff have an account; pupils have none, they belong to one room.
    Column("account_id", String(20), ForeignKey("account.id"), index=True),
    Column("school_id", String(20), ForeignKey("school.id")),  # none: a visiting moderator
    Column("role", String(16), nullable=False),
    Column("role_version", Integer, nullable=False),
    Column("name", String(60), nullable=False),  # what the room shows: a pupil's pseudonym
    Column("name_key", String(120), nullable=False),  # case-folded, unique in the room
    Column("real_name", String(120), nullable=False, server_default=""),  # own school's roster
    Column("creature", String(20), nullable=False),
    Column("tint", Integer, nullable=False),
    Column("language", String(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
    Column("last_seen_at", BigInteger, nullable=False, server_default="0"),
    Index("ix_member_room", "room_id"),
    UniqueConstraint("room_id", "name_key"),
    UniqueConstraint("room_id", "account_id"),
)

team = Table(
    "team",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), ForeignKey("room.id"), nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("removed", Boolean, nullable=False, server_default="0"),
)

team_member = Table(
    "team_member",
    metadata,
    Column("team_id", String(20), ForeignKey("team.id"), primary_key=True),
    Column("member_id", String(20), ForeignKey("member.id"), primary_key=True),
)

# Which moderator came when; the room is told, and nothing is ever taken out of this table.
moderator_visit = Table(
    "moderator_visit",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), ForeignKey("room.id"), nullable=False, index=True),
    Column("account_id", String(20), nullable=False),
    # A visit ends with the sign-in it was made under, if not before.
    Column("session_id", String(20), ForeignKey("session.id"), nullable=False),
    Column("came_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
)
# Which visits go on is asked every few seconds, and the table only grows.
Index(
    "ix_moderator_visit_open",
    moderator_visit.c.session_id,
    sqlite_where=moderator_visit.c.left_at.is_(None),
    postgresql_where=moderator_visit.c.left_at.is_(None),
)
