"""Commands in the languages of the catalogues, as Discord shows them: names, descriptions, options, choices.

In: the words of the code.  Out: those of a locale; nothing where there is no catalogue of its language.
"""

from functools import cache
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import TranslationContext, TranslationContextLocation, locale_str

from bot.wording.catalogue import ENGLISH, Sentences, nearest
from bot.wording.commands import CONTEXT

_PLACE: Final = TranslationContextLocation
NAMES: Final = (_PLACE.command_name, _PLACE.group_name, _PLACE.parameter_name)


@cache
def _sentences(locale: str) -> Sentences | None:
    """Asked for each word of each command and locale: thousands of times at a start."""
    return None if nearest([locale]) == ENGLISH else Sentences(locale)


class Translator(app_commands.Translator):
    async def translate(
        self, string: locale_str, locale: discord.Locale, context: TranslationContext[Any, Any]
    ) -> str | None:
        """None leaves it as it is."""
        sentences = _sentences(locale.value)
        if sentences is None:
            return None
        if context.location in NAMES and not isinstance(context.data, app_commands.ContextMenu):
            return sentences.named(CONTEXT, string.message)
        return sentences.as_it_is(string.message)
