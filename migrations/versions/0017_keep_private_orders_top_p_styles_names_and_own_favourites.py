"""Keep private orders, top p, rows kept of a picture, styles' names, and favourites of one's own.

Follows 0016; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("generations", sa.Column("top_p", sa.Double(), nullable=True))
    op.add_column("generations", sa.Column("keep_rows", sa.Integer(), server_default="0", nullable=False))
    op.add_column("generations", sa.Column("style", sa.String(length=32), nullable=True))
    op.add_column("generations", sa.Column("private", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "own_favourites",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("image_index", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name="fk_own_favourites_generation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "generation_id", "image_index", name="pk_own_favourites"),
    )
    op.create_index("ix_own_favourites_generation_id", "own_favourites", ["generation_id"])


def downgrade() -> None:
    op.drop_table("own_favourites")
    for column in ("private", "style", "keep_rows", "top_p"):
        op.drop_column("generations", column)
