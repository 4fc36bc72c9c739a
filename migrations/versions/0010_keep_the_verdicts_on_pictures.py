"""Keep the verdicts on pictures.

Follows 0009; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("images", sa.Column("verdict", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("images", "verdict")
