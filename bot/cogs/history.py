"""`/history`: one's own pictures, for oneself."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Bot
from bot.cogs.reach import everywhere
from bot.views.gallery import MAX_WORDS
from bot.views.history import history_layout
from bot.views.press import answering
from bot.wording.catalogue import later


class History(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("Look through your own pictures"))
    @app_commands.describe(search=later("Only those with these words in the prompt"))
    @everywhere
    async def history(
        self, interaction: discord.Interaction[Bot], search: app_commands.Range[str, 1, MAX_WORDS] | None = None
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            words = None if search is None else " ".join(search.split())
            layout = await history_layout(self.bot.services, interaction.user.id, None, words)
            await interaction.followup.send(view=layout, files=layout.files, ephemeral=True)


async def setup(bot: Bot) -> None:
    await bot.add_cog(History(bot))
