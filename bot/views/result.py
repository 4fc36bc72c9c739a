"""The delivered generation: its grid and everything that can be done with it.

In: a finished generation's record and grid.  Out: the layout of the answer.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Self

import discord
from discord import ui

from bot.database.records import GenerationRecord
from bot.generation.grid import PictureFile
from bot.generation.reply import Result
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.delete import Delete
from bot.views.download import DownloadAll
from bot.views.layout import Layout
from bot.views.picture import RESULT_COLOUR, PickOne, SharePickerLayout, buttons_of, share
from bot.views.press import GenerationPress, actor_of, place, row_of
from bot.views.remix import RemixModal
from bot.wording import text

MAX_COMMAND_SHOWN = 1300
MAX_WORDS_SHOWN, MAX_WORD_SHOWN = 4, 30


class ResultLayout(Layout):
    """Prompt and facts, the grid, a button for each picture, and the actions on the whole."""

    @classmethod
    def of(cls, result: Result, *, mention: bool = False) -> Self:
        """What has just been drawn, with the words that the model did not know."""
        return cls(result.record, result.grid, mention=mention, unknown=result.unknown_words)

    def __init__(
        self, record: GenerationRecord, grid: PictureFile, *, mention: bool = False, unknown: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.file = grid_file(record, grid)
        if mention:
            self.add_item(ui.TextDisplay(f"<@{record.order.requester.user_id}> your pictures are ready."))
        box: ui.Container[Self] = ui.Container(accent_colour=RESULT_COLOUR)
        lines = [f"**{text.plain(record.order.prompt)}**", f"-# {facts(record)}"]
        if unknown:
            lines.append(f"-# {unknown_words(unknown)}")
        box.add_item(ui.TextDisplay("\n".join(lines)))
        hidden = record.order.spoiler or record.is_covered
        box.add_item(ui.MediaGallery(discord.MediaGalleryItem(self.file, spoiler=hidden)))
        for row in picture_rows(record):
            box.add_item(row)
        for row in action_rows(record):
            box.add_item(row)
        self.add_item(box)


def grid_file(record: GenerationRecord, grid: PictureFile) -> discord.File:
    return discord.File(
        BytesIO(grid.data),
        filename=f"easel-{record.id}.{grid.suffix}",
        description=text.alt_text(record.order.prompt),
    )


def unknown_words(words: Sequence[str]) -> str:
    """ "I don't know “pepe”; I drew what is nearest." """
    named = [f"“{text.plain(word, MAX_WORD_SHOWN)}”" for word in words[:MAX_WORDS_SHOWN]]
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"
    return f"I don't know {listed}; I drew what is nearest."


def facts(record: GenerationRecord) -> str:
    """Who, and from what: "by @ann · seed 7 · builtin · 2.1 s"."""
    parts = [f"by <@{record.order.requester.user_id}>", f"seed {record.seed}"]
    if record.model:
        parts.append(text.plain(record.model, 60))
    if record.seconds is not None:
        parts.append(text.seconds(record.seconds))
    origin = {"reroll": "re-roll", "vary": "variation", "remix": "remix"}.get(record.order.kind)
    if origin and record.order.parent_id is not None:
        parts.append(f"{origin} of {record.order.parent_id}")
    return " · ".join(parts)


def picture_rows(record: GenerationRecord) -> list[ui.ActionRow[Any]]:
    """The choice of a picture; where there is one only, what the choice would lead to."""
    images = tuple(image for image in record.images if image.removal is None)
    if len(record.images) == 1:
        return [row for image in images for row in buttons_of(record, image.index, share=False)]
    return [row_of(PickOne(record.id, images, len(record.images)))] if images else []


def action_rows(record: GenerationRecord) -> list[ui.ActionRow[Any]]:
    """What can be done with the whole."""
    first = row_of(Reroll(record.id), Remix(record.id))
    if record.order.requester.guild_id is not None:
        first.add_item(ShareAny(record.id))
    first.add_item(Details(record.id))
    return [first, row_of(DownloadAll(record.id), Delete(record.id))]


class Reroll(GenerationPress, verb="reroll"):
    """The same order once more with another seed, for whoever pressed."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Re-roll", emoji="🎲")

    async def press(self, interaction: BotInteraction) -> None:
        order = await interaction.client.services.pictures.reroll(actor_of(interaction), self.generation_id)
        await place(interaction, order)


class Remix(GenerationPress, verb="remix"):
    """Opens the prompt for a change, then draws it for whoever pressed.

    `index` changes nothing but the id: two pictures of one generation may stand in the same gallery.
    """

    index: int | None = None

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Remix", emoji="✏️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.send_modal(RemixModal(await self.generation(interaction)))


class ShareAny(GenerationPress, verb="shareany"):
    """Shares the picture; of a grid, asks which."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Share", emoji="🖼️")

    async def press(self, interaction: BotInteraction) -> None:
        indexes = await interaction.client.services.gallery.shareable(actor_of(interaction), self.generation_id)
        if len(indexes) == 1:
            await share(interaction, self.generation_id, indexes[0])
        else:
            layout = SharePickerLayout(self.generation_id, indexes)
            await interaction.response.send_message(view=layout, ephemeral=True)


class Details(GenerationPress, verb="details"):
    """Every parameter, to whoever asks; the filter's verdict only to the owner and to moderators."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label="Details", emoji="ℹ️")

    async def press(self, interaction: BotInteraction) -> None:
        record = await self.generation(interaction)
        told = details(record, verdict=actor_of(interaction).answers_for(record))
        await interaction.response.send_message(view=note(told), ephemeral=True)


def details(record: GenerationRecord, *, verdict: bool, repeat: bool = True) -> str:
    """All that is known of a generation, in at most 4,000 characters; `repeat` adds the command that repeats it.

    No command repeats a variation, which started from a picture; nor is one shown that had to be cut.
    """
    order = record.order
    lines = [f"### Generation {record.id}", f"Prompt\n{text.code(order.prompt, 1000)}"]
    if order.negative_prompt:
        lines.append(f"Negative prompt\n{text.code(order.negative_prompt, 500)}")
    options = {
        "Model": record.model,
        "Guidance": order.guidance_scale,
        "Temperature": order.temperature,
        "Top k": order.top_k,
        "Strength": order.strength,
        "Size": order.size,
        "Parent": order.parent_id,
        "Seconds": None if record.seconds is None else f"{record.seconds:.1f}",
    }
    lines.append(" · ".join(f"{name} **{value}**" for name, value in options.items() if value is not None))
    for image in record.images:
        gone = "" if image.removal is None else " · removed"
        lines.append(f"-# Picture {image.index + 1}: seed {image.seed} · {image.width}×{image.height}{gone}")
    if verdict and record.verdict is not None:
        found = (
            f" ({text.category(record.verdict.category)}, {record.verdict.score:.2f})"
            if record.verdict.category
            else ""
        )
        lines.append(f"Filter: **{record.verdict.action}**{found}")
    command = command_line(record)
    from_picture = order.strength is not None or record.init_image_key is not None
    if repeat and not from_picture and len(command) <= MAX_COMMAND_SHOWN:
        lines.append(f"To repeat it\n{text.code(command, MAX_COMMAND_SHOWN)}")
    return "\n".join(line for line in lines if line)


def command_line(record: GenerationRecord) -> str:
    """What to type to get the same pictures: "/imagine prompt:… images:4 seed:7"."""
    order = record.order
    options = {
        "images": order.images,
        "seed": record.seed,
        "guidance": order.guidance_scale,
        "temperature": order.temperature,
        "top_k": order.top_k,
        "negative": order.negative_prompt,
        "size": order.size,
    }
    given = [f"{name}:{value}" for name, value in options.items() if value is not None]
    return " ".join(["/imagine", f"prompt:{order.prompt}", *given])
