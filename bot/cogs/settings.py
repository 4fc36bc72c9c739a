"""`/settings`: what a server's managers choose."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.actions.setting import Scope
from bot.client import Bot
from bot.views.press import answering
from bot.views.settings import settings_layout
from bot.wording.catalogue import later


class Settings(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("Choose where and how Easel draws in this server"))
    @app_commands.describe(channel=later("Choose for this channel alone (for the whole server)"))
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def settings(
        self,
        interaction: discord.Interaction[Bot],
        channel: discord.TextChannel | discord.ForumChannel | None = None,
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            layout = await settings_layout(interaction, Scope(None if channel is None else channel.id))
            await interaction.followup.send(view=layout, ephemeral=True)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Settings(bot))
