"""The week's digest: once a week, where a server's managers want it, the pictures that most people voted for.

In: the time.  Out: at most one message a server and week, which managers may look at before.  Knows no Discord.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from bot.actions.abreast import abreast
from bot.actions.actor import Actor
from bot.actions.notices import DigestNotice, Notices
from bot.database.guild import GuildRecord
from bot.database.records import GalleryFilter, ShareRecord
from bot.database.reticent import Reticent
from bot.database.session import utc_now
from bot.database.settings import GuildSettings
from bot.database.shares import Shares
from bot.errors import ServersOnly
from bot.partition import Partition

HOUR: Final = 9  # on Mondays, UTC
PICTURES: Final = 5
LOOKED_AT: Final = 100


@dataclass(frozen=True, slots=True)
class Preview:
    """What the next digest would say if the week ended now; None where nobody voted for anything in it yet.

    `due` is when it goes out; `channel_id` is None where none goes out, for it is switched off or has no channel.
    """

    notice: DigestNotice | None
    due: datetime
    channel_id: int | None


class Digest:
    def __init__(
        self, *, shares: Shares, guild_settings: GuildSettings, reticent: Reticent, notices: Notices,
        partition: Partition, now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._shares = shares
        self._guild_settings = guild_settings
        self._reticent = reticent
        self._notices = notices
        self._partition = partition
        self._now = now

    async def send(self) -> None:
        """Post what is due and was not posted."""
        mine = [one for one in await self._guild_settings.digesting() if self._partition.holds(one.guild_id)]
        await abreast(self._send, mine)

    async def _send(self, guild: GuildRecord) -> None:
        if guild.gallery_channel_id is not None:
            first, name = last_week(self._now())
            make = partial(self._notice, guild, first)
            await self._notices.say(guild.guild_id, name, guild.gallery_channel_id, make)

    async def preview(self, actor: Actor) -> Preview:
        """The next digest of the actor's server as it stands; for managers.  Raises ServersOnly, MissingPermission."""
        actor.require("manage_guild")
        if actor.guild_id is None:
            raise ServersOnly
        guild = await self._guild_settings.get(actor.guild_id)
        first = last_week(self._now())[0] + timedelta(weeks=1)
        channel_id = guild.gallery_channel_id if guild.digest else None
        return Preview(await self._notice(guild, first), first + timedelta(weeks=1, hours=HOUR), channel_id)

    async def names(self, user_id: int) -> bool:
        """Whether digests name a person."""
        return not await self._reticent.among([user_id])

    async def name(self, user_id: int) -> bool:
        """Turn whether digests name a person; returns whether they do now."""
        return await self._reticent.turn(user_id)

    async def _notice(self, guild: GuildRecord, first: datetime) -> DigestNotice | None:
        """None where nobody voted for anything."""
        best = await self._best(guild.guild_id, first)
        shown = await self._notices.show([(0, share, share.votes) for share in best])
        if not shown:
            return None
        unnamed = await self._reticent.among({one.share.user_id for one in shown})
        return DigestNotice(shown, unnamed)

    async def _best(self, guild_id: int, first: datetime) -> list[ShareRecord]:
        week = GalleryFilter(since=first)
        page = await self._shares.page(guild_id, "top", None, LOOKED_AT, week)
        end = first + timedelta(weeks=1)
        return [share for share in page.records if share.votes and share.created_at < end][:PICTURES]


def last_week(now: datetime) -> tuple[datetime, str]:
    """When the last whole week began that is to be told of, and its name: ISO 8601's, from Monday to Sunday, UTC."""
    told = now.astimezone(UTC) - timedelta(weeks=1, hours=HOUR)
    monday = (told - timedelta(days=told.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    year, week, _ = monday.isocalendar()
    return monday, f"digest:{year}-W{week:02}"
