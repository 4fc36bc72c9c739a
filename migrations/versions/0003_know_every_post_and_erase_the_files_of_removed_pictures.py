"""Know every post and erase the files of removed pictures.

Follows 0002; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "posts",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("generation_id", ROW_ID, nullable=False),
        sa.Column("image_index", sa.Integer(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name="fk_posts_generation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name="pk_posts"),
    )
    op.create_index("ix_posts_generation_id", "posts", ["generation_id"])
    op.execute(
        "INSERT INTO posts (message_id, channel_id, generation_id, posted_at) "
        "SELECT message_id, channel_id, MAX(id), MAX(created_at) FROM generations "
        "WHERE message_id IS NOT NULL GROUP BY message_id, channel_id"
    )
    for table in ("generations", "images"):
        op.add_column(table, sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        op.create_index(f"ix_{table}_erased_at_removed_at", table, ["erased_at", "removed_at"])


def downgrade() -> None:
    for table in ("images", "generations"):
        op.drop_index(f"ix_{table}_erased_at_removed_at", table)
        op.drop_column(table, "erased_at")
    op.drop_table("posts")
