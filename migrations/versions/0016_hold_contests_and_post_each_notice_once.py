"""Hold contests, post each notice once, and know what shared prompts mean.

Follows 0015; written on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "contests",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voting_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contests"),
    )
    op.create_index("ix_contests_guild_id_id", "contests", ["guild_id", "id"])
    op.create_index("ix_contests_state_id", "contests", ["state", "id"])
    for table, moment in (("contest_entries", "entered_at"), ("contest_ballots", "voted_at")):
        op.create_table(
            table,
            sa.Column("contest_id", ROW_ID, nullable=False),
            sa.Column("user_id", sa.BigInteger(), nullable=False, autoincrement=False),
            sa.Column("share_id", ROW_ID, nullable=False),
            sa.Column(moment, sa.DateTime(timezone=True), nullable=False),
            sa.PrimaryKeyConstraint("contest_id", "user_id", name=f"pk_{table}"),
            sa.ForeignKeyConstraint(["contest_id"], ["contests.id"], name=f"fk_{table}_contest_id", ondelete="CASCADE"),
            sa.ForeignKeyConstraint(["share_id"], ["shares.id"], name=f"fk_{table}_share_id", ondelete="CASCADE"),
        )
        op.create_index(f"ix_{table}_share_id", table, ["share_id"])
    op.create_table(
        "notices",
        sa.Column("guild_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("guild_id", "name", name="pk_notices"),
    )
    op.create_table(
        "notice_pictures",
        sa.Column("message_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("generation_id", ROW_ID, nullable=False),
        sa.Column("image_index", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "generation_id", "image_index", name="pk_notice_pictures"),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name="fk_notice_pictures_generation_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_notice_pictures_generation_id", "notice_pictures", ["generation_id"])
    op.create_table(
        "prompt_meanings",
        sa.Column("generation_id", ROW_ID, nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("generation_id", name="pk_prompt_meanings"),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name="fk_prompt_meanings_generation_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "digest_opt_outs",
        sa.Column("user_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_digest_opt_outs"),
    )


def downgrade() -> None:
    for table in (
        "digest_opt_outs", "prompt_meanings", "notice_pictures", "notices", "contest_ballots", "contest_entries",
        "contests",
    ):  # fmt: skip
        op.drop_table(table)
