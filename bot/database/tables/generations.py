"""The request log, its pictures, and the messages that show them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.database.tables.table import NUMBERED, Id, Table


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
    by_operator: Mapped[bool] = mapped_column(server_default=false(), default=False)  # it was them who removed it
    deleted: Mapped[bool] = mapped_column(server_default=false())  # by its owner, for good; else a moderator removed it
    erased_at: Mapped[datetime | None]  # when the files of what was removed were deleted, with all its pictures

    images: Mapped[list["ImageTable"]] = relationship(order_by="ImageTable.index", lazy="raise")

    __table_args__ = (
        Index(None, "user_id", "id"),
        Index(None, "guild_id", "id"),
        Index(None, "guild_id", "user_id", "id"),
        Index(None, "guild_id", "status", "id"),
        Index(None, "guild_id", "verdict_category", "id"),
        Index(None, "guild_id", "verdict_action", "id"),
        Index(None, "channel_id", "id"),
        Index(None, "guild_id", "user_name", "id"),
        Index(None, "user_name", "id"),
        Index(None, "created_at"),
        Index(None, "status", "delivered_at", "id"),
        Index(None, "interaction_expires_at"),
        Index(None, "parent_id"),
        Index(None, "erased_at", "removed_at"),
        NUMBERED,
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
    by_operator: Mapped[bool] = mapped_column(server_default=false(), default=False)
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
        NUMBERED,
    )


class PostTable(Table):
    """A message that shows pictures of a generation: its answer, a late delivery, or an enlarged copy of one."""

    __tablename__ = "posts"

    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(BigInteger)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), index=True)
    image_index: Mapped[int | None]  # of a copy: which picture it shows
    posted_at: Mapped[datetime]  # or drawn anew: since when it shows what it shows
    tried_at: Mapped[datetime | None]  # when Discord last let it neither be taken down nor be drawn anew
