"""Of a message or an id to the generation behind it: `/details`, and what a right-click on a message offers."""

from collections.abc import Iterable
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Bot
from bot.cogs.reach import everywhere
from bot.database.records import GenerationRecord
from bot.errors import InvalidOption, NotFound
from bot.views.answer import note
from bot.views.details import details
from bot.views.found import LINK, pictures_in, recognised
from bot.views.press import actor_of, answering
from bot.views.remix import RemixForm
from bot.views.report import ReportForm
from bot.views.start_from import StartForm
from bot.wording.catalogue import later

SHORTEST_SNOWFLAKE: Final = 15  # digits; an id of Discord's is longer than any of Easel's


class Details(commands.Cog):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("How a picture came about: every option, the seed, the model"))
    @app_commands.describe(
        which=later("A link to Easel's message, or the generation's id"),
        picture=later("A picture of Easel's that you have: saved, cut or made smaller"),
    )
    @everywhere
    async def details(
        self,
        interaction: discord.Interaction[Bot],
        which: str | None = None,
        picture: discord.Attachment | None = None,
    ) -> None:
        async with answering(interaction):
            if which is None and picture is not None:
                await _show_like(interaction, [picture])
                return
            actor, pictures = actor_of(interaction), self.bot.services.pictures
            number = named(which or "")
            if len(str(number)) >= SHORTEST_SNOWFLAKE:
                record = await pictures.of_message(actor, number)
            else:
                record = await pictures.find(actor, number)
            await _show(interaction, record)


def named(which: str) -> int:
    """The id of a message (from a link) or of a generation.  Raises InvalidOption."""
    words = which.strip().removeprefix("#")
    link = LINK.fullmatch(words)
    digits = link["message"] if link else words
    if not digits.isdecimal() or len(digits) > 20:
        raise InvalidOption("which", "names_no_generation")
    return int(digits)


async def _show(interaction: discord.Interaction[Bot], record: GenerationRecord) -> None:
    await interaction.response.send_message(view=note(_told(interaction, record)), ephemeral=True)


async def _show_like(interaction: discord.Interaction[Bot], pictures: Iterable[str | discord.Attachment]) -> None:
    """The generation that the pictures look like.  Raises NotFound, InvalidOption."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    found = await recognised(interaction, pictures)
    if not found:
        raise NotFound("like_picture")
    await interaction.followup.send(view=note(_told(interaction, found[0].record)), ephemeral=True)


def _told(interaction: discord.Interaction[Bot], record: GenerationRecord) -> str:
    return details(record, verdict=actor_of(interaction).answers_for(record))


@app_commands.context_menu(name=later("Who made this?"))
@everywhere
async def who_made_this(interaction: discord.Interaction[Bot], message: discord.Message) -> None:
    """By the message where it is ours, else by what its pictures look like: saved, changed, posted again."""
    async with answering(interaction):
        try:
            record = await interaction.client.services.pictures.of_message(actor_of(interaction), message.id)
        except NotFound:
            if not pictures_in(message):
                raise
        else:
            await _show(interaction, record)
            return
        await _show_like(interaction, pictures_in(message))


@app_commands.context_menu(name=later("Remix"))
@everywhere
async def remix_this(interaction: discord.Interaction[Bot], message: discord.Message) -> None:
    async with answering(interaction):
        pictures = interaction.client.services.pictures
        record = await pictures.of_message(actor_of(interaction), message.id)
        await interaction.response.send_modal(RemixForm.of(record))


@app_commands.context_menu(name=later("Use as input"))
@everywhere
async def use_as_input(interaction: discord.Interaction[Bot], message: discord.Message) -> None:
    async with answering(interaction):
        record = None
        if interaction.client.user is not None and message.author.id == interaction.client.user.id:
            record = await interaction.client.services.pictures.of_message(actor_of(interaction), message.id)
        await interaction.response.send_modal(StartForm.of(interaction, message, record))


@app_commands.context_menu(name=later("Report to moderators"))
@app_commands.guild_only()
async def report_this(interaction: discord.Interaction[Bot], message: discord.Message) -> None:
    async with answering(interaction):
        pictures = interaction.client.services.pictures
        record = await pictures.of_message(actor_of(interaction), message.id)
        await interaction.response.send_modal(ReportForm(record.id))


async def setup(bot: Bot) -> None:
    await bot.add_cog(Details(bot))
    for menu in (who_made_this, remix_this, use_as_input, report_this):
        bot.tree.add_command(menu, override=True)
