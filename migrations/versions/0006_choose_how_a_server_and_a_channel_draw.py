"""Choose how a server and a channel draw, and hide pictures behind a spoiler.

Follows 0005; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("guild_settings", sa.Column("drawing", sa.JSON(), nullable=True))
    op.add_column("generations", sa.Column("spoiler", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "channel_settings",
        sa.Column("channel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("drawing", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_channel_settings")),
    )


def downgrade() -> None:
    op.drop_table("channel_settings")
    op.drop_column("generations", "spoiler")
    op.drop_column("guild_settings", "drawing")
