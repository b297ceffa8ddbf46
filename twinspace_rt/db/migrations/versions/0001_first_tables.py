"""Make the first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "archive",
        sa.Column("stream_id", sa.String(length=20), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), nullable=False),
        sa.Column("upto_seq", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "epoch", "from_seq", name=op.f("pk_archive")),
    )
    op.create_table(
        "card",
        sa.Column("member_id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("words_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_card")),
        sa.UniqueConstraint("code", name=op.f("uq_card_code")),
    )
    op.create_table(
        "doc_client",
        sa.Column("stream_id", sa.String(length=20), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "client_id", name=op.f("pk_doc_client")),
    )
    op.create_table(
        "entry",
        sa.Column("stream_id", sa.String(length=20), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.String(length=40), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "epoch", "seq", name=op.f("pk_entry")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index(
            "uq_entry_nonce",
            ["stream_id", "member_id", "nonce"],
            unique=True,
            sqlite_where=sa.text("nonce IS NOT NULL"),
            postgresql_where=sa.text("nonce IS NOT NULL"),
        )

    op.create_table(
        "room",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
    )
    op.create_table(
        "school",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("city", sa.String(length=100), server_default="", nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("hue", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
    )
    op.create_table(
        "snapshot",
        sa.Column("stream_id", sa.String(length=20), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("upto_seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("validator", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "epoch", "upto_seq", name=op.f("pk_snapshot")),
    )
    op.create_table(
        "spent_ticket",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_ticket")),
    )
    op.create_table(
        "stream",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("head_seq", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream")),
    )
    with op.batch_alter_table("stream", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stream_room_id"), ["room_id"], unique=False)

    op.create_table(
        "wrong_try",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_try")),
    )
    with op.batch_alter_table("wrong_try", schema=None) as batch_op:
        batch_op.create_index("ix_wrong_try_subject_at", ["subject", "at"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("school_id", sa.String(length=20), nullable=True),
        sa.Column("countries", sa.String(length=400), server_default="", nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_account_school_id_school")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email_key", name=op.f("uq_account_email_key")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_school_id"), ["school_id"], unique=False)

    op.create_table(
        "chat_hours",
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("by_hand", sa.String(length=8), nullable=True),
        sa.Column("by_hand_until", sa.BigInteger(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("timetable", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_chat_hours_room_id_room")),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_chat_hours")),
    )
    op.create_table(
        "chat_message",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("channel_id", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("text_seq", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.String(length=20), nullable=True),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("removed_by", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(
            ["reply_to"], ["chat_message.id"], name=op.f("fk_chat_message_reply_to_chat_message")
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_chat_message_room_id_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_message")),
        sa.UniqueConstraint("room_id", "seq", name=op.f("uq_chat_message_room_id_seq")),
    )
    with op.batch_alter_table("chat_message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_chat_message_channel", ["room_id", "channel_id", "seq"], unique=False
        )
        batch_op.create_index("ix_chat_message_reply_to", ["reply_to"], unique=False)

    op.create_table(
        "chat_read",
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("channel_id", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_chat_read_room_id_room")),
        sa.PrimaryKeyConstraint("room_id", "channel_id", "member_id", name=op.f("pk_chat_read")),
    )
    op.create_table(
        "folder",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("archived", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_folder_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folder")),
    )
    with op.batch_alter_table("folder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_folder_room_id"), ["room_id"], unique=False)

    op.create_table(
        "forum_board",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hold", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_forum_board_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_board")),
    )
    with op.batch_alter_table("forum_board", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_forum_board_room_id"), ["room_id"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), server_default="", nullable=False),
        sa.Column("email", sa.String(length=254), server_default="", nullable=False),
        sa.Column("school_id", sa.String(length=20), nullable=True),
        sa.Column("countries", sa.String(length=400), server_default="", nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=True),
        sa.Column("role", sa.String(length=16), server_default="", nullable=False),
        sa.Column("account_id", sa.String(length=20), nullable=True),
        sa.Column("member_id", sa.String(length=20), nullable=True),
        sa.Column("reusable", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_by", sa.String(length=20), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_invitation_school_id_school")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_room_id"), ["room_id"], unique=False)

    op.create_table(
        "room_school",
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("school_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_school_room_id_room")),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_room_school_school_id_school")
        ),
        sa.PrimaryKeyConstraint("room_id", "school_id", name=op.f("pk_room_school")),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("removed", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_team_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
    )
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_team_room_id"), ["room_id"], unique=False)

    op.create_table(
        "chat_mention",
        sa.Column("message_id", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["chat_message.id"],
            name=op.f("fk_chat_mention_message_id_chat_message"),
        ),
        sa.PrimaryKeyConstraint("message_id", "member_id", name=op.f("pk_chat_mention")),
    )
    with op.batch_alter_table("chat_mention", schema=None) as batch_op:
        batch_op.create_index("ix_chat_mention_member", ["member_id"], unique=False)

    op.create_table(
        "chat_reaction",
        sa.Column("message_id", sa.String(length=20), nullable=False),
        sa.Column("emoji", sa.String(length=8), nullable=False),
        sa.Column("member_id", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["chat_message.id"],
            name=op.f("fk_chat_reaction_message_id_chat_message"),
        ),
        sa.PrimaryKeyConstraint("message_id", "emoji", "member_id", name=op.f("pk_chat_reaction")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("folder_id", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("title_key", sa.String(length=400), nullable=False),
        sa.Column("created_by", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("archived", sa.Boolean(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folder.id"], name=op.f("fk_document_folder_id_folder")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_document_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_room_id"), ["room_id"], unique=False)

    op.create_table(
        "forum_thread",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("board_id", sa.String(length=20), nullable=False),
        sa.Column("author_id", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("pinned", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("locked", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("best_post_id", sa.String(length=20), nullable=True),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("last_place", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last_author_id", sa.String(length=20), nullable=False),
        sa.Column("title_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["forum_board.id"], name=op.f("fk_forum_thread_board_id_forum_board")
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_forum_thread_room_id_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_thread")),
    )
    with op.batch_alter_table("forum_thread", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_forum_thread_board_id"), ["board_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_forum_thread_room_id"), ["room_id"], unique=False)

    op.create_table(
        "member",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.String(length=20), nullable=True),
        sa.Column("school_id", sa.String(length=20), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("role_version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False),
        sa.Column("real_name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("creature", sa.String(length=20), nullable=False),
        sa.Column("tint", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_seen_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_member_account_id_account")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_member_room_id_room")),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_member_school_id_school")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("room_id", "account_id", name=op.f("uq_member_room_id_account_id")),
        sa.UniqueConstraint("room_id", "name_key", name=op.f("uq_member_room_id_name_key")),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_account_id"), ["account_id"], unique=False)
        batch_op.create_index("ix_member_room", ["room_id"], unique=False)

    op.create_table(
        "session",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=20), nullable=True),
        sa.Column("member_id", sa.String(length=20), nullable=True),
        sa.Column("device", sa.String(length=60), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (member_id IS NULL)", name=op.f("ck_session_one_person")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_session_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_session_member_id"), ["member_id"], unique=False)

    op.create_table(
        "document_text",
        sa.Column("document_id", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_text_document_id_document")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_text")),
    )
    op.create_table(
        "forum_post",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("thread_id", sa.String(length=20), nullable=False),
        sa.Column("author_id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("shown_at", sa.BigInteger(), nullable=True),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("quote_post_id", sa.String(length=20), nullable=True),
        sa.Column("quote_author_id", sa.String(length=20), nullable=True),
        sa.Column("quote_text", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("returned_by", sa.String(length=20), nullable=True),
        sa.Column("removed_by", sa.String(length=8), nullable=True),
        sa.Column("text_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("quote_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_forum_post_room_id_room")),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["forum_thread.id"], name=op.f("fk_forum_post_thread_id_forum_thread")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_post")),
        sa.UniqueConstraint("thread_id", "place", name=op.f("uq_forum_post_thread_id_place")),
    )
    with op.batch_alter_table("forum_post", schema=None) as batch_op:
        batch_op.create_index("ix_forum_post_author", ["author_id", "state"], unique=False)
        batch_op.create_index("ix_forum_post_quote", ["quote_post_id"], unique=False)
        batch_op.create_index(
            "ix_forum_post_room",
            ["room_id", "state", "shown_at", "thread_id", "place", "author_id"],
            unique=False,
        )

    op.create_table(
        "forum_read",
        sa.Column("member_id", sa.String(length=20), nullable=False),
        sa.Column("thread_id", sa.String(length=20), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["forum_thread.id"], name=op.f("fk_forum_read_thread_id_forum_thread")
        ),
        sa.PrimaryKeyConstraint("member_id", "thread_id", name=op.f("pk_forum_read")),
    )
    op.create_table(
        "moderator_visit",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.String(length=20), nullable=False),
        sa.Column("session_id", sa.String(length=20), nullable=False),
        sa.Column("came_at", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_moderator_visit_room_id_room")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_moderator_visit_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderator_visit")),
    )
    with op.batch_alter_table("moderator_visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderator_visit_room_id"), ["room_id"], unique=False)

    op.create_table(
        "team_member",
        sa.Column("team_id", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_team_member_member_id_member")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id_team")),
        sa.PrimaryKeyConstraint("team_id", "member_id", name=op.f("pk_team_member")),
    )
    op.create_table(
        "forum_like",
        sa.Column("post_id", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["forum_post.id"], name=op.f("fk_forum_like_post_id_forum_post")
        ),
        sa.PrimaryKeyConstraint("post_id", "member_id", name=op.f("pk_forum_like")),
    )


def downgrade() -> None:
    op.drop_table("forum_like")
    op.drop_table("team_member")
    with op.batch_alter_table("moderator_visit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_moderator_visit_room_id"))

    op.drop_table("moderator_visit")
    op.drop_table("forum_read")
    with op.batch_alter_table("forum_post", schema=None) as batch_op:
        batch_op.drop_index("ix_forum_post_room")
        batch_op.drop_index("ix_forum_post_quote")
        batch_op.drop_index("ix_forum_post_author")

    op.drop_table("forum_post")
    op.drop_table("document_text")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_member_id"))
        batch_op.drop_index(batch_op.f("ix_session_account_id"))

    op.drop_table("session")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index("ix_member_room")
        batch_op.drop_index(batch_op.f("ix_member_account_id"))

    op.drop_table("member")
    with op.batch_alter_table("forum_thread", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_forum_thread_room_id"))
        batch_op.drop_index(batch_op.f("ix_forum_thread_board_id"))

    op.drop_table("forum_thread")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_room_id"))

    op.drop_table("document")
    op.drop_table("chat_reaction")
    with op.batch_alter_table("chat_mention", schema=None) as batch_op:
        batch_op.drop_index("ix_chat_mention_member")

    op.drop_table("chat_mention")
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_team_room_id"))

    op.drop_table("team")
    op.drop_table("room_school")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_room_id"))

    op.drop_table("invitation")
    with op.batch_alter_table("forum_board", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_forum_board_room_id"))

    op.drop_table("forum_board")
    with op.batch_alter_table("folder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_folder_room_id"))

    op.drop_table("folder")
    op.drop_table("chat_read")
    with op.batch_alter_table("chat_message", schema=None) as batch_op:
        batch_op.drop_index("ix_chat_message_reply_to")
        batch_op.drop_index("ix_chat_message_channel")

    op.drop_table("chat_message")
    op.drop_table("chat_hours")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_school_id"))

    op.drop_table("account")
    with op.batch_alter_table("wrong_try", schema=None) as batch_op:
        batch_op.drop_index("ix_wrong_try_subject_at")

    op.drop_table("wrong_try")
    with op.batch_alter_table("stream", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stream_room_id"))

    op.drop_table("stream")
    op.drop_table("spent_ticket")
    op.drop_table("snapshot")
    op.drop_table("school")
    op.drop_table("room")
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_entry_nonce",
            sqlite_where=sa.text("nonce IS NOT NULL"),
            postgresql_where=sa.text("nonce IS NOT NULL"),
        )

    op.drop_table("entry")
    op.drop_table("doc_client")
    op.drop_table("card")
    op.drop_table("archive")
