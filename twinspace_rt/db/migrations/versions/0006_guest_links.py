"""Have a visitor's link that nobody has used yet make a guest's account and no teacher's."""

from collections.abc import Sequence

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        "UPDATE invitation SET kind = 'visitor'"
        " WHERE purpose = 'account' AND role = 'visitor' AND used_at IS NULL"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE invitation SET kind = 'teacher'"
        " WHERE purpose = 'account' AND role = 'visitor' AND used_at IS NULL"
    )
