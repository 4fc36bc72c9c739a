"""What to draw: `/enhance`, which makes more of a prompt, and `/describe`, which finds words for a picture."""

from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Bot
from bot.cogs.reach import everywhere
from bot.views.ideas import description_layout, versions_layout
from bot.views.press import actor_of, answering
from bot.views.upload import check_size, fetched
from bot.wording.catalogue import later


class Ideas(commands.Cog):
    """Answers are for the person's own eyes; what they draw from there is not."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("Three richer versions of a prompt, and what this server shared near it"))
    @app_commands.describe(prompt=later("What the pictures should show"))
    @everywhere
    async def enhance(self, interaction: discord.Interaction[Bot], prompt: str) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True, thinking=True)
            ideas = await self.bot.services.ideas.enhance(actor_of(interaction), prompt)
            await interaction.followup.send(view=versions_layout(ideas), ephemeral=True)

    @app_commands.command(description=later("Words for a picture, to draw the like"))
    @app_commands.describe(picture=later("PNG, JPEG or WebP"))
    @everywhere
    async def describe(self, interaction: discord.Interaction[Bot], picture: discord.Attachment) -> None:
        async with answering(interaction):
            check_size(picture)
            await interaction.response.defer(ephemeral=True, thinking=True)
            ideas = await self.bot.services.ideas.describe(actor_of(interaction), partial(fetched, picture))
            await interaction.followup.send(view=description_layout(ideas), ephemeral=True)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Ideas(bot))
