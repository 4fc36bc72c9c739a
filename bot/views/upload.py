"""Pictures that people hand in: fetched from Discord, looked at, and drawn from.

In: attachments.  Out: orders, placed.  What kind of file it is, its content says, not its name.
"""

import asyncio
from typing import Final

import discord

from bot.errors import InvalidOption
from bot.generation.upload import cleaned, in_turn
from bot.orders.choices import Use, check_choices, started_from
from bot.orders.order import Order
from bot.views.answer import take_back, think
from bot.views.client import BotInteraction
from bot.views.outage import NOT_DONE
from bot.views.press import actor_of, hidden, place
from inference.contract import MAX_INIT_IMAGE_BYTES

FETCH_SECONDS: Final = 30.0


Source = discord.Attachment | tuple[int, int]
"""A file that somebody handed in, or a picture of Easel's own: a generation's id and the picture's index in it."""


async def place_picture(interaction: BotInteraction, order: Order, source: Source, use: Use) -> None:
    """Have an order drawn from a picture.  Raises what refuses the picture or the order.

    Fetching may take longer than Discord waits for a first word, so that goes first; what can be told without the
    picture is told before.  Nothing is fetched for somebody who may not order now.
    """
    pool = interaction.client.services.pool
    models = pool.models()
    if isinstance(source, discord.Attachment):
        check_size(source)
    check_choices(started_from(order, b"", use, models), pool)
    message_id = await think(interaction, hidden=hidden(interaction, private=order.private))
    try:
        await interaction.client.services.admission.check(order.requester)
        picture = await _picture(interaction, source)
        await place(interaction, started_from(order, picture, use, models), message_id)
    except Exception:
        await take_back(interaction)
        raise


async def _picture(interaction: BotInteraction, source: Source) -> bytes:
    if isinstance(source, discord.Attachment):
        return await fetched(source)
    return (await interaction.client.services.pictures.picture(actor_of(interaction), *source))[2]


def check_size(attachment: discord.Attachment) -> None:
    """Raises InvalidOption for a file that is not worth fetching."""
    if attachment.size > MAX_INIT_IMAGE_BYTES:
        raise InvalidOption("init_image", "too_large", {"bytes": attachment.size, "limit": MAX_INIT_IMAGE_BYTES})


async def fetched(attachment: discord.Attachment) -> bytes:
    """The picture as a clean PNG.  Raises InvalidOption."""
    check_size(attachment)
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            data = await attachment.read()
    except NOT_DONE as error:
        raise InvalidOption("init_image", "picture_not_loaded") from error
    return await in_turn(cleaned, data)
