"""Contests, and what the bot posts of its own accord."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.database.tables.gallery import ShareTable
from bot.database.tables.table import NUMBERED, Id, Table


class ContestTable(Table):
    """A theme that members enter shared pictures for, and vote on.  `state` goes one way only, whatever clocks do."""

    __tablename__ = "contests"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    channel_id: Mapped[int] = mapped_column(BigInteger)  # where it is announced
    theme: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    voting_at: Mapped[datetime]  # when entering ends and voting begins
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))

    __table_args__ = (Index(None, "guild_id", "id"), Index(None, "state", "id"), NUMBERED)


class EntryTable(Table):
    """One person's entry; it goes with its share."""

    __tablename__ = "contest_entries"

    contest_id: Mapped[int] = mapped_column(ForeignKey("contests.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    share_id: Mapped[int] = mapped_column(ForeignKey("shares.id", ondelete="CASCADE"), index=True)
    entered_at: Mapped[datetime]

    share: Mapped[ShareTable] = relationship(lazy="raise")


class BallotTable(Table):
    """One person's vote in a contest."""

    __tablename__ = "contest_ballots"

    contest_id: Mapped[int] = mapped_column(ForeignKey("contests.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    share_id: Mapped[int] = mapped_column(ForeignKey("shares.id", ondelete="CASCADE"), index=True)
    voted_at: Mapped[datetime]


class NoticeTable(Table):
    """What the bot posts of its own accord, each once: claimed by one process, then posted, then known by its message.

    `name` says what, such as "contest:7:closed".  `message_id` is None until Discord took it, 0 where it refused, -1
    where there was nothing to say.  What is to be deleted has given its name away, for it may be said again.
    """

    __tablename__ = "notices"

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    channel_id: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime]
    claimed_at: Mapped[datetime]  # when it was last tried: to post it, or to delete it
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    withdrawn_at: Mapped[datetime | None]  # since when the message is to be deleted

    __table_args__ = (Index(None, "message_id", "first_at"), Index(None, "withdrawn_at"))


class NoticePictureTable(Table):
    """A picture that a notice shows, so that the message goes when the picture does."""

    __tablename__ = "notice_pictures"

    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True)
    image_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index(None, "generation_id"),)


class ReticentTable(Table):
    """Somebody whom the weekly digest is not to name."""

    __tablename__ = "digest_opt_outs"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    since: Mapped[datetime]
