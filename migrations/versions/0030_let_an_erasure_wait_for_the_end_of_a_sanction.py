"""Know the sanctions whose person erased their data: they, and what the audit log says of them, go when they end.

Follows 0029; written on 2026-11-30.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("sanctions", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("sanctions", "erased_at")
