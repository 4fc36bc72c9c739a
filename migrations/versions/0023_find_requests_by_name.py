"""Find requests by the name of who asked.

Follows 0022; written on 2026-11-30.
"""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_index("ix_generations_guild_id_user_name_id", "generations", ["guild_id", "user_name", "id"])
    op.create_index("ix_generations_user_name_id", "generations", ["user_name", "id"])


def downgrade() -> None:
    op.drop_index("ix_generations_user_name_id", "generations")
    op.drop_index("ix_generations_guild_id_user_name_id", "generations")
