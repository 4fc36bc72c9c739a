"""What waits for moderators, as Discord shows it: in the review channel, and one after another in `/mod review`.

In: reviews and the generations that they are about.  Out: layouts with buttons to decide.
"""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.actions.reviews import Decision, can_allow
from bot.database.records import GenerationRecord
from bot.database.reviews import ReviewRecord
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.custom_id import unwritten
from bot.views.history import grid_of
from bot.views.layout import Layout
from bot.views.modlog import LogEntry, ShowAgain, entry_facts
from bot.views.press import GenerationPress, Press, actor_of
from bot.views.records import PersonRecord
from bot.views.result import grid_file
from bot.views.sanction import Ban, TimeOut
from bot.wording import buttons, drawing, moderating, text
from bot.wording.reader import say


class Keep(GenerationPress, verb="keep"):
    """Decides that a generation may stay."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.KEEP), emoji="✅", style=discord.ButtonStyle.success)

    async def press(self, interaction: BotInteraction) -> None:
        await _decide(interaction, self.generation_id, "keep", moderating.kept(self.generation_id, interaction.user.id))


class TakeDown(GenerationPress, verb="takedown"):
    """Decides that a generation goes."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.REMOVE), emoji="🗑️", style=discord.ButtonStyle.danger)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        reviews = interaction.client.services.reviews
        decided = await reviews.decide(actor_of(interaction), self.generation_id, "remove")
        gone = decided.gone is not False
        sentence = moderating.taken_down(self.generation_id, interaction.user.id, gone=gone)
        await _decided(interaction, self.generation_id, sentence)


class AllowHere(GenerationPress, verb="allow"):
    """Decides that a blocked prompt may pass in this server."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.ALLOW_HERE), emoji="✅", style=discord.ButtonStyle.success)

    async def press(self, interaction: BotInteraction) -> None:
        await _decide(interaction, self.generation_id, "keep", moderating.allowed_here(self.generation_id))


class AllowOnce(GenerationPress, verb="once"):
    """Decides that who asked for a blocked prompt may ask for it one more time."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.ALLOW_ONCE), emoji="☑️")

    async def press(self, interaction: BotInteraction) -> None:
        await _decide(interaction, self.generation_id, "once", moderating.allowed_once(self.generation_id))


class LeaveBlocked(GenerationPress, verb="leave"):
    """Decides that a blocked prompt stays blocked."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.LEAVE_BLOCKED), emoji="⛔", style=discord.ButtonStyle.danger)

    async def press(self, interaction: BotInteraction) -> None:
        await _decide(interaction, self.generation_id, "remove", moderating.left_blocked(self.generation_id))


class LeaveRemoved(GenerationPress, verb="leaveremoved"):
    """Decides that what was removed otherwise, as with a ban, stays so."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.LEAVE_REMOVED), emoji="🗑️", style=discord.ButtonStyle.danger)

    async def press(self, interaction: BotInteraction) -> None:
        await _decide(interaction, self.generation_id, "remove", moderating.left_removed(self.generation_id))


def _rows(
    record: GenerationRecord, said: Sequence[ReviewRecord], following: str | None
) -> tuple[ui.ActionRow[Any], ...]:
    """What can be decided about it, and about who asked for it; `following` is the place of the next one.

    Of a blocked prompt nothing was drawn that could be kept or removed; it is let pass where a server may, and
    somebody appealed.  What was removed is shown again first, if it is to be kept.
    """
    of = record.order.requester.user_id
    decisions: list[Press] = [Keep(record.id), TakeDown(record.id)]
    if record.status == "blocked":
        allowable = can_allow(record, (one.kind for one in said))
        decisions = [*([AllowHere(record.id), AllowOnce(record.id)] if allowable else []), LeaveBlocked(record.id)]
    elif record.removal is not None:
        decisions = [LeaveRemoved(record.id), *([ShowAgain(record.id, None)] if record.can_restore() else [])]
    on = [] if following is None else [NextReview(following.replace(".", "-"))]
    return ui.ActionRow(*decisions, *on), ui.ActionRow(LogEntry(record.id), PersonRecord(of), TimeOut(of), Ban(of))


class NextReview(Press, verb="review"):
    """Shows what is next in the queue; `after` is the place of the one before it, `waiting` how many are left."""

    after: str | None
    waiting: int = unwritten(default=0)

    def control(self) -> ui.Button[Any]:
        label = f"{say(buttons.NEXT)} ({self.waiting})" if self.waiting else say(buttons.NEXT)
        return ui.Button(label=label, emoji="▶️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        layout, files = await review_layout(interaction, self.after and self.after.replace("-", "."))
        await interaction.edit_original_response(view=layout, attachments=files)


class TakeBack(GenerationPress, verb="takeback"):
    """Puts what was decided last about a generation back into the queue."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.UNDO), emoji="↩️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        actor, services = actor_of(interaction), interaction.client.services
        await services.reviews.undo(actor, self.generation_id)
        record = await services.moderation.entry(actor, self.generation_id)
        layout = note(moderating.taken_back(self.generation_id, interaction.user.id))
        for row in _rows(record, await services.reviews.of(actor, record.id), None):
            layout.add_item(row)
        await interaction.edit_original_response(view=layout)


async def _decide(interaction: BotInteraction, generation_id: int, decision: Decision, sentence: str) -> None:
    await interaction.response.defer()
    await interaction.client.services.reviews.decide(actor_of(interaction), generation_id, decision)
    await _decided(interaction, generation_id, sentence)


async def _decided(interaction: BotInteraction, generation_id: int, sentence: str) -> None:
    """In place of the buttons: what was decided, the way back, and, for who goes through the queue, the way on."""
    layout, message = note(sentence), interaction.message
    on: list[Press] = []
    if message is not None and message.flags.ephemeral:
        waiting = await interaction.client.services.reviews.count(actor_of(interaction))
        if waiting:
            on = [NextReview(None, waiting=waiting)]
        else:
            layout.add_item(ui.TextDisplay(f"-# {say(moderating.NOTHING_TO_REVIEW)}"))
    layout.add_item(ui.ActionRow(TakeBack(generation_id), *on))
    await interaction.edit_original_response(view=layout, attachments=[])


def announcement(review: ReviewRecord, record: GenerationRecord) -> ui.LayoutView:
    """What the review channel reads."""
    layout = Layout()
    layout.add_item(ui.TextDisplay(described([review], record)))
    for row in _rows(record, [review], None):
        layout.add_item(row)
    return layout


async def review_layout(interaction: BotInteraction, after: str | None) -> tuple[ui.LayoutView, list[discord.File]]:
    """The first thing behind `after` in the queue, with its pictures."""
    actor, services = actor_of(interaction), interaction.client.services
    queue = await services.reviews.page(actor, None, after, limit=1)
    if not queue.records:
        return note(say(moderating.NOTHING_TO_REVIEW)), []
    record = await services.moderation.entry(actor, queue.records[0].generation_id)
    said = [one for one in await services.reviews.of(actor, record.id) if one.closed_at is None]
    layout = Layout()
    heading = moderating.review_heading(
        await services.reviews.count(actor), await services.reviews.count_by_kind(actor)
    )
    layout.add_item(ui.TextDisplay(f"{heading}\n{described(said, record)}"))
    files = []
    picture = await grid_of(services, record)
    if picture is not None:
        files = [grid_file(record, picture)]
        layout.add_item(ui.MediaGallery(discord.MediaGalleryItem(files[0])))
        layout.add_item(ui.TextDisplay(drawing.mark()))
    for row in _rows(record, said, queue.next_cursor):
        layout.add_item(row)
    return layout, files


def described(reviews: list[ReviewRecord], record: GenerationRecord) -> str:
    """Why it is here, the prompt, and who asked for it; in fewer than 4,000 characters."""
    lines = [moderating.review_line(one.kind, one.by, one.image_index, one.words) for one in reviews[:5]]
    if len(reviews) > 5:
        lines.append(moderating.more(len(reviews) - 5))
    lines += [f"> {text.plain(record.order.prompt, 600)}", f"-# {entry_facts(record)}"]
    if record.verdict is not None and record.verdict.reason:
        lines.append(moderating.filter_said(record.verdict))
    return "\n".join(lines)
