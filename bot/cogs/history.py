"""`/history`: one's own pictures, for oneself."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Bot
from bot.cogs.reach import everywhere
from bot.views.history import history_layout
from bot.views.press import answering
from bot.wording.catalogue import later


class History(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("Look through your own pictures"))
    @everywhere
    async def history(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            layout = await history_layout(self.bot.services, interaction.user.id, None)
            await interaction.followup.send(view=layout, files=layout.files, ephemeral=True)


async def setup(bot: Bot) -> None:
    await bot.add_cog(History(bot))
