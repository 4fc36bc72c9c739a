"""What Easel is and may do for you: `/help`, `/limits`, `/about`."""

from importlib import metadata

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Bot
from bot.orders.limits import Standing
from bot.views.answer import note
from bot.views.press import actor_of, answering
from bot.wording import text
from bot.wording.catalogue import Sentences

HELP = """### Easel draws what you describe
`/imagine prompt:a red heart on a blue background` draws four pictures. Options: `images` (1, 4 or 9), `seed` (the \
same seed draws the same pictures), `guidance` (higher follows the prompt more closely), `temperature` and `top_k` \
(higher is wilder), `negative` (what to leave out), `style`. `a cat --seed 7 --no cars --n 4` works, too.
**Below the result** the list opens one picture, to upscale, vary or share it. *Re-roll* draws the prompt again, \
*Remix* lets you change it first, *Details* shows every parameter.
**Yours** `/again` draws your last prompt once more, `/queue` shows who waits, `/cancel` stops your own, `/history` \
keeps your pictures, `/style` words that you add to many prompts, `/limits` tells what you have left.
**Everybody's** `/gallery` shows what the server shares and votes for, `/favourites` what you starred there, \
`/details` how a picture came about. Right-click a message of Easel's → *Apps*: *Who made this?*, *Remix*, *Report*."""

HELP_MODERATORS = """**For moderators** `/mod log` is the request log, by person, status, category or words; open an \
entry to see its pictures and to remove it. `/mod remove` takes one picture or all of a generation down, \
`/mod timeout` and `/mod ban` keep a person from using Easel in this server, `/mod unban` lifts that."""

HELP_MANAGERS = """**For managers** `/settings` chooses where and how Easel draws here, for the server or a channel."""


class About(commands.Cog):
    """Commands that only tell."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description="What Easel can do")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def help(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            actor = actor_of(interaction)
            parts = [HELP]
            parts += [HELP_MODERATORS] if actor.is_moderator else []
            parts += [HELP_MANAGERS] if actor.is_manager else []
            await interaction.response.send_message(view=note("\n".join(parts)), ephemeral=True)

    @app_commands.command(description="How much you may still draw")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def limits(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            actor, services = actor_of(interaction), self.bot.services
            here = await services.server_settings.drawing(actor)
            standings = await services.limits.standings(actor.requester, here.limit_per_person)
            lines = ["### What you have left", *(_left(standing) for standing in standings)]
            if not standings:
                lines.append("There is no limit here.")
            waiting = len(services.works.pending(actor.user_id))
            lines.append(f"-# {text.count(waiting, 'generation')} of yours under way; {_most_images(here.max_images)}")
            await interaction.response.send_message(view=note("\n".join(lines)), ephemeral=True)

    @app_commands.command(description="What draws here, and what is kept of it")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def about(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            models = self.bot.services.pool.models()
            drawn = "\n".join(
                f"**{text.plain(model.name, 60)}** {text.plain(model.description, 200)} · {', '.join(model.sizes)}"
                for model in models
            )
            lines = [
                f"### Easel {metadata.version('easel')}",
                "Easel draws what you describe, on its operator’s own machines. Every picture is AI-generated.",
                drawn or "No model is ready at the moment.",
                "-# Kept: your prompts with their settings and pictures, until you delete them (🗑️ below each).",
                "-# Moderators of this server can read its request log.",
            ]
            await interaction.response.send_message(view=note("\n".join(lines)), ephemeral=True)


def _left(standing: Standing) -> str:
    whose = "You" if standing.whose == "person" else "This server together"
    limit = f"{standing.amount} per {Sentences().period(standing.every, standing.unit)}"
    more = "" if standing.next_at is None else f" · more {text.relative(standing.next_at)}"
    return f"{whose}: **{standing.left}** left of {limit}{more}"


def _most_images(most: int | None) -> str:
    return "up to 9 pictures at a time." if most is None else f"up to {text.count(most, 'picture')} at a time here."


async def setup(bot: Bot) -> None:
    await bot.add_cog(About(bot))
