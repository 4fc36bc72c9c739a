"""Which servers the bot is in: told when one adds or removes it, and compared at every start.

In: what the gateway says.  Out: nothing that anybody sees.
"""

import discord
from discord.ext import commands

from bot.client import Bot


class Servers(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Servers that are only unavailable just now are among the bot's, too."""
        if hasattr(self.bot, "services"):  # the demo opens them once there is somebody to draw for
            await self.bot.services.departures.compare({guild.id for guild in self.bot.guilds})

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self.bot.services.departures.back(guild.id)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self.bot.services.departures.left(guild.id)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Servers(bot))
