"""What each server chose.

In: a server's id and choices.  Out: a `GuildRecord`; the defaults where nothing was chosen.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from bot.database.audit import Act, note_act
from bot.database.records import Drawing, GuildRecord
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables import ChannelSettingsTable, GuildSettingsTable
from inference.contract import Policy


class GuildSettings:
    """Reads and writes `guild_settings`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def get(self, guild_id: int | None) -> GuildRecord:
        """The server's choices; the defaults for a server without any and for direct messages (None)."""
        if guild_id is None:
            return GuildRecord(0)
        async with self._database.reading() as session:
            row = await session.get(GuildSettingsTable, guild_id)
        return GuildRecord(guild_id) if row is None else _record(row)

    @whole
    async def set(self, chosen: GuildRecord, by: int) -> None:
        """Write all of a server's choices, and what changed to the audit log."""
        now = self._now()
        async with self._database.writing("settings") as session:
            await take_turn(session, f"guild_settings:{chosen.guild_id}")
            row = await session.get(GuildSettingsTable, chosen.guild_id)
            before = GuildRecord(chosen.guild_id) if row is None else _record(row)
            if row is None:
                row = GuildSettingsTable(guild_id=chosen.guild_id)
                session.add(row)
            row.allowed_channel_ids = list(chosen.allowed_channel_ids)
            row.moderator_role_id = chosen.moderator_role_id
            row.review_channel_id = chosen.review_channel_id
            row.gallery_is_public = chosen.gallery_is_public
            row.retention_days = chosen.retention_days
            row.policy = chosen.policy.to_json()
            row.drawing = asdict(chosen.drawing)
            row.updated_at = now
            subject, id_ = f"guild:{chosen.guild_id}", chosen.guild_id
            await note_act(session, now, _changed(by, subject, id_, _described(before), _described(chosen)))

    async def drawing(self, guild_id: int | None, channel_id: int) -> Drawing:
        """How pictures are drawn in this channel: its choices, and where there are none, its server's."""
        guild = await self.get(guild_id)
        return (await self.channel(channel_id)).over(guild.drawing)

    async def channel(self, channel_id: int) -> Drawing:
        """What was chosen for this channel alone."""
        async with self._database.reading() as session:
            row = await session.get(ChannelSettingsTable, channel_id)
        return Drawing() if row is None else Drawing(**row.drawing)

    @whole
    async def set_channel(self, guild_id: int, channel_id: int, chosen: Drawing, by: int) -> None:
        """Write all of a channel's choices, and what changed to the audit log."""
        now = self._now()
        async with self._database.writing("channel_settings") as session:
            await take_turn(session, f"channel_settings:{channel_id}")
            row = await session.get(ChannelSettingsTable, channel_id)
            before = Drawing() if row is None else Drawing(**row.drawing)
            if row is None:
                row = ChannelSettingsTable(channel_id=channel_id, guild_id=guild_id)
                session.add(row)
            row.drawing, row.updated_at = asdict(chosen), now
            await note_act(
                session, now, _changed(by, f"channel:{channel_id}", guild_id, _chosen(before), _chosen(chosen))
            )


def _changed(by: int, subject: str, guild_id: int, old: dict[str, str], new: dict[str, str]) -> Act:
    changed = [name for name in new if new[name] != old[name]]
    before, after = ({name: choices[name] for name in changed} for choices in (old, new))
    return Act(by, "settings", subject, guild_id, before=before, after=after)


def _chosen(drawing: Drawing) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in asdict(drawing).items()}


def _record(row: GuildSettingsTable) -> GuildRecord:
    return GuildRecord(
        row.guild_id, tuple(row.allowed_channel_ids), row.moderator_role_id, row.review_channel_id,
        row.gallery_is_public, row.retention_days, Policy() if row.policy is None else Policy.from_json(row.policy),
        Drawing(**(row.drawing or {})),
    )  # fmt: skip


def _described(record: GuildRecord) -> dict[str, str]:
    return {
        "allowed_channels": ", ".join(map(str, record.allowed_channel_ids)),
        "moderator_role": str(record.moderator_role_id or ""),
        "review_channel": str(record.review_channel_id or ""),
        "gallery": "public" if record.gallery_is_public else "members",
        "retention_days": str(record.retention_days or ""),
        "policy": json.dumps(record.policy.to_json(), sort_keys=True),
        **_chosen(record.drawing),
    }
