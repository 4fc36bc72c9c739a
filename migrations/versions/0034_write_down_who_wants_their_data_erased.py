"""Write down who wants their data erased, until it is.

Follows 0033; written on 2026-12-01.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "erasure_requests",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_erasure_requests"),
    )


def downgrade() -> None:
    op.drop_table("erasure_requests")
