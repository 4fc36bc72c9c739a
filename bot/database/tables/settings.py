"""What servers and channels chose."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.database.tables.table import Table


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
    """What a server chose for a channel: in its own name alone, for the channel's id comes from whoever chooses."""

    __tablename__ = "channel_settings"

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    drawing: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
