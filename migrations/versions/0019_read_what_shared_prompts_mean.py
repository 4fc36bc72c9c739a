"""Read what shared prompts mean.

Follows 0018; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = "fk_prompt_meanings_generation_id"


def upgrade() -> None:
    op.drop_table("prompt_meanings")  # nothing was ever written to it
    op.create_table(
        "prompt_meanings",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("generation_id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_meanings"),
        sa.ForeignKeyConstraint(["generation_id"], ["generations.id"], name=NAME, ondelete="CASCADE"),
        sa.UniqueConstraint("generation_id", name="uq_prompt_meanings_generation_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_prompt_meanings_guild_id_id", "prompt_meanings", ["guild_id", "id"])


def downgrade() -> None:
    op.drop_table("prompt_meanings")
    op.create_table(
        "prompt_meanings",
        sa.Column("generation_id", ROW_ID, nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("generation_id", name="pk_prompt_meanings"),
        sa.ForeignKeyConstraint(["generation_id"], ["generations.id"], name=NAME, ondelete="CASCADE"),
    )
