"""Find the shares of a span of time.

Follows 0011; written on 2026-11-29.
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_index("ix_shares_guild_id_created_at", "shares", ["guild_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_shares_guild_id_created_at", "shares")
