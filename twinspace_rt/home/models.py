"""The table of the room's first page."""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table

from twinspace_rt.db.metadata import metadata

visit = Table(
    "home_visit",
    metadata,
    Column("member_id", String(20), ForeignKey("member.id"), primary_key=True),
    Column("since", BigInteger, nullable=False),  # when the visit before this one ended
    Column("seen_at", BigInteger, nullable=False),  # when this person last said to be here
)
