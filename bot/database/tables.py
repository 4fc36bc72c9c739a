"""The tables, as SQLAlchemy reads them; every column says what it holds.

Out: `metadata` for the migrations and the classes that the modules beside this one query.  No question is asked here.
Ids are 64-bit; Discord's snowflakes are kept as they are.  Times are UTC and aware of it.  The same tables serve
SQLite and PostgreSQL.  Every list that a person pages through has an index that ends in the key it is paged by.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

# SQLite counts up only in a column declared INTEGER, which holds 64 bits there.
Id = BigInteger().with_variant(Integer, "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC.  SQLite has no time zones, so there it is kept bare and read back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time {value.isoformat()} has no time zone; only aware times are stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """What all tables share: predictable names for keys and indexes, so that a migration can address them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's protocol
        datetime: UtcTime(), dict[str, Any]: JSON(), list[dict[str, Any]]: JSON(), list[int]: JSON(), list[str]: JSON(),
    }  # fmt: skip


class GenerationTable(Table):
    """The request log: one row an order, written before any work is done for it."""

    __tablename__ = "generations"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))

    user_id: Mapped[int] = mapped_column(BigInteger)
    user_name: Mapped[str] = mapped_column(String(64))
    guild_id: Mapped[int | None] = mapped_column(BigInteger)
    channel_id: Mapped[int] = mapped_column(BigInteger)
    parent_channel_id: Mapped[int | None] = mapped_column(BigInteger)  # of a thread: whose choices count in it
    locale: Mapped[str] = mapped_column(String(16))

    prompt: Mapped[str] = mapped_column(Text)
    normalised_prompt: Mapped[str] = mapped_column(Text)  # what words are searched in
    negative_prompt: Mapped[str | None] = mapped_column(Text)
    image_count: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    guidance_scale: Mapped[float | None]
    temperature: Mapped[float | None]
    top_k: Mapped[int | None]
    top_p: Mapped[float | None]
    strength: Mapped[float | None]
    keep_rows: Mapped[int] = mapped_column(server_default="0")  # of the picture that it starts from
    style: Mapped[str | None] = mapped_column(String(32))
    spoiler: Mapped[bool] = mapped_column(server_default=false())
    private: Mapped[bool] = mapped_column(server_default=false())  # for its owner's eyes, and the log's readers'
    init_image_key: Mapped[str | None] = mapped_column(String(200))
    model: Mapped[str | None] = mapped_column(String(200))  # as ordered; after the work, the one that drew
    size: Mapped[str | None] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(server_default="1")  # the class in the queue: see ticket.py
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("generations.id"))

    verdict_action: Mapped[str | None] = mapped_column(String(8))
    verdict_category: Mapped[str | None] = mapped_column(String(64))
    verdict_score: Mapped[float | None]
    verdict_rule: Mapped[str | None] = mapped_column(Text)
    verdict_words: Mapped[list[str] | None]

    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    grid_key: Mapped[str | None] = mapped_column(String(200))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_data: Mapped[dict[str, Any] | None]  # what a sentence about it needs

    # The interaction's token is a secret: emptied on delivery, failure or expiry.
    application_id: Mapped[int | None] = mapped_column(BigInteger)
    interaction_token: Mapped[str | None] = mapped_column(Text)
    interaction_expires_at: Mapped[datetime | None]

    removed_at: Mapped[datetime | None]
    removed_by: Mapped[int | None] = mapped_column(BigInteger)
    removed_why: Mapped[str | None] = mapped_column(Text)
    removed_with: Mapped[int | None] = mapped_column(BigInteger)  # the sanction, where all of a person's went with one
    erased_at: Mapped[datetime | None]  # when the files of what was removed were deleted, with all its pictures

    images: Mapped[list["ImageTable"]] = relationship(order_by="ImageTable.index", lazy="raise")

    __table_args__ = (
        Index(None, "user_id", "id"),
        Index(None, "guild_id", "id"),
        Index(None, "guild_id", "user_id", "id"),
        Index(None, "guild_id", "status", "id"),
        Index(None, "guild_id", "verdict_category", "id"),
        Index(None, "guild_id", "verdict_action", "id"),
        Index(None, "guild_id", "channel_id", "id"),
        Index(None, "guild_id", "user_name", "id"),
        Index(None, "user_name", "id"),
        Index(None, "created_at"),
        Index(None, "status", "delivered_at", "id"),
        Index(None, "interaction_expires_at"),
        Index(None, "parent_id"),
        Index(None, "erased_at", "removed_at"),
    )


class ImageTable(Table):
    """One picture of a generation; the file itself is in the storage under `key`."""

    __tablename__ = "images"

    generation_id: Mapped[int] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    seed: Mapped[int] = mapped_column(BigInteger)
    score: Mapped[float | None]
    verdict: Mapped[dict[str, Any] | None]  # the picture check's; None from before there was one
    filled: Mapped[str | None] = mapped_column(String(200))  # what the model put in where the prompt left it open
    width: Mapped[int]
    height: Mapped[int]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[int | None] = mapped_column(BigInteger)
    removed_why: Mapped[str | None] = mapped_column(Text)
    erased_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "erased_at", "removed_at"),)


class FingerprintTable(Table):
    """What one picture looks like (see bot/generation/fingerprint.py); it goes when the picture's file goes."""

    __tablename__ = "fingerprints"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    generation_id: Mapped[int] = mapped_column(Id)
    image_index: Mapped[int]
    prints: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        ForeignKeyConstraint(
            ["generation_id", "image_index"], ["images.generation_id", "images.index"], ondelete="CASCADE"
        ),
        Index(None, "generation_id", "image_index", unique=True),
        {"sqlite_autoincrement": True},  # an id that was used before would be taken for what was there then
    )


class PostTable(Table):
    """A message that shows pictures of a generation: its answer, a late delivery, or an enlarged copy of one."""

    __tablename__ = "posts"

    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(BigInteger)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), index=True)
    image_index: Mapped[int | None]  # of a copy: which picture it shows
    posted_at: Mapped[datetime]


class ShareTable(Table):
    """A picture that its owner posted to the server's gallery.  `votes` is counted from the votes table."""

    __tablename__ = "shares"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"))
    image_index: Mapped[int]
    guild_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    votes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    generation: Mapped[GenerationTable] = relationship(lazy="raise")

    __table_args__ = (
        Index(None, "generation_id", "image_index", unique=True),
        Index(None, "guild_id", "id"),
        Index(None, "guild_id", "votes", "id"),
        Index(None, "guild_id", "created_at"),
        Index(None, "user_id", "id"),
    )


class VoteTable(Table):
    """One person's vote for one share."""

    __tablename__ = "votes"

    share_id: Mapped[int] = mapped_column(ForeignKey("shares.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    created_at: Mapped[datetime]


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

    __table_args__ = (Index(None, "user_id", "guild_id", "lifted_at"), Index(None, "guild_id", "id"))


class GuildSettingsTable(Table):
    """What a server's administrators chose; no row means the defaults."""

    __tablename__ = "guild_settings"

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    allowed_channel_ids: Mapped[list[int]]  # empty: everywhere
    moderator_role_id: Mapped[int | None] = mapped_column(BigInteger)
    review_channel_id: Mapped[int | None] = mapped_column(BigInteger)  # where reports and appeals are announced
    gallery_is_public: Mapped[bool] = mapped_column(server_default=false())  # to people who are not logged in, too
    gallery_is_searchable: Mapped[bool] = mapped_column(server_default=false())  # by search engines
    gallery_channel_id: Mapped[int | None] = mapped_column(BigInteger)  # where what is shared is shown, too
    digest: Mapped[bool] = mapped_column(server_default=false())  # once a week, the best of the gallery in its channel
    sharing: Mapped[str] = mapped_column(String(8), server_default="opt_in")  # see guild.Sharing
    sharing_role_ids: Mapped[list[int] | None]  # who may share; empty: everybody
    language: Mapped[str | None] = mapped_column(String(16))  # of what everybody reads; None: of whoever asked
    roles: Mapped[list[dict[str, Any]] | None]  # see guild.RoleRule
    misuse: Mapped[dict[str, Any] | None]  # see guild.Misuse
    retention_days: Mapped[int | None]  # what is older is purged; None: kept
    policy: Mapped[dict[str, Any] | None]  # what the safety filter is told; None is the contract's default
    drawing: Mapped[dict[str, Any] | None]  # see guild.Drawing
    left_at: Mapped[datetime | None]  # since when the bot is not in this server
    updated_at: Mapped[datetime]


class ChannelSettingsTable(Table):
    """What a server chose for one of its channels."""

    __tablename__ = "channel_settings"

    channel_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    drawing: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


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
    )


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

    __table_args__ = (Index(None, "guild_id", "term", unique=True),)


class StyleTable(Table):
    """Words and options to add to prompts; `guild_id` None is a person's own."""

    __tablename__ = "styles"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    guild_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)  # whose it is, or who made it for the server
    name: Mapped[str] = mapped_column(String(32))
    prefix: Mapped[str] = mapped_column(Text)
    suffix: Mapped[str] = mapped_column(Text)
    negative_prompt: Mapped[str] = mapped_column(Text)
    guidance_scale: Mapped[float | None]
    created_at: Mapped[datetime]


class FavouriteTable(Table):
    """A shared picture that a person keeps a note of."""

    __tablename__ = "favourites"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    share_id: Mapped[int] = mapped_column(ForeignKey("shares.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[datetime]


class OwnFavouriteTable(Table):
    """A picture of a person's own that they keep a note of, shared or not."""

    __tablename__ = "own_favourites"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    generation_id: Mapped[int] = mapped_column(
        ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    image_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime]


class WebSessionTable(Table):
    """One login to the web pages.  The cookie's token is a secret; only its hash is kept."""

    __tablename__ = "web_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)
    user_name: Mapped[str] = mapped_column(String(64))
    guild_ids: Mapped[list[int]]  # where the person was a member at the login
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
