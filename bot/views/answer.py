"""How an interaction is answered: with one sentence, or with "thinking…" that the pictures will replace."""

import asyncio
import operator
from typing import Any, Final

import aiohttp
import discord
import structlog
from discord import ui

from bot.views.discord_codes import Code
from bot.views.layout import Layout

log = structlog.get_logger(__name__)

THINK_SECONDS: Final = (1.0, 1.0, 0.8)  # for each try; Discord takes no answer after three
ORIGINAL_SECONDS: Final = 10.0


def note(sentence: str, *more: ui.Item[Any]) -> ui.LayoutView:
    """A layout of one sentence, and what stands below it."""
    layout = Layout()
    layout.add_item(ui.TextDisplay(sentence))
    for item in more:
        layout.add_item(item)
    return layout


async def think(interaction: discord.Interaction[Any], *, hidden: bool = False) -> int:
    """Show "thinking…", to everyone or, where it is `hidden`, to the person alone; returns that message's id.

    A request that the network cut off is tried again: where Discord had taken the first one, it says so.
    """
    tries = iter(THINK_SECONDS)
    while True:
        try:
            async with asyncio.timeout(next(tries)):
                answer = await interaction.response.defer(thinking=True, ephemeral=hidden)
                if answer is not None and answer.message_id is not None:
                    return answer.message_id
                return (await interaction.original_response()).id
        except discord.HTTPException as error:
            if error.code != Code.ALREADY_ANSWERED:
                raise
            async with asyncio.timeout(ORIGINAL_SECONDS):
                return (await interaction.original_response()).id
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("answer.tried_again", interaction=interaction.id, error=str(error) or type(error).__name__)
            if operator.length_hint(tries) == 0:
                raise


async def take_back(interaction: discord.Interaction[Any]) -> None:
    """Delete the "thinking…".  It is edited first: while it thinks, a private message would take its public place."""
    await interaction.edit_original_response(view=note("-# …"))
    await interaction.delete_original_response()
