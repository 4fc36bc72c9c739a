"""Keep in a style how wildly its pictures are drawn: temperature, top k, top p.

Follows 0024; written on 2026-11-30.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("styles", sa.Column("temperature", sa.Double(), nullable=True))
    op.add_column("styles", sa.Column("top_k", sa.Integer(), nullable=True))
    op.add_column("styles", sa.Column("top_p", sa.Double(), nullable=True))


def downgrade() -> None:
    for column in ("top_p", "top_k", "temperature"):
        op.drop_column("styles", column)
