"""`/style`: words and options that people and servers add to their prompts."""

import io
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.actions.styles import MAX_FILE_BYTES, MAX_NAME, MAX_WORDS, NUMBERS, as_file
from bot.client import Bot
from bot.cogs.reach import everywhere
from bot.database.records import Style
from bot.errors import InvalidOption, NotFound
from bot.views.answer import note
from bot.views.press import actor_of, answering
from bot.wording import about as words
from bot.wording.catalogue import later
from bot.wording.reader import say
from inference.contract import MAX_GUIDANCE_SCALE, MAX_TEMPERATURE, MAX_TOP_K, MIN_TEMPERATURE, MIN_TOP_P

MAX_SHOWN: Final = 3500  # characters of a list

Name = app_commands.Range[str, 1, MAX_NAME]
Words = app_commands.Range[str, 1, MAX_WORDS]


@everywhere
class Styles(commands.GroupCog, group_name="style", group_description=later("Words that you add to many prompts")):
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("Make a style, or change one"))
    @app_commands.describe(
        name=later("What to call it in /imagine style:…"),
        prefix=later("Words before every prompt"),
        suffix=later("Words after every prompt; --n 1 --model x --private behind them count, too"),
        negative=later("What to leave out"),
        guidance=later("How closely to follow the prompt"),
        temperature=later("Higher is wilder; the model's own choice if left out"),
        top_k=later("Choose from the k likeliest codes only; 0 is off"),
        top_p=later("Choose from the likeliest codes that make up this share only; 1 is off"),
        for_server=later("For everybody in this server, which takes a manager (for yourself)"),
    )
    async def create(
        self,
        interaction: discord.Interaction[Bot],
        name: Name,
        prefix: Words | None = None,
        suffix: Words | None = None,
        negative: Words | None = None,
        guidance: app_commands.Range[float, 1.0, MAX_GUIDANCE_SCALE] | None = None,
        temperature: app_commands.Range[float, MIN_TEMPERATURE, MAX_TEMPERATURE] | None = None,
        top_k: app_commands.Range[int, 0, MAX_TOP_K] | None = None,
        top_p: app_commands.Range[float, MIN_TOP_P, 1.0] | None = None,
        for_server: bool = False,
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            given = Style(name, prefix or "", suffix or "", negative or "", guidance, temperature, top_k, top_p)
            style = await self.bot.services.styles.put(actor_of(interaction), given, for_server=for_server)
            await interaction.followup.send(view=note(words.style_kept(style.name, _described(style))), ephemeral=True)

    @app_commands.command(name="list", description=later("Look at your styles and those of this server"))
    async def listed(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            actor, styles = actor_of(interaction), self.bot.services.styles
            lines = []
            groups = {words.YOUR_STYLES: await styles.own(actor), words.SERVERS_STYLES: await styles.servers(actor)}
            for title, group in groups.items():
                if group:
                    lines += [f"### {say(title)}", *map(_described, group)]
            if (usual := await styles.usual(actor)) is not None:
                lines.append(f"-# {words.drawn_anyway(usual.name)}")
            told = "\n".join(lines) or say(words.NO_STYLES)
            shown = told if len(told) <= MAX_SHOWN else told[:MAX_SHOWN].rpartition("\n")[0] + "\n-# …"
            await interaction.followup.send(view=note(shown), ephemeral=True)

    @app_commands.command(description=later("Choose the style that you draw with unless you name another"))
    @app_commands.describe(
        name=later("Which; none if left out"),
        for_server=later("For everybody in this server, which takes a manager (for yourself)"),
    )
    async def usual(
        self, interaction: discord.Interaction[Bot], name: Name | None = None, for_server: bool = False
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            await self.bot.services.styles.make_usual(actor_of(interaction), name, for_server=for_server)
            await interaction.followup.send(view=note(words.usual_style(name)), ephemeral=True)

    @app_commands.command(description=later("Delete a style"))
    @app_commands.describe(
        name=later("Which"), for_server=later("One of this server's, which takes a manager (one of your own)")
    )
    async def delete(self, interaction: discord.Interaction[Bot], name: Name, for_server: bool = False) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            await self.bot.services.styles.drop(actor_of(interaction), name, for_server=for_server)
            await interaction.followup.send(view=note(words.style_deleted(name)), ephemeral=True)

    @usual.autocomplete("name")
    @delete.autocomplete("name")
    async def complete_name(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        actor, styles = actor_of(interaction), self.bot.services.styles
        of_server = bool(getattr(interaction.namespace, "for_server", False))
        found = await styles.servers(actor) if of_server else await styles.own(actor)
        names = [style.name for style in found if current.casefold() in style.name.casefold()]
        return [app_commands.Choice(name=name, value=name) for name in names[:25]]

    @app_commands.command(description=later("Take styles away as a file"))
    @app_commands.describe(for_server=later("Those of this server (your own)"))
    async def export(self, interaction: discord.Interaction[Bot], for_server: bool = False) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            actor, styles = actor_of(interaction), self.bot.services.styles
            found = await styles.servers(actor) if for_server else await styles.own(actor)
            if not found:
                raise NotFound("style")
            file = discord.File(io.BytesIO(as_file(found)), filename="easel-styles.json")
            layout = discord.ui.LayoutView(timeout=None)
            layout.add_item(discord.ui.File(file))
            await interaction.followup.send(view=layout, file=file, ephemeral=True)

    @app_commands.command(name="import", description=later("Add the styles of a file that /style export made"))
    @app_commands.describe(
        file=later("The file"), for_server=later("For this server, which takes a manager (for yourself)")
    )
    async def import_(
        self, interaction: discord.Interaction[Bot], file: discord.Attachment, for_server: bool = False
    ) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            if file.size > MAX_FILE_BYTES:
                raise InvalidOption("file", "too_large", {"bytes": file.size, "limit": MAX_FILE_BYTES})
            data = await file.read()
            styles = self.bot.services.styles
            count = await styles.hand_in(actor_of(interaction), data, for_server=for_server)
            await interaction.followup.send(view=note(words.styles_added(count)), ephemeral=True)


def _described(style: Style) -> str:
    numbers = {name: getattr(style, name) for name in NUMBERS}
    return words.style(style.name, style.prefix, style.suffix, style.negative_prompt, numbers)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Styles(bot))
