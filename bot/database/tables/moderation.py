"""What moderators decide, wait for, and have done."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.tables.table import NUMBERED, Id, Table


class SanctionTable(Table):
    """A timeout or a ban from the bot; `guild_id` None counts everywhere."""

    __tablename__ = "sanctions"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    guild_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(16))
    until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    lifted_by: Mapped[int | None] = mapped_column(BigInteger)
    lifted_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]  # the person erased their data: this goes, too, when it ends

    __table_args__ = (Index(None, "user_id", "guild_id", "lifted_at"), Index(None, "guild_id", "id"), NUMBERED)


class ReviewTable(Table):
    """One reason for moderators to look at a generation: a report, an appeal, a flag of the filter."""

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int]  # what is looked at first, by kind
    guild_id: Mapped[int | None] = mapped_column(BigInteger)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"))
    image_index: Mapped[int | None]
    user_id: Mapped[int] = mapped_column(BigInteger)  # whose generation it is
    by_user_id: Mapped[int] = mapped_column(BigInteger)  # who reported or appealed; 0 for the bot itself
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str | None] = mapped_column(String(16))

    __table_args__ = (
        Index(None, "guild_id", "closed_at", "priority", "id"),
        Index(None, "closed_at", "priority", "id"),
        Index(None, "generation_id", "kind", "by_user_id"),
        Index(None, "user_id", "guild_id"),
        NUMBERED,
    )


class BlockedTermTable(Table):
    """A word or phrase that a server's moderators block or want to hear of; `guild_id` None counts everywhere."""

    __tablename__ = "blocked_terms"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    guild_id: Mapped[int | None] = mapped_column(BigInteger)
    term: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(8))
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]

    __table_args__ = (Index(None, "guild_id", "term", unique=True), NUMBERED)


class AuditTable(Table):
    """Every act of a moderator.  Rows are only ever added."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    guild_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_id: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))  # such as "user:42" or "generation:7"
    why: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    # The chain: `hash` covers the row before and `content_hash`, which covers the columns above.  A row that a person's
    # data had to be taken out of keeps its `content_hash`, and says when (see audit.py).
    content_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    redacted_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "guild_id", "id"),
        Index(None, "guild_id", "subject", "id"),
        Index(None, "guild_id", "actor_id", "id"),
        NUMBERED,
    )
