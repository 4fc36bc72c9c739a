"""The request log as a file in Discord: from `/mod export`, and below each page of the log, of what its filter shows.

In: a filter.  Out: a file that only the asking moderator sees.
"""

import tempfile
from dataclasses import replace
from typing import Any

import discord
from discord import ui

from bot.actions.exports import Form
from bot.database.records import GenerationFilter
from bot.errors import TooLarge
from bot.views.client import BotInteraction
from bot.views.custom_id import Base36
from bot.views.filters import Shown, described, out_of_id
from bot.views.press import Press, actor_of
from bot.wording import buttons, moderating
from bot.wording.reader import say


class LogFile(Press, verb="logfile"):
    """Hands out what the filter shows, all of it; the filter stands in its id as in `LogPage`'s."""

    form: Form
    user_id: Base36 | None
    channel_id: Base36 | None
    status: Shown | None
    category: str | None
    since: Base36 | None
    until: Base36 | None
    score: Base36 | None
    words: str | None

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=buttons.CSV if self.form == "csv" else say(buttons.JSON_LINES), emoji="⬇️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await export(interaction, out_of_id(self), self.form)


async def export(interaction: BotInteraction, wanted: GenerationFilter, form: Form) -> None:
    """Hand out what the filter shows of this server's log.

    Raises TooLarge where Discord takes no file of that size; the web console's export has no such limit.
    """
    here, limit = replace(wanted, guild_id=interaction.guild_id), interaction.filesize_limit
    about = "" if wanted == GenerationFilter() else described(wanted)
    exports = interaction.client.services.exports
    with tempfile.TemporaryFile() as file:
        async for line in exports.lines(actor_of(interaction), here, form, about):
            file.write(line.encode())
            if file.tell() > limit:
                raise TooLarge("export", file.tell(), limit)
        file.seek(0)
        attached = discord.File(file, filename=f"easel-log.{form}")
        await interaction.followup.send(say(moderating.EXPORTED), file=attached, ephemeral=True)
