"""Know pictures by what they look like.

Follows 0017; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "fingerprints",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("generation_id", ROW_ID, nullable=False),
        sa.Column("image_index", sa.Integer(), nullable=False),
        sa.Column("prints", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id", "image_index"], ["images.generation_id", "images.index"],
            name="fk_fingerprints_generation_id_image_index", ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_fingerprints"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index(
        "ix_fingerprints_generation_id_image_index", "fingerprints", ["generation_id", "image_index"], unique=True
    )
    # It was never written: one hash a picture would not have been enough.
    with op.batch_alter_table("images") as images:
        images.drop_column("perceptual_hash")


def downgrade() -> None:
    with op.batch_alter_table("images") as images:
        images.add_column(sa.Column("perceptual_hash", sa.String(length=64), nullable=True))
    op.drop_table("fingerprints")
