"""What each server chose.

In: a server's id and choices.  Out: a `GuildRecord`; the defaults where nothing was chosen.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import or_, select

from bot.database.audit import Act, note_act
from bot.database.guild import Drawing, GuildRecord, Misuse, RoleRule, Sharing
from bot.database.recent import Recent
from bot.database.session import Database, take_turn, utc_now, whole
from bot.database.tables.settings import ChannelSettingsTable, GuildSettingsTable
from inference.contract import Policy


class GuildSettings:
    """Reads and writes `guild_settings` and `channel_settings`."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now
        self._known: dict[int, GuildRecord] = {}
        self._guilds: Recent[int, GuildRecord] = Recent()
        self._channels: Recent[tuple[int, int], Drawing] = Recent()

    async def load(self) -> None:
        """Read what is asked for at each interaction, so that `moderator_role` and `language` are known at once."""
        chosen = or_(GuildSettingsTable.moderator_role_id.is_not(None), GuildSettingsTable.language.is_not(None))
        async with self._database.reading() as session:
            for row in await session.scalars(select(GuildSettingsTable).where(chosen)):
                self._remember(_record(row))

    def moderator_role(self, guild_id: int | None) -> int | None:
        """As last read or written by this process."""
        known = self._known.get(guild_id or 0)
        return None if known is None else known.moderator_role_id

    def language(self, guild_id: int | None) -> str | None:
        """As last read or written by this process."""
        known = self._known.get(guild_id or 0)
        return None if known is None else known.language

    def _remember(self, record: GuildRecord) -> GuildRecord:
        if record.moderator_role_id is None and record.language is None:
            self._known.pop(record.guild_id, None)
        else:
            self._known[record.guild_id] = record
        return record

    async def get(self, guild_id: int | None) -> GuildRecord:
        """The server's choices; the defaults for a server without any and for direct messages (None)."""
        if guild_id is None:
            return GuildRecord(0)
        return await self._guilds.get(guild_id, partial(self._read_guild, guild_id))

    async def _read_guild(self, guild_id: int) -> GuildRecord:
        async with self._database.reading() as session:
            row = await session.get(GuildSettingsTable, guild_id)
        return self._remember(GuildRecord(guild_id) if row is None else _record(row))

    async def set(self, chosen: GuildRecord, by: int) -> None:
        """Write all of a server's choices, and what changed to the audit log."""
        await self.change(chosen.guild_id, by, lambda _: chosen)

    async def digesting(self) -> tuple[GuildRecord, ...]:
        """The servers that want a weekly digest."""
        query = select(GuildSettingsTable).where(GuildSettingsTable.digest)
        async with self._database.reading() as session:
            return tuple(map(_record, await session.scalars(query)))

    @whole
    async def change(self, guild_id: int, by: int, edit: Callable[[GuildRecord], GuildRecord]) -> GuildRecord:
        """Write what `edit` makes of a server's choices; what somebody else changes meanwhile is not lost."""
        now = self._now()
        async with self._database.writing("settings") as session:
            await take_turn(session, f"guild_settings:{guild_id}")
            row = await session.get(GuildSettingsTable, guild_id)
            before = GuildRecord(guild_id) if row is None else _record(row)
            chosen = edit(before)
            if row is None:
                row = GuildSettingsTable(guild_id=guild_id)
                session.add(row)
            _write(row, chosen)
            row.updated_at = now
            act = _changed(by, f"guild:{guild_id}", guild_id, _described(before), _described(chosen))
            if act.after:
                await note_act(session, now, act)
        self._guilds.forget()
        return self._remember(chosen)

    async def channel(self, guild_id: int | None, channel_id: int) -> Drawing:
        """What was chosen for this channel of the server alone; direct messages (None) have no choices."""
        if guild_id is None:
            return Drawing()
        return await self._channels.get((guild_id, channel_id), partial(self._read_channel, guild_id, channel_id))

    async def _read_channel(self, guild_id: int, channel_id: int) -> Drawing:
        async with self._database.reading() as session:
            row = await session.get(ChannelSettingsTable, (guild_id, channel_id))
        return Drawing() if row is None else _drawing(row.drawing)

    @whole
    async def change_channel(self, guild_id: int, channel_id: int, by: int, edit: Callable[[Drawing], Drawing]) -> None:
        """Write what `edit` makes of a channel's choices, and what changed to the audit log.

        A channel that is another server's is so chosen for in vain: its id comes from whoever chooses.
        """
        now = self._now()
        async with self._database.writing("channel_settings") as session:
            await take_turn(session, f"channel_settings:{guild_id}:{channel_id}")
            row = await session.get(ChannelSettingsTable, (guild_id, channel_id))
            before = Drawing() if row is None else _drawing(row.drawing)
            if row is None:
                row = ChannelSettingsTable(channel_id=channel_id, guild_id=guild_id)
                session.add(row)
            chosen = edit(before)
            row.drawing, row.updated_at = asdict(chosen), now
            act = _changed(by, f"channel:{channel_id}", guild_id, _chosen(before), _chosen(chosen))
            if act.after:
                await note_act(session, now, act)
        self._channels.forget()


def _changed(by: int, subject: str, guild_id: int, old: dict[str, str], new: dict[str, str]) -> Act:
    changed = [name for name in new if new[name] != old[name]]
    before, after = ({name: choices[name] for name in changed} for choices in (old, new))
    return Act(by, "settings", subject, guild_id, before=before, after=after)


def _chosen(drawing: Drawing) -> dict[str, str]:
    return {name: _words(value) for name, value in asdict(drawing).items()}


def _words(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _drawing(stored: dict[str, Any] | None) -> Drawing:
    kept = dict(stored or {})
    if kept.get("models") is not None:
        kept["models"] = tuple(kept["models"])
    return Drawing(**kept)


def _role_rule(stored: dict[str, Any]) -> RoleRule:
    return RoleRule(**stored | {"models": tuple(stored.get("models", ()))})


def _write(row: GuildSettingsTable, chosen: GuildRecord) -> None:
    row.allowed_channel_ids = list(chosen.allowed_channel_ids)
    row.moderator_role_id = chosen.moderator_role_id
    row.review_channel_id = chosen.review_channel_id
    row.gallery_is_public = chosen.gallery_is_public
    row.retention_days = chosen.retention_days
    row.policy = chosen.policy.to_json()
    row.drawing = asdict(chosen.drawing)
    row.gallery_channel_id = chosen.gallery_channel_id
    row.digest = chosen.digest
    row.sharing = chosen.sharing
    row.sharing_role_ids = list(chosen.sharing_role_ids)
    row.language = chosen.language
    row.roles = [asdict(rule) for rule in chosen.roles]
    row.misuse = asdict(chosen.misuse)
    row.gallery_is_searchable = chosen.gallery_is_searchable


def _record(row: GuildSettingsTable) -> GuildRecord:
    return GuildRecord(
        row.guild_id, tuple(row.allowed_channel_ids), row.moderator_role_id, row.review_channel_id,
        row.gallery_is_public, row.retention_days, Policy() if row.policy is None else Policy.from_json(row.policy),
        _drawing(row.drawing), row.gallery_channel_id, row.digest, cast("Sharing", row.sharing),
        tuple(row.sharing_role_ids or ()), row.language, tuple(map(_role_rule, row.roles or ())),
        Misuse(**(row.misuse or {})), row.gallery_is_searchable,
    )  # fmt: skip


def _described(record: GuildRecord) -> dict[str, str]:
    """Every choice by a name of its own, for the audit log."""
    return {
        "allowed_channels": _words(record.allowed_channel_ids),
        "moderator_role": _words(record.moderator_role_id),
        "review_channel": _words(record.review_channel_id),
        "gallery": "public" if record.gallery_is_public else "members",
        "gallery_search": "yes" if record.gallery_is_searchable else "no",
        "retention_days": _words(record.retention_days),
        "policy": json.dumps(record.policy.to_json(), sort_keys=True),
        "gallery_channel": _words(record.gallery_channel_id),
        "digest": "on" if record.digest else "off",
        "sharing": record.sharing,
        "sharing_roles": _words(record.sharing_role_ids),
        "language": _words(record.language),
        "roles": "; ".join(map(_rule_words, record.roles)),
        **{f"misuse_{name}": _words(value) for name, value in asdict(record.misuse).items()},
        **_chosen(record.drawing),
    }


def _rule_words(rule: RoleRule) -> str:
    told = {name: _words(value) for name, value in asdict(rule).items() if name != "role_id"}
    return f"{rule.role_id}: " + ", ".join(f"{name}={words}" for name, words in told.items() if words)
