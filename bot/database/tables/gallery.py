"""What members share, vote for and keep, and what its prompts mean."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.database.tables.generations import GenerationTable
from bot.database.tables.table import NUMBERED, Id, Table


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
        NUMBERED,
    )


class VoteTable(Table):
    """One person's vote for one share."""

    __tablename__ = "votes"

    share_id: Mapped[int] = mapped_column(ForeignKey("shares.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
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


class ShareBlockTable(Table):
    """Somebody who may draw in a server, and share nothing."""

    __tablename__ = "share_blocks"

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]  # the person erased their data: what is said of this goes when it is lifted


class OfferTable(Table):
    """A generation that was delivered where all is shared, and is still to be offered to the gallery."""

    __tablename__ = "offers"

    generation_id: Mapped[int] = mapped_column(
        ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    guild_id: Mapped[int] = mapped_column(BigInteger)
    owed_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]  # in vain


class MeaningTable(Table):
    """What a prompt means: the sentence encoder's vector, as 16-bit floats."""

    __tablename__ = "prompt_meanings"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), unique=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    vector: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index(None, "guild_id", "id"), NUMBERED)  # who has read up to a number misses nothing
