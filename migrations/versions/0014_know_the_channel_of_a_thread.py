"""Know the channel of a thread: its choices count there, after a restart, too.

Follows 0013; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("generations", sa.Column("parent_channel_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("generations", "parent_channel_id")
