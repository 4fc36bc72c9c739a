"""Who is who on Discord, for the web pages: a server's name, a person's roles and permissions in it.

In: ids.  Out: the web's `Server` and `Member`.  Members are not cached by discord.py here (that takes a privileged
intent), so each is asked for by REST, and believed for a minute.
"""

import time
from collections.abc import Callable
from typing import Final

import discord
import structlog

from bot.errors import DiscordAway
from bot.views.outage import NOT_DONE
from bot.web.site import Member, Named, Server

BELIEVED_SECONDS: Final = 60.0
MAX_BELIEVED: Final = 10_000
log = structlog.get_logger(__name__)


class DiscordDirectory:
    """Reads the client's view of Discord; asks for members one by one."""

    def __init__(self, client: discord.Client, clock: Callable[[], float] = time.perf_counter) -> None:
        self._client = client
        self._clock = clock
        self._believed: dict[tuple[int, int], tuple[float, Member | None]] = {}

    def servers(self) -> tuple[Server, ...]:
        return tuple(
            Server(guild.id, guild.name, guild.owner_id)
            for guild in sorted(self._client.guilds, key=lambda one: one.name)
        )

    def server(self, guild_id: int) -> Server | None:
        guild = self._client.get_guild(guild_id)
        return None if guild is None else Server(guild.id, guild.name, guild.owner_id)

    def connected(self) -> bool:
        """Every shard of this process has its connection to the gateway."""
        shards = getattr(self._client, "shards", {})
        return self._client.is_ready() and not any(shard.is_closed() for shard in shards.values())

    def channels(self, guild_id: int) -> tuple[Named, ...]:
        guild = self._client.get_guild(guild_id)
        if guild is None:
            return ()
        writable = [one for one in guild.text_channels if one.permissions_for(guild.me).send_messages]
        return tuple(Named(one.id, one.name) for one in writable)

    def roles(self, guild_id: int) -> tuple[Named, ...]:
        guild = self._client.get_guild(guild_id)
        given = () if guild is None else (one for one in guild.roles if not one.is_default() and not one.managed)
        return tuple(Named(one.id, one.name) for one in reversed(tuple(given)))

    def channel_name(self, guild_id: int, channel_id: int) -> str | None:
        guild = self._client.get_guild(guild_id)
        channel = None if guild is None else guild.get_channel_or_thread(channel_id)
        return None if channel is None else channel.name

    async def member(self, guild_id: int, user_id: int) -> Member | None:
        """None for who is not in that server.  Raises DiscordAway."""
        key, now = (guild_id, user_id), self._clock()
        known = self._believed.get(key)
        if known is not None and now - known[0] < BELIEVED_SECONDS:
            return known[1]
        found = await self._ask(guild_id, user_id)
        if len(self._believed) >= MAX_BELIEVED:
            self._believed.clear()
        self._believed[key] = (now, found)
        return found

    async def _ask(self, guild_id: int, user_id: int) -> Member | None:
        guild = self._client.get_guild(guild_id)
        if guild is None:
            return None
        try:
            member = await guild.fetch_member(user_id)
        except discord.NotFound:
            return None
        except NOT_DONE as error:
            log.warning("directory.discord_away", guild=guild_id, error=repr(error))
            raise DiscordAway from error
        return Member(
            user_id=member.id,
            name=member.display_name,
            permissions=frozenset(name for name, granted in member.guild_permissions if granted),
            role_ids=tuple(role.id for role in member.roles),
            is_bot=member.bot,
        )
