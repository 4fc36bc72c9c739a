"""`/contest`: a theme, entries, votes, a result.  Managers begin and cancel; everybody looks, enters and votes."""

from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.actions.contests import MAX_THEME
from bot.client import Bot
from bot.errors import NotFound
from bot.views.answer import note
from bot.views.contest import CallOffQuestion, ContestLayout, entries_layout
from bot.views.press import actor_of, answering
from bot.wording import community
from bot.wording.catalogue import later
from bot.wording.reader import say

LENGTHS: Final = ("1 hour", "1 day", "2 days", "3 days", "1 week", "2 weeks")


@app_commands.guild_only()
class Contest(commands.GroupCog, group_name="contest", group_description=later("Draw on a theme, and vote")):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("Begin a contest, which takes a manager of the server"))
    @app_commands.describe(
        theme=later("What the pictures are to show"),
        entries=later("How long members enter pictures: 2 days, 12h (3 days)"),
        voting=later("How long they vote then (1 day)"),
    )
    async def start(
        self,
        interaction: discord.Interaction[Bot],
        theme: app_commands.Range[str, 1, MAX_THEME],
        entries: str = "3 days",
        voting: str = "1 day",
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            record = await self.bot.services.contests.begin(actor_of(interaction), theme, entries, voting)
            announced = await self.bot.services.contests.is_announced(record)
            told = community.started(record.theme, record.channel_id, announced=announced)
            await interaction.followup.send(view=note(told), ephemeral=True)

    @start.autocomplete("entries")
    @start.autocomplete("voting")
    async def lengths(
        self,
        interaction: discord.Interaction[Bot],  # noqa: ARG002  # discord.py's signature
        typed: str,
    ) -> list[app_commands.Choice[str]]:
        fitting = [length for length in LENGTHS if length.startswith(typed.strip().casefold())]
        return [app_commands.Choice(name=length, value=length) for length in fitting]

    @app_commands.command(description=later("Look at the contest of this server, or at the result of the last one"))
    async def show(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            actor, contests = actor_of(interaction), self.bot.services.contests
            record = await contests.newest(actor)
            if record is None:
                await interaction.followup.send(view=note(say(community.NO_CONTEST)), ephemeral=True)
            elif record.phase == "closed":
                result = await entries_layout(interaction, record.id, 0)
                await interaction.followup.send(view=result, files=result.files, ephemeral=True)
            else:
                contest = await contests.look(actor, record.id)
                layout = ContestLayout(contest.record, len(contest.entries))
                await interaction.followup.send(view=layout, ephemeral=True)

    @app_commands.command(description=later("Call the contest off, which takes a manager of the server"))
    async def cancel(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            actor, contests = actor_of(interaction), self.bot.services.contests
            record = await contests.newest(actor)
            if record is None or not record.is_open:
                raise NotFound("contest")
            actor.require("manage_guild")
            await interaction.followup.send(view=CallOffQuestion(record), ephemeral=True)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Contest(bot))
