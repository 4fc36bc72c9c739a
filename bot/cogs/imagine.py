"""Drawing: `/imagine`, and what belongs to one's place in the queue: `/queue`, `/cancel`, `/help`.

In: interactions.  Out: orders placed, and what the queue says of them.
"""

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import Bot
from bot.generation.reply import Pending
from bot.orders.order import Order
from bot.views import status
from bot.views.answer import note
from bot.views.press import actor_of, answering, place
from bot.wording import text
from inference.contract import MAX_GUIDANCE_SCALE, MAX_SEED, MAX_TEMPERATURE, MAX_TOP_K

HELP = """### Easel draws what you describe
`/imagine prompt:a red heart on a blue background` draws four pictures. Options: `images` (1, 4 or 9), `seed` (the \
same seed draws the same pictures), `guidance` (higher follows the prompt more closely), `temperature` and `top_k` \
(higher is wilder), `negative` (what to leave out).
**Below the result** the list opens one picture, to upscale, vary or share it. *Re-roll* draws the prompt again, \
*Remix* lets you change it first, *Details* shows every parameter.
`/queue` shows who waits, `/cancel` stops your own, `/history` keeps your pictures, `/gallery` shows what the server \
shares and votes for."""

HELP_MODERATORS = """**For moderators** `/mod log` is the request log, by person, status, category or words; open an \
entry to see its pictures and to remove it. `/mod remove` takes one picture or all of a generation down, \
`/mod timeout` and `/mod ban` keep a person from using Easel in this server, `/mod unban` lifts that."""

HELP_MANAGERS = """**For managers** `/settings` chooses where and how Easel draws here, for the server or a channel."""


DEFAULT_IMAGES = 4


class Imagine(commands.Cog):
    """Commands about drawing."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @app_commands.command(description="Draw pictures from a description")
    @app_commands.describe(
        prompt="What the pictures should show",
        images="How many pictures (4)",
        seed="Draws the same pictures again",
        guidance="How closely to follow the prompt; the model's own choice if left out",
        temperature="Higher is wilder; the model's own choice if left out",
        top_k="Choose from the k likeliest codes only; 0 is off",
        negative="What to leave out",
    )
    @app_commands.choices(images=[app_commands.Choice(name=str(count), value=count) for count in (1, 4, 9)])
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def imagine(
        self,
        interaction: discord.Interaction[Bot],
        prompt: str,
        images: int | None = None,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        guidance: app_commands.Range[float, 1.0, MAX_GUIDANCE_SCALE] | None = None,
        temperature: app_commands.Range[float, 0.01, MAX_TEMPERATURE] | None = None,
        top_k: app_commands.Range[int, 0, MAX_TOP_K] | None = None,
        negative: str | None = None,
    ) -> None:
        # The prompt has no length limit here: Discord would refuse it without saying what the limit is.
        async with answering(interaction):
            actor = actor_of(interaction)
            if images is None:
                images = (await self.bot.services.server_settings.drawing(actor)).default_images or DEFAULT_IMAGES
            order = Order(
                requester=actor.requester,
                prompt=prompt,
                negative_prompt=negative,
                images=images,
                seed=seed,
                guidance_scale=guidance,
                temperature=temperature,
                top_k=top_k,
            )
            await place(interaction, order)

    @app_commands.command(description="See what is being drawn and who waits")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def queue(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            everyone = self.bot.services.works.pending(None)
            mine = [pending for pending in everyone if pending.user_id == interaction.user.id]
            drawing = sum(pending.status == "running" for pending in everyone)
            lines = [f"### Queue\n{drawing} being drawn, {len(everyone) - drawing} waiting."]
            lines += [f"{_standing(pending)} · {text.plain(pending.prompt, 100)}" for pending in mine[:10]]
            if everyone and not mine:
                lines.append("-# None of them is yours.")
            await interaction.response.send_message(view=note("\n".join(lines)), ephemeral=True)

    @app_commands.command(description="Stop your generations that are not finished")
    @app_commands.describe(which="Which one; all of yours if left out")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def cancel(self, interaction: discord.Interaction[Bot], which: str | None = None) -> None:
        async with answering(interaction):
            await interaction.response.defer(ephemeral=True)
            one = None if which is None else int(which) if which.isdecimal() else 0
            stopped = self.bot.services.pictures.cancel_own(actor_of(interaction), one)
            done = f"Cancelled {text.count(stopped, 'generation')}."
            await interaction.followup.send(view=note(done), ephemeral=True)

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

    @app_commands.command(description="What Easel can do")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def help(self, interaction: discord.Interaction[Bot]) -> None:
        async with answering(interaction):
            actor = actor_of(interaction)
            parts = [HELP]
            parts += [HELP_MODERATORS] if actor.is_moderator else []
            parts += [HELP_MANAGERS] if actor.is_manager else []
            await interaction.response.send_message(view=note("\n".join(parts)), ephemeral=True)


def _standing(pending: Pending) -> str:
    if pending.position is None:
        return {"checking": "🔎 Being checked", "running": "🎨 Being drawn"}.get(pending.status, pending.status)
    return status.queued_status(pending.position, pending.eta_seconds)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Imagine(bot))
