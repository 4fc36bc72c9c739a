"""Keep what the safety filter saw, and what servers want of it.

Follows 0004; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE generations RENAME COLUMN verdict_reason TO verdict_rule")
    op.add_column("generations", sa.Column("verdict_words", sa.JSON(), nullable=True))
    op.add_column("guild_settings", sa.Column("policy", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("guild_settings", "policy")
    op.drop_column("generations", "verdict_words")
    op.execute("ALTER TABLE generations RENAME COLUMN verdict_rule TO verdict_reason")
