"""Keep what a model filled in where a prompt left it open.

Follows 0014; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("images", sa.Column("filled", sa.String(length=200), nullable=True))


def downgrade() -> None:
    op.drop_column("images", "filled")
