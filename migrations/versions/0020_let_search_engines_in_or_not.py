"""Let search engines list a gallery, or not.

Follows 0019; written on 2026-11-30.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    searchable: sa.Column[bool] = sa.Column(
        "gallery_is_searchable", sa.Boolean(), server_default=sa.false(), nullable=False
    )
    op.add_column("guild_settings", searchable)


def downgrade() -> None:
    op.drop_column("guild_settings", "gallery_is_searchable")
