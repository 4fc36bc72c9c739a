"""Post again what was refused, and delete what was withdrawn.

Follows 0023; written on 2026-11-30.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("notices", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_notices_message_id_first_at", "notices", ["message_id", "first_at"])
    op.create_index("ix_notices_withdrawn_at", "notices", ["withdrawn_at"])


def downgrade() -> None:
    op.drop_index("ix_notices_withdrawn_at", "notices")
    op.drop_index("ix_notices_message_id_first_at", "notices")
    op.execute("DELETE FROM notices WHERE withdrawn_at IS NOT NULL OR message_id = -1")
    op.drop_column("notices", "withdrawn_at")
