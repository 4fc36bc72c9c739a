"""What Easel is and may do for you: `/help`, `/limits`, `/about`."""

from importlib import metadata

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Bot
from bot.cogs.reach import everywhere
from bot.errors import UserError
from bot.orders.limits import Standing
from bot.views.answer import note
from bot.views.press import actor_of, answering
from bot.wording import about as words
from bot.wording.catalogue import later
from bot.wording.reader import say
from bot.wording.render import explain


class About(commands.Cog):
    """Commands that only tell."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description=later("What Easel can do"))
    @everywhere
    async def help(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            actor = actor_of(interaction)
            told = words.help_for(moderator=actor.is_moderator, manager=actor.is_manager)
            await interaction.response.send_message(view=note(told), ephemeral=True)

    @app_commands.command(description=later("How much you may still draw"))
    @everywhere
    async def limits(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            actor, services = actor_of(interaction), self.bot.services
            here = await services.entitlements.of(actor.requester)
            standings = await services.limits.standings(actor.requester, here)
            lines = [f"### {say(words.WHAT_IS_LEFT)}"]
            try:
                await services.admission.check_person(actor.requester, here)
            except UserError as refusal:
                lines.append(explain(refusal))
            lines += map(_left, standings)
            if not standings:
                lines.append(say(words.NO_LIMIT))
            lines.append(words.under_way(len(services.works.pending(actor.user_id)), here.max_images))
            await interaction.response.send_message(view=note("\n".join(lines)), ephemeral=True)

    @app_commands.command(description=later("What draws here, and what is kept of it"))
    @everywhere
    async def about(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            models = self.bot.services.pool.models()
            drawn = "\n".join(words.model(model.name, model.description, model.sizes) for model in models)
            lines = [
                f"### Easel {metadata.version('easel')}",
                say(words.WHAT_IT_IS),
                drawn or say(words.NO_MODEL),
                f"-# {say(words.KEPT)}",
                f"-# {say(words.WHO_READS)}",
            ]
            await interaction.response.send_message(view=note("\n".join(lines)), ephemeral=True)


def _left(standing: Standing) -> str:
    one = standing
    return words.left(one.whose, one.left, one.amount, one.every, one.unit, one.next_at)


async def setup(bot: Bot) -> None:
    await bot.add_cog(About(bot))
