"""`/mod`: the request log, sanctions and removals.

Each command asks for its Discord permission in code; each act is in the audit log.  The permissions that the
commands carry are only what Discord shows by default: a server may hand them to anyone.
"""

from datetime import datetime, timedelta
from typing import Final, cast

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.actions.moderation import Target
from bot.client import Bot
from bot.database.records import GenerationFilter, SanctionKind, Status
from bot.errors import InvalidOption
from bot.views.answer import note
from bot.views.modlog import (
    MAX_CATEGORY,
    MAX_WORDS,
    STATUSES,
    modlog_layout,
)
from bot.views.press import actor_of, answering
from bot.wording import text
from bot.wording.duration import parse_duration

MAX_REASON: Final = 400
MAX_TIMEOUT: Final = timedelta(days=365)

Reason = app_commands.Range[str, 1, MAX_REASON]


@app_commands.guild_only()
@app_commands.default_permissions(manage_messages=True)
class Mod(commands.GroupCog, group_name="mod", group_description="For moderators: request log and sanctions"):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description="Read the request log of this server")
    @app_commands.describe(
        person="Only this person's requests",
        status="Only requests that ended, or stand, like this",
        category="Only requests in which the filter found this",
        words="Only prompts that hold these words",
    )
    @app_commands.choices(status=[app_commands.Choice(name=status, value=status) for status in STATUSES])
    async def log(
        self,
        interaction: discord.Interaction[Bot],
        person: discord.User | None = None,
        status: str | None = None,
        category: app_commands.Range[str, 1, MAX_CATEGORY] | None = None,
        words: app_commands.Range[str, 1, MAX_WORDS] | None = None,
    ) -> None:
        async with answering(interaction):
            if category is not None and ":" in category:
                # It parts the fields of the buttons' ids, and the filter's categories have none.
                raise InvalidOption("category", "has_colon")
            wanted = GenerationFilter(
                user_id=None if person is None else person.id,
                status=cast("Status | None", status),
                category=text.one_line(category or "") or None,
                words=text.one_line(words or "") or None,
            )
            await interaction.response.defer(ephemeral=True)
            layout = await modlog_layout(interaction, wanted, None)
            await interaction.followup.send(view=layout, ephemeral=True)

    @app_commands.command(description="Keep a person from using Easel for a while")
    @app_commands.describe(person="Who", duration="How long: 30m, 1 hour, 2 days", reason="Why; the person reads it")
    async def timeout(
        self, interaction: discord.Interaction[Bot], person: discord.User, duration: str, reason: Reason
    ) -> None:
        async with answering(interaction):
            until = discord.utils.utcnow() + timeout_length(duration)
            await self._sanction(interaction, person, "timeout", until, reason)
            sentence = f"{person.mention} cannot use Easel {text.until(until)}: {text.plain(reason, MAX_REASON)}"
            await interaction.followup.send(view=note(sentence), ephemeral=True)

    @app_commands.command(description="Keep a person from using Easel until lifted")
    @app_commands.describe(person="Who", reason="Why; the person reads it")
    async def ban(self, interaction: discord.Interaction[Bot], person: discord.User, reason: Reason) -> None:
        async with answering(interaction):
            await self._sanction(interaction, person, "ban", None, reason)
            sentence = f"{person.mention} is banned from Easel: {text.plain(reason, MAX_REASON)}"
            await interaction.followup.send(view=note(sentence), ephemeral=True)

    @app_commands.command(description="Lift a person's ban or timeout")
    @app_commands.describe(person="Who", reason="Why")
    async def unban(
        self, interaction: discord.Interaction[Bot], person: discord.User, reason: Reason | None = None
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            moderation = self.bot.services.moderation
            lifted = await moderation.lift(actor_of(interaction), person.id, reason or "")
            sentence = f"{person.mention} may use Easel again; the {lifted.kind} is lifted."
            await interaction.followup.send(view=note(sentence), ephemeral=True)

    @app_commands.command(description="Take down a generation, or one picture of it")
    @app_commands.describe(
        generation="Its id, as the log and Details show it", reason="Why", picture="One picture only, counted from 1"
    )
    async def remove(
        self,
        interaction: discord.Interaction[Bot],
        generation: app_commands.Range[int, 1],
        reason: Reason,
        picture: app_commands.Range[int, 1, 9] | None = None,
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            index = None if picture is None else picture - 1
            pictures = self.bot.services.pictures
            removed = await pictures.remove(actor_of(interaction), generation, reason, index)
            what = f"Generation {generation}" if picture is None else f"Picture {picture} of generation {generation}"
            await interaction.followup.send(view=note(text.removed(what, gone=removed.gone)), ephemeral=True)

    async def _sanction(
        self, interaction: discord.Interaction[Bot], person: discord.User, kind: SanctionKind,
        until: datetime | None, reason: str,
    ) -> None:  # fmt: skip
        await interaction.response.defer(ephemeral=True)
        target = await target_of(interaction, person)
        await self.bot.services.moderation.sanction(actor_of(interaction), target, kind, until, reason)


def timeout_length(duration: str) -> timedelta:
    """ "12h" → 12 hours.  Raises InvalidOption for what is no duration, or not from a minute to a year."""
    length = parse_duration(duration)
    if length is None:
        raise InvalidOption("duration", "no_duration", {"value": duration})
    if not timedelta(minutes=1) <= length <= MAX_TIMEOUT:
        raise InvalidOption("duration", "wrong_duration", {"value": duration})
    return length


async def target_of(interaction: discord.Interaction[Bot], person: discord.User | discord.Member) -> Target:
    """The person as the rules for sanctions see them."""
    administrator = False
    if isinstance(person, discord.Member):  # else they have left the server
        administrator = (person.resolved_permissions or person.guild_permissions).administrator
    return Target(person.id, await owner_of(interaction), person.bot, administrator)


async def owner_of(interaction: discord.Interaction[Bot]) -> int | None:
    """Who owns the server; Discord is asked where the client does not know, as after a start or an outage."""
    if interaction.guild is not None and interaction.guild.owner_id is not None:
        return interaction.guild.owner_id
    try:
        guild = await interaction.client.fetch_guild(interaction.guild_id or 0, with_counts=False)
    except (discord.HTTPException, aiohttp.ClientError, OSError):
        return None
    return guild.owner_id


async def setup(bot: Bot) -> None:
    await bot.add_cog(Mod(bot))
