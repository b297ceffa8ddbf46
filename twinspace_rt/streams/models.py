"""Tables of the streams. Truth is a snapshot and the entries after it."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from twinspace_rt.db.metadata import metadata

stream = Table(
    "stream",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # room | rich | text
    Column("epoch", Integer, nullable=False),
    Column("head_seq", BigInteger, nullable=False),
    Column("snapshot_seq", BigInteger, nullable=False),
    # open | readonly | suspect | quarantined | erased
    Column("state", String(12), nullable=False),
)
TROUBLED = text("state IN ('suspect', 'quarantined')")
"""Streams that the engine has failed on; with these very words a query finds them by the index."""
Index("ix_stream_troubled", stream.c.state, sqlite_where=TROUBLED, postgresql_where=TROUBLED)

entry = Table(
    "entry",
    metadata,
    Column("stream_id", String(20), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("member_id", String(20), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("nonce", String(40)),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
# A resent command finds its first copy; document entries have no nonce and take no room here.
Index(
    "uq_entry_nonce",
    entry.c.stream_id,
    entry.c.member_id,
    entry.c.nonce,
    unique=True,
    sqlite_where=entry.c.nonce.is_not(None),
    postgresql_where=entry.c.nonce.is_not(None),
)

# Entries that a snapshot covers, kept for history until their retention ends.
archive = Table(
    "archive",
    metadata,
    Column("stream_id", String(20), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("from_seq", BigInteger, primary_key=True),
    Column("upto_seq", BigInteger, nullable=False),
    Column("member_id", String(20), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("stream_id", String(20), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("upto_seq", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    # The validator's knowledge at upto_seq: rebuilding it from the body takes seconds at 10 MiB.
    Column("validator", LargeBinary, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
)

doc_client = Table(
    "doc_client",
    metadata,
    Column("stream_id", String(20), primary_key=True),
    Column("client_id", BigInteger, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("member_id", String(20), nullable=False),
)
