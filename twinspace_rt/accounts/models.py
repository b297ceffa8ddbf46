"""Tables of schools, accounts and the ways in.

No secret is stored: of tokens the SHA-256 (they are 256 random bits, so nothing slower is needed),
of passwords and of the words on a card an argon2 hash.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from twinspace_rt.db.metadata import metadata

school = Table(
    "school",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("country", String(2), nullable=False),  # ISO 3166-1 alpha-2
    Column("city", String(100), nullable=False, server_default=""),
    Column("time_zone", String(64), nullable=False),  # IANA name
    Column("hue", Integer, nullable=False),  # 0..6: place in the colour-blind-safe set
    Column("created_at", BigInteger, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("kind", String(16), nullable=False),  # AccountKind
    Column("email", String(254), nullable=False),
    Column("email_key", String(254), nullable=False, unique=True),  # case-folded
    Column("password_hash", String(200), nullable=False),
    Column("name", String(60), nullable=False),
    Column("school_id", String(20), ForeignKey("school.id"), index=True),
    # A moderator's: space-separated country codes; "*" stands for every country.
    Column("countries", String(400), nullable=False, server_default=""),
    Column("language", String(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

session = Table(
    "session",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    # One of the two: staff sign in to an account, a pupil to the one room they belong to.
    Column("account_id", String(20), ForeignKey("account.id"), index=True),
    Column("member_id", String(20), index=True),
    Column("device", String(60), nullable=False, server_default=""),  # "Firefox, Linux"
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    CheckConstraint("(account_id IS NULL) <> (member_id IS NULL)", name="one_person"),
)

# What is printed on a pupil's join card. Members belong to rooms, which this package does not know.
card = Table(
    "card",
    metadata,
    Column("member_id", String(20), primary_key=True),
    Column("room_id", String(20), nullable=False),
    Column("code", String(8), nullable=False, unique=True),
    Column("words_hash", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Each try counts before it is judged, so that tries made at once cannot pass the limit together.
wrong_try = Table(
    "wrong_try",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("subject", String(40), nullable=False),  # as accounts/guessing.py names them
    Column("at", BigInteger, nullable=False),
    Index("ix_wrong_try_subject_at", "subject", "at"),
)

# One-time links. What a link does is its purpose; the other columns say for whom.
invitation = Table(
    "invitation",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("purpose", String(16), nullable=False),  # Purpose
    Column("kind", String(16), nullable=False, server_default=""),  # of the account to be made
    Column("email", String(254), nullable=False, server_default=""),
    Column("school_id", String(20), ForeignKey("school.id")),
    Column("countries", String(400), nullable=False, server_default=""),
    Column("room_id", String(20), index=True),  # joined on acceptance
    Column("role", String(16), nullable=False, server_default=""),
    Column("account_id", String(20)),  # who a sign-in or reset link is for
    Column("member_id", String(20)),
    Column("reusable", Boolean, nullable=False, server_default="0"),
    Column("created_by", String(20)),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
)

# What all nodes sign with, so that what one of them signed holds on every other.
server_secret = Table(
    "server_secret",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("secret", LargeBinary(32), nullable=False),
)

# WebSocket tickets that were used, until they would have expired anyway.
spent_ticket = Table(
    "spent_ticket",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("at", BigInteger, nullable=False),
)
