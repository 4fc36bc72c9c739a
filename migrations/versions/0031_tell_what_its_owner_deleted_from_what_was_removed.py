"""Tell what its owner deleted from what a moderator removed, who may own it; share blocks, too, outlive an erasure.

Follows 0030; written on 2026-11-30.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("generations", sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False))
    generations = sa.table(
        "generations", sa.column("deleted", sa.Boolean()), sa.column("removed_by"), sa.column("user_id")
    )
    own = sa.update(generations).where(generations.c.removed_by == generations.c.user_id)
    op.execute(own.values(deleted=sa.true()))
    op.add_column("share_blocks", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("share_blocks", "erased_at")
    op.drop_column("generations", "deleted")
