"""Keep the size that was ordered.

Follows 0008; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("generations", sa.Column("size", sa.String(length=16), nullable=True))


def downgrade() -> None:
    op.drop_column("generations", "size")
