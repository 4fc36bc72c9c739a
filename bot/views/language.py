"""In which language something is said: to one person in theirs, in a channel in the server's.

In: a client, which knows its servers.  Out: Discord's name of a locale.
"""

import discord

from bot.orders.order import Order
from bot.views.client import Client


def language_of(client: discord.Client, guild_id: int | None, otherwise: str = "en-US") -> str:
    """The server's choice, or what Discord has of it; `otherwise` in a direct message and where none is known."""
    chosen = client.services.guild_settings.language(guild_id) if isinstance(client, Client) else None
    if chosen is not None:
        return chosen
    guild = None if guild_id is None else client.get_guild(guild_id)
    # Only with *Community* can a server say its language; all others are English to Discord.
    return str(guild.preferred_locale) if guild is not None and "COMMUNITY" in guild.features else otherwise


def answer_language(client: discord.Client, order: Order) -> str:
    """Of the answer to an order: that of the server, where everybody reads it, else of whoever ordered."""
    requester = order.requester
    return requester.locale if order.private else language_of(client, requester.guild_id, requester.locale)
