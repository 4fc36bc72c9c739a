"""Whom a sanction is about, as the rules see them: is it the owner, an administrator, a bot?

In: a person of the server.  Out: a `Target`.  Discord is asked for what the client does not know.
"""

import discord

from bot.actions.moderation import Target
from bot.errors import NotFound
from bot.views.client import BotInteraction
from bot.views.outage import NOT_DONE


async def target_of(interaction: BotInteraction, person: discord.User | discord.Member) -> Target:
    administrator = False
    if isinstance(person, discord.Member):  # else they have left the server
        administrator = (person.resolved_permissions or person.guild_permissions).administrator
    return Target(person.id, await owner_of(interaction), person.bot, administrator)


async def target_by_id(interaction: BotInteraction, user_id: int) -> Target:
    """The same, of somebody whom only an id is known of."""
    if interaction.guild is None:
        raise NotFound("server")
    try:
        return await target_of(interaction, await interaction.guild.fetch_member(user_id))
    except discord.NotFound:  # they have left the server
        return Target(user_id, await owner_of(interaction))


async def owner_of(interaction: BotInteraction) -> int | None:
    """Who owns the server; Discord is asked where the client does not know, as after a start or an outage."""
    if interaction.guild is not None and interaction.guild.owner_id is not None:
        return interaction.guild.owner_id
    try:
        guild = await interaction.client.fetch_guild(interaction.guild_id or 0, with_counts=False)
    except NOT_DONE:
        return None
    return guild.owner_id
