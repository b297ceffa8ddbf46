"""The table of nodes: each writes its own row, every few seconds."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text

from twinspace_rt.db.metadata import metadata

READY, CLOSED, DRAINING = "ready", "closed", "draining"
STATES = (READY, CLOSED, DRAINING)
"""Serves; serves whom it has and opens no more rooms; sends everyone away and ends."""

node = Table(
    "node",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("version", String(40), nullable=False),
    Column("host", String(80), nullable=False),  # of the machine
    Column("process", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    # Both by the database's clock: those of the nodes may differ.
    Column("seen_at", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    # What an administrator asked of it; it obeys with its next beat.
    Column("wanted_closed", Boolean, nullable=False, server_default="0"),
    Column("figures", Text, nullable=False),  # JSON
)
