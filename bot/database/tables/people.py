"""What people keep for themselves: styles and logins."""

from datetime import datetime

from sqlalchemy import BigInteger, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.tables.table import NUMBERED, Id, Table


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
    temperature: Mapped[float | None]
    top_k: Mapped[int | None]
    top_p: Mapped[float | None]
    is_usual: Mapped[bool] = mapped_column(default=False, server_default=false())  # drawn with where none is named
    created_at: Mapped[datetime]

    __table_args__ = (NUMBERED,)


class WebSessionTable(Table):
    """One login to the web pages.  The cookie's token is a secret; only its hash is kept."""

    __tablename__ = "web_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)
    user_name: Mapped[str] = mapped_column(String(64))
    guild_ids: Mapped[list[int]]  # where the person was a member at the login
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ErasureRequestTable(Table):
    """Somebody who asked for everything of theirs to be erased, until it is."""

    __tablename__ = "erasure_requests"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    asked_at: Mapped[datetime]
