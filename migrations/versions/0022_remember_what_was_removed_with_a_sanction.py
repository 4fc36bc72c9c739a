"""Remember what was removed with a sanction.

Follows 0021; written on 2026-11-30.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("generations", sa.Column("removed_with", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("generations", "removed_with")
