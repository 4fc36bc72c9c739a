"""Owe what is shared by itself from its delivery on, so that no end of the process loses it.

Follows 0035; written on 2026-12-01.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "offers",
        sa.Column("generation_id", ID, autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("owed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name="fk_offers_generation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("generation_id", name="pk_offers"),
    )


def downgrade() -> None:
    op.drop_table("offers")
