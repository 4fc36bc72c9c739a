"""Queue reviews, search words and chain the audit log.

Follows 0003; written on 2026-11-29.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CHAIN = ("content_hash", "hash")


def upgrade() -> None:
    create_reviews()
    create_blocked_terms_and_favourites()
    with op.batch_alter_table("guild_settings") as settings:
        settings.add_column(sa.Column("review_channel_id", sa.BigInteger(), nullable=True))
        settings.add_column(sa.Column("gallery_is_public", sa.Boolean(), server_default=sa.false(), nullable=False))
        settings.add_column(sa.Column("retention_days", sa.Integer(), nullable=True))
    op.create_index("ix_generations_guild_id_verdict_action_id", "generations", ["guild_id", "verdict_action", "id"])
    op.create_index("ix_generations_guild_id_channel_id_id", "generations", ["guild_id", "channel_id", "id"])
    op.create_index("ix_generations_created_at", "generations", ["created_at"])
    chain_audit_log()
    index_words()


def create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("generation_id", ROW_ID, nullable=False),
        sa.Column("image_index", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("by_user_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name="fk_reviews_generation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    for columns in (
        ["guild_id", "closed_at", "priority", "id"],
        ["closed_at", "priority", "id"],
        ["generation_id", "kind", "by_user_id"],
        ["user_id", "guild_id"],
    ):
        op.create_index(f"ix_reviews_{'_'.join(columns)}", "reviews", columns)


def create_blocked_terms_and_favourites() -> None:
    op.create_table(
        "blocked_terms",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("term", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blocked_terms"),
    )
    op.create_index("ix_blocked_terms_guild_id_term", "blocked_terms", ["guild_id", "term"], unique=True)
    op.create_table(
        "favourites",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("share_id", ROW_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["share_id"], ["shares.id"], name="fk_favourites_share_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "share_id", name="pk_favourites"),
    )
    op.create_index("ix_favourites_share_id", "favourites", ["share_id"])


# ----------------------------------------------------------------------------------------------- the audit log's chain


def chain_audit_log() -> None:
    """The rows that are there already are taken as they are."""
    for name in CHAIN:
        op.add_column("audit_log", sa.Column(name, sa.String(length=64), server_default="", nullable=False))
    op.add_column("audit_log", sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_audit_log_guild_id_actor_id_id", "audit_log", ["guild_id", "actor_id", "id"])
    if not op.get_context().as_sql:
        chain_rows(op.get_bind())
    with op.batch_alter_table("audit_log") as audit_log:
        for name in CHAIN:
            audit_log.alter_column(name, existing_type=sa.String(64), existing_nullable=False, server_default=None)


def chain_rows(connection: sa.Connection) -> None:
    table = sa.table(
        "audit_log", sa.column("id", sa.BigInteger), sa.column("at", sa.DateTime(timezone=True)),
        sa.column("guild_id", sa.BigInteger), sa.column("actor_id", sa.BigInteger), sa.column("action", sa.String),
        sa.column("subject", sa.String), sa.column("why", sa.String), sa.column("before", sa.JSON),
        sa.column("after", sa.JSON), sa.column("content_hash", sa.String), sa.column("hash", sa.String),
    )  # fmt: skip
    previous = "0" * 64
    for row in connection.execute(sa.select(table).order_by(table.c.id)).mappings().all():
        content = content_hash(row)
        previous = sha256(f"{previous}:{content}")
        values = {"content_hash": content, "hash": previous}
        connection.execute(sa.update(table).where(table.c.id == row["id"]).values(**values))


def content_hash(row: Mapping[Any, Any]) -> str:
    at: datetime = row["at"]
    moment = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")
    said = [moment, *(row[name] for name in ("guild_id", "actor_id", "action", "subject", "why"))]
    said += [row["before"] or None, row["after"] or None]
    return sha256(json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":")))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --------------------------------------------------------------------------------------------------- search by words


def index_words() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX generation_words ON generations USING gin (to_tsvector('simple', normalised_prompt))")
        return
    op.execute(
        "CREATE VIRTUAL TABLE generation_words USING fts5(normalised_prompt, content='generations', "
        "content_rowid='id', tokenize='unicode61 remove_diacritics 0', prefix='2 3')"
    )
    op.execute("INSERT INTO generation_words (generation_words) VALUES ('rebuild')")
    forget = (
        "INSERT INTO generation_words (generation_words, rowid, normalised_prompt) "
        "VALUES ('delete', old.id, old.normalised_prompt); "
    )
    learn = "INSERT INTO generation_words (rowid, normalised_prompt) VALUES (new.id, new.normalised_prompt); "
    for name, event, statements in (
        ("added", "AFTER INSERT", learn),
        ("deleted", "AFTER DELETE", forget),
        ("changed", "AFTER UPDATE OF normalised_prompt", forget + learn),
    ):
        op.execute(f"CREATE TRIGGER generation_words_{name} {event} ON generations BEGIN {statements}END")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX generation_words")
    else:
        for name in ("added", "deleted", "changed"):
            op.execute(f"DROP TRIGGER generation_words_{name}")
        op.execute("DROP TABLE generation_words")
    op.drop_index("ix_audit_log_guild_id_actor_id_id", "audit_log")
    with op.batch_alter_table("audit_log") as audit_log:
        for name in (*CHAIN, "redacted_at"):
            audit_log.drop_column(name)
    for name in ("guild_id_verdict_action_id", "guild_id_channel_id_id", "created_at"):
        op.drop_index(f"ix_generations_{name}", "generations")
    with op.batch_alter_table("guild_settings") as settings:
        for name in ("review_channel_id", "gallery_is_public", "retention_days"):
            settings.drop_column(name)
    for name in ("favourites", "blocked_terms", "reviews"):
        op.drop_table(name)
