"""Try for a week, with pauses, what Discord does not let us take down or draw anew.

Follows 0032; written on 2026-12-01.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("posts", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("posts", "tried_at")
