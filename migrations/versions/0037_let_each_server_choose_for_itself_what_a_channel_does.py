"""Let each server choose for itself what a channel does: an id that somebody made up claims no other server's channel.

Follows 0036; written on 2026-12-01.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

KEY = "pk_channel_settings"


def upgrade() -> None:
    _key(["guild_id", "channel_id"])


def downgrade() -> None:
    table = sa.table("channel_settings", sa.column("guild_id"), sa.column("channel_id"), sa.column("updated_at"))
    other = table.alias()
    earlier = sa.and_(other.c.channel_id == table.c.channel_id, other.c.guild_id < table.c.guild_id)
    op.execute(sa.delete(table).where(sa.exists().where(earlier)))  # which of them has it, nobody can say here
    _key(["channel_id"])


def _key(columns: list[str]) -> None:
    with op.batch_alter_table("channel_settings") as batch:
        batch.drop_constraint(KEY, type_="primary")
        batch.create_primary_key(KEY, columns)
