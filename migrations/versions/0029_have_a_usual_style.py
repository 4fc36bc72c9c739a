"""Know which style a person, or a server, draws with where none is named.

Follows 0028; written on 2026-11-30.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column("styles", sa.Column("is_usual", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("styles", "is_usual")
