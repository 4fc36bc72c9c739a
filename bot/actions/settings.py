"""What a server's managers choose for it.

In: an actor and the choices.  Out: the choices in force.  Knows no Discord.
"""

from dataclasses import replace

from bot.actions.actor import Actor
from bot.database.records import GuildRecord
from bot.database.settings import GuildSettings
from bot.errors import ServersOnly


class ServerSettings:
    def __init__(self, guild_settings: GuildSettings) -> None:
        self._guild_settings = guild_settings

    async def get(self, actor: Actor) -> GuildRecord:
        """What this server chose; anybody may know."""
        return await self._guild_settings.get(_here(actor))

    async def change(self, actor: Actor, **choices: object) -> GuildRecord:
        """Change the named choices of this server and leave the others.  Raises MissingPermission, ServersOnly."""
        actor.require("manage_guild")
        chosen = replace(await self._guild_settings.get(_here(actor)), **choices)  # type: ignore[arg-type]
        await self._guild_settings.set(chosen, actor.user_id)
        return chosen


def _here(actor: Actor) -> int:
    if actor.guild_id is None:
        raise ServersOnly
    return actor.guild_id
