"""`/gallery`: what a server's members shared, and voted for; `/favourites`: what one keeps a note of."""

from typing import Literal

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.client import Bot
from bot.cogs.reach import everywhere
from bot.views.favourites import first_favourites
from bot.views.gallery import MAX_WORDS, gallery_layout
from bot.views.press import answering
from bot.wording.catalogue import later


class Gallery(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("Look at the pictures that members of this server shared"))
    @app_commands.describe(
        order=later("Which pictures come first (the newest)"),
        search=later("Only those whose prompts are about this"),
        by=later("Whether by what they mean, or by the words themselves (what they mean)"),
    )
    @app_commands.choices(
        order=[
            app_commands.Choice(name=locale_str(later("newest")), value="newest"),
            app_commands.Choice(name=locale_str(later("most votes")), value="top"),
            app_commands.Choice(name=locale_str(later("best of today")), value="day"),
            app_commands.Choice(name=locale_str(later("best of this week")), value="week"),
            app_commands.Choice(name=locale_str(later("by chance")), value="random"),
            app_commands.Choice(name=locale_str(later("my own")), value="mine"),
        ],
        by=[
            app_commands.Choice(name=locale_str(later("meaning")), value="meaning"),
            app_commands.Choice(name=locale_str(later("words")), value="words"),
        ],
    )
    @app_commands.guild_only()
    async def gallery(
        self,
        interaction: discord.Interaction[Bot],
        order: Literal["newest", "top", "day", "week", "random", "mine"] = "newest",
        search: app_commands.Range[str, 1, MAX_WORDS] | None = None,
        by: Literal["meaning", "words"] = "meaning",
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            words = None if search is None else " ".join(search.split())
            layout = await gallery_layout(interaction, by if words else order, None, words)
            await interaction.followup.send(view=layout, files=layout.files, ephemeral=True)

    @app_commands.command(description=later("Look at the pictures that you keep a note of"))
    @app_commands.describe(search=later("Only those with these words in the prompt"))
    @everywhere
    async def favourites(
        self, interaction: discord.Interaction[Bot], search: app_commands.Range[str, 1, MAX_WORDS] | None = None
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            layout = await first_favourites(interaction, None if search is None else " ".join(search.split()))
            await interaction.followup.send(view=layout, files=layout.files, ephemeral=True)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Gallery(bot))
