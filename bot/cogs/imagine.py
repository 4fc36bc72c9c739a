"""Drawing: `/imagine`, `/again`, and what belongs to one's place in the queue: `/queue`, `/cancel`.

In: interactions.  Out: orders placed, and what the queue says of them.
"""

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.actions.actor import Actor
from bot.actions.styles import NO_STYLE
from bot.client import Bot
from bot.cogs.reach import everywhere
from bot.errors import InvalidOption
from bot.generation.reply import Pending
from bot.orders.choices import (
    USES,
    allowed,
    check_choices,
    chosen_model,
    model_lines,
    size_lines,
    use_of,
    with_defaults,
)
from bot.orders.order import IMAGE_COUNTS, Order
from bot.views.answer import note
from bot.views.ideas import handing_back
from bot.views.press import actor_of, answering, place
from bot.views.upload import place_picture
from bot.wording import buttons, drawing, text
from bot.wording.catalogue import later
from bot.wording.reader import say
from inference.contract import MAX_GUIDANCE_SCALE, MAX_SEED, MAX_TEMPERATURE, MAX_TOP_K, MIN_TEMPERATURE, MIN_TOP_P


class Imagine(commands.Cog):
    """Commands about drawing."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("Draw pictures from a description"))
    @app_commands.describe(
        prompt=later("What the pictures should show; --seed 7 --no cars --n 4 at its end work, too"),
        images=later("How many pictures (4)"),
        seed=later("Draws the same pictures again"),
        guidance=later("How closely to follow the prompt; the model's own choice if left out"),
        temperature=later("Higher is wilder; the model's own choice if left out"),
        top_k=later("Choose from the k likeliest codes only; 0 is off"),
        top_p=later("Choose from the likeliest codes that make up this share only; 1 is off"),
        negative=later("What to leave out"),
        style=later("Words that you or this server add to prompts: /style list"),
        picture=later("Start from this picture: PNG, JPEG or WebP"),
        use=later("What to do with the picture (vary it)"),
        spoiler=later("Hide the pictures until they are clicked"),
        private=later("Show the pictures to you alone; they cannot be shared"),
        model=later("What to draw with"),
        size=later("Width and height, as far as the model has a choice"),
    )
    @app_commands.choices(images=[app_commands.Choice(name=str(count), value=count) for count in IMAGE_COUNTS])
    @app_commands.choices(use=[app_commands.Choice(name=locale_str(buttons.USES[use]), value=use) for use in USES])
    @everywhere
    async def imagine(
        self,
        interaction: discord.Interaction[Bot],
        prompt: str,
        images: int | None = None,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        guidance: app_commands.Range[float, 1.0, MAX_GUIDANCE_SCALE] | None = None,
        temperature: app_commands.Range[float, MIN_TEMPERATURE, MAX_TEMPERATURE] | None = None,
        top_k: app_commands.Range[int, 0, MAX_TOP_K] | None = None,
        top_p: app_commands.Range[float, MIN_TOP_P, 1.0] | None = None,
        negative: str | None = None,
        style: str | None = None,
        picture: discord.Attachment | None = None,
        use: str | None = None,
        spoiler: bool | None = None,
        private: bool | None = None,
        model: str | None = None,
        size: str | None = None,
    ) -> None:
        # The prompt has no length limit here: Discord would refuse it without saying what the limit is.
        async with answering(interaction):
            typed = {
                "images": images, "seed": seed, "guidance_scale": guidance, "temperature": temperature, "top_k": top_k,
                "top_p": top_p, "negative_prompt": negative, "spoiler": spoiler, "private": private, "model": model,
                "size": size,
            }  # fmt: skip
            async with handing_back(interaction, prompt, {**typed, "style": style}, again=picture is None):
                order = await self._order(actor_of(interaction), prompt, typed, style)
                if picture is not None:
                    await place_picture(interaction, order, picture, use_of(use))
                elif use is not None:
                    raise InvalidOption("use", "needs_picture")
                else:
                    check_choices(order, self.bot.services.pool)
                    await place(interaction, order)

    async def _order(self, actor: Actor, prompt: str, typed: Mapping[str, Any], style: str | None) -> Order:
        """The options with the prompt's flags, the style's words and what is chosen here.  Raises InvalidOption."""
        words, said = await self.bot.services.styles.read(actor, prompt, typed, style)
        here = await self.bot.services.entitlements.of(actor.requester)
        models = self.bot.services.pool.models()
        return Order(requester=actor.requester, prompt=words, **with_defaults(said, here, models, prompt))

    @imagine.autocomplete("style")
    async def complete_style(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        actor, styles = actor_of(interaction), self.bot.services.styles
        names = dict.fromkeys(style.name for style in (*await styles.own(actor), *await styles.servers(actor)))
        if await styles.usual(actor) is not None:
            names |= {NO_STYLE: None}
        found = [name for name in names if current.casefold() in name.casefold()]
        return [app_commands.Choice(name=name, value=name) for name in found[:25]]

    @imagine.autocomplete("prompt")
    async def complete_prompt(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        prompts = await self.bot.services.suggestions.prompts(actor_of(interaction), current)
        return [app_commands.Choice(name=prompt, value=prompt) for prompt in prompts]

    @imagine.autocomplete("model")
    async def complete_model(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        here = await self.bot.services.entitlements.of(actor_of(interaction).requester)
        return _choices(model_lines(current, allowed(self.bot.services.pool.models(), here)))

    @imagine.autocomplete("size")
    async def complete_size(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        here = await self.bot.services.entitlements.of(actor_of(interaction).requester)
        name = getattr(interaction.namespace, "model", None) or here.default_model
        chosen = chosen_model(name, self.bot.services.pool.models())
        return _choices(size_lines(current, chosen))

    @app_commands.command(description=later("Draw your last prompt once more, with another seed"))
    @everywhere
    async def again(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            actor, pictures = actor_of(interaction), self.bot.services.pictures
            last = await pictures.latest(actor)
            await place(interaction, await pictures.reroll(actor, last.id))

    @app_commands.command(description=later("See what is being drawn and who waits"))
    @everywhere
    async def queue(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            everyone = self.bot.services.works.pending(None)
            mine = [pending for pending in everyone if pending.user_id == interaction.user.id]
            running = sum(pending.status == "running" for pending in everyone)
            lines = [drawing.queue(running, len(everyone) - running)]
            lines += [f"{_standing(pending)} · {text.plain(pending.prompt, 100)}" for pending in mine[:10]]
            if everyone and not mine:
                lines.append(f"-# {say(drawing.NOT_YOURS_WAITING)}")
            await interaction.response.send_message(view=note("\n".join(lines)), ephemeral=True)

    @app_commands.command(description=later("Stop your generations that are not finished"))
    @app_commands.describe(which=later("Which one; all of yours if left out"))
    @everywhere
    async def cancel(self, interaction: discord.Interaction[Bot], which: str | None = None) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            one = None if which is None else int(which) if which.isdecimal() else 0
            stopped = self.bot.services.pictures.cancel_own(actor_of(interaction), one)
            await interaction.followup.send(view=note(drawing.cancelled(stopped)), ephemeral=True)

    @cancel.autocomplete("which")
    async def complete_which(
        self, interaction: discord.Interaction[Bot], current: str
    ) -> list[app_commands.Choice[str]]:
        mine = self.bot.services.works.pending(interaction.user.id)
        return [
            app_commands.Choice(name=text.shorten(text.one_line(pending.prompt), 100), value=str(pending.generation_id))
            for pending in mine
            if current.casefold() in pending.prompt.casefold()
        ][:25]


def _choices(lines: list[tuple[str, str]]) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=text.shorten(text.one_line(line), 100), value=value) for line, value in lines[:25]]


def _standing(pending: Pending) -> str:
    if pending.position is None:
        return drawing.under_way(pending.status)
    return drawing.waiting(pending.position, pending.eta_seconds)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Imagine(bot))
