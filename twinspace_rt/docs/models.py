"""Tables of the document list. What is written in a document is a stream of its own."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text

from twinspace_rt.db.metadata import metadata

folder = Table(
    "folder",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("room_id", String(20), ForeignKey("room.id"), nullable=False, index=True),
    Column("title", String(200), nullable=False),
    Column("archived", Boolean, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
)

document = Table(
    "document",
    metadata,
    Column("id", String(20), primary_key=True),  # also the id of its stream
    Column("room_id", String(20), ForeignKey("room.id"), nullable=False, index=True),
    Column("folder_id", String(20), ForeignKey("folder.id")),
    Column("kind", String(16), nullable=False),  # rich | text
    Column("schema_version", Integer, nullable=False),
    Column("title", String(200), nullable=False),
    Column("title_key", String(400), nullable=False),  # folded, for searching
    Column("created_by", String(20), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),  # of its place in the list, not its text
    Column("archived", Boolean, nullable=False, server_default="0"),
)

# The words of each document as of its last snapshot, folded, for searching.
document_text = Table(
    "document_text",
    metadata,
    Column("document_id", String(20), ForeignKey("document.id"), primary_key=True),
    Column("text", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("words", Integer, nullable=False),
)
