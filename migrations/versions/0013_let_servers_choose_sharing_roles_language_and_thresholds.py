"""Let servers choose sharing, roles, a language and thresholds; note when a server is left, and whose turn comes first.

Follows 0012; written on 2026-11-29.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("gallery_channel_id", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("sharing", sa.String(length=8), server_default="opt_in", nullable=False),
        sa.Column("sharing_role_ids", sa.JSON(), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("roles", sa.JSON(), nullable=True),
        sa.Column("misuse", sa.JSON(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
    )


def upgrade() -> None:
    for column in columns():
        op.add_column("guild_settings", column)
    # Everybody's class, until roles say otherwise.
    op.add_column("generations", sa.Column("priority", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    op.drop_column("generations", "priority")
    for column in reversed(columns()):
        op.drop_column("guild_settings", column.name)
