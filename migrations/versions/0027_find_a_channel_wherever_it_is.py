"""Find a channel's requests without naming its server.

A channel's id is its own everywhere; the operator's log asks for it in all servers.

Follows 0026; written on 2026-11-30.
"""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_index("ix_generations_channel_id_id", "generations", ["channel_id", "id"])
    op.drop_index("ix_generations_guild_id_channel_id_id", "generations")


def downgrade() -> None:
    op.create_index("ix_generations_guild_id_channel_id_id", "generations", ["guild_id", "channel_id", "id"])
    op.drop_index("ix_generations_channel_id_id", "generations")
