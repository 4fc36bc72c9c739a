"""`/privacy`: what is kept of whoever asks, and what they may do about it."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Bot
from bot.views.press import answering
from bot.views.privacy import privacy_layout
from bot.wording.catalogue import later


class Privacy(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("See what Easel keeps of you, take it away, or erase it"))
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def privacy(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            await interaction.followup.send(view=await privacy_layout(interaction), ephemeral=True)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Privacy(bot))
