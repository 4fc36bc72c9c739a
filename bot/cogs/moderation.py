"""`/mod`: the request log, sanctions and removals.

Each command asks for its Discord permission in code; each act is in the audit log.  The permissions that the
commands carry are only what Discord shows by default: a server may hand them to anyone.
"""

from datetime import timedelta
from typing import Final, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Bot
from bot.database.records import GenerationFilter, SanctionRecord, Status
from bot.database.sanctions import Sanctions
from bot.errors import InvalidOption, NotFound, UserError
from bot.views import text
from bot.views.modlog import (
    MAX_CATEGORY,
    MAX_WORDS,
    STATUSES,
    logged,
    modlog_layout,
)
from bot.views.picture import note
from bot.views.press import answering, require
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
            require(interaction, "manage_messages")
            if category is not None and ":" in category:
                # It parts the fields of the buttons' ids, and the filter's categories have none.
                raise InvalidOption("category", "No category holds a colon.")
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
            require(interaction, "moderate_members")
            _check_target(interaction, person)
            until = discord.utils.utcnow() + timeout_length(duration)
            await self._check_in_force(interaction, person)
            await self._moderation.sanction(
                person.id, interaction.guild_id, "timeout", until, reason, interaction.user.id
            )
            sentence = f"{person.mention} cannot use Easel {text.until(until)}: {text.plain(reason, MAX_REASON)}"
            await interaction.response.send_message(view=note(sentence), ephemeral=True)

    @app_commands.command(description="Keep a person from using Easel until lifted")
    @app_commands.describe(person="Who", reason="Why; the person reads it")
    async def ban(self, interaction: discord.Interaction[Bot], person: discord.User, reason: Reason) -> None:
        async with answering(interaction):
            require(interaction, "ban_members")
            _check_target(interaction, person)
            await self._moderation.sanction(person.id, interaction.guild_id, "ban", None, reason, interaction.user.id)
            sentence = f"{person.mention} is banned from Easel: {text.plain(reason, MAX_REASON)}"
            await interaction.response.send_message(view=note(sentence), ephemeral=True)

    @app_commands.command(description="Lift a person's ban or timeout")
    @app_commands.describe(person="Who", reason="Why")
    async def unban(
        self, interaction: discord.Interaction[Bot], person: discord.User, reason: Reason | None = None
    ) -> None:
        async with answering(interaction):
            if not interaction.permissions.ban_members:
                require(interaction, "moderate_members")
            if await self._check_in_force(interaction, person) is None:
                raise UserError(f"{person.mention} is neither banned nor timed out.")
            lifted = await self._moderation.lift(person.id, interaction.guild_id, interaction.user.id, reason or "")
            sentence = f"{person.mention} may use Easel again; the {lifted.kind} is lifted."
            await interaction.response.send_message(view=note(sentence), ephemeral=True)

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
            require(interaction, "manage_messages")
            await interaction.response.defer(ephemeral=True)
            record = await logged(interaction, generation)
            if picture is not None and picture > len(record.images):
                raise NotFound(f"Picture {picture} of generation {generation}")
            index = None if picture is None else picture - 1
            gone = await self.bot.take_down(record, interaction.user.id, reason, index)
            what = f"Generation {generation}" if picture is None else f"Picture {picture} of generation {generation}"
            await interaction.followup.send(view=note(text.removed(what, gone=gone)), ephemeral=True)

    @property
    def _moderation(self) -> Sanctions:
        return self.bot.services.sanctions

    async def _check_in_force(
        self, interaction: discord.Interaction[Bot], person: discord.User
    ) -> SanctionRecord | None:
        """What is in force.  Raises MissingPermission where a ban would end and the moderator may only time out."""
        sanction = await self._moderation.active(person.id, interaction.guild_id)
        if sanction is not None and sanction.kind == "ban":
            require(interaction, "ban_members")
        return sanction


def timeout_length(duration: str) -> timedelta:
    """ "12h" → 12 hours.  Raises InvalidOption for what is no duration, or not from a minute to a year."""
    length = parse_duration(duration)
    if length is None:
        raise InvalidOption(
            "duration", f"“{text.plain(duration, 50)}” is no duration. Write for example: 30m, 1 hour, 1h30m, 2 days."
        )
    if not timedelta(minutes=1) <= length <= MAX_TIMEOUT:
        raise InvalidOption(
            "duration", f"The duration is {text.plain(duration, 50)}; it must be from 1 minute to 365 days."
        )
    return length


def _check_target(interaction: discord.Interaction[Bot], person: discord.User | discord.Member) -> None:
    """Raises InvalidOption for those whom the moderator may not sanction."""
    if person.id == interaction.user.id:
        raise InvalidOption("person", "You cannot sanction yourself.")
    if person.bot:
        raise InvalidOption("person", f"{person.mention} is a bot; bots cannot use Easel.")
    owner_id = None if interaction.guild is None else interaction.guild.owner_id
    if interaction.user.id == owner_id:
        return
    if person.id == owner_id:
        raise InvalidOption("person", f"{person.mention} owns this server and cannot be sanctioned.")
    if not isinstance(person, discord.Member):
        return  # they have left the server
    permissions = person.resolved_permissions or person.guild_permissions
    if permissions.administrator and not interaction.permissions.administrator:
        raise InvalidOption("person", f"{person.mention} is an administrator: only another one may sanction them.")


async def setup(bot: Bot) -> None:
    await bot.add_cog(Mod(bot))
