"""A refused prompt is not lost: what was typed is shown again, and, where that would do, what can be drawn instead.

In: what somebody typed, and the error that refused it.  Out: the error's sentence with that below it, in private.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from discord import ui

from bot.errors import InvalidOption, NotFound
from bot.orders.flags import mended
from bot.views.client import BotInteraction
from bot.views.ideas import proposed
from bot.wording import drawing, ideas

LONGEST_LINE: Final = ideas.MAX_SHOWN


@asynccontextmanager
async def handing_back(
    interaction: BotInteraction, typed: str, named: Mapping[str, Any], *, again: bool = True
) -> AsyncIterator[None]:
    """Around what makes an order of a prompt and of the options `named`, by an order's fields.

    `again` says whether words and options are all that the order consists of.
    """
    try:
        yield
    except (InvalidOption, NotFound) as error:
        await interaction.client.report(interaction, error, *_instead(error, typed, named if again else None))


def _instead(error: InvalidOption | NotFound, typed: str, named: Mapping[str, Any] | None) -> Iterator["ui.Item[Any]"]:
    refused = error.field if isinstance(error, InvalidOption) else error.subject
    line = None if named is None else mended(typed, named, refused)
    if line is not None and len(line) <= LONGEST_LINE:
        yield proposed(line)
    elif typed.strip():
        yield ui.TextDisplay(drawing.you_had_typed(typed))
