"""The request log as moderators read it: filtered, page by page, each entry one press away.

In: pages of the request log of one server.  Out: layouts that only the asking moderator sees.
"""

from abc import abstractmethod
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal, Self

import discord
from discord import ui

from bot.actions.exports import message_url
from bot.actions.removals import Removed
from bot.actions.spelled import spelled
from bot.database.records import GenerationFilter, GenerationRecord, Page, SanctionRecord
from bot.errors import InvalidOption
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.custom_id import Base36
from bot.views.details import details
from bot.views.exported import LogFile
from bot.views.filters import Shown, asked_for, described, in_id, out_of_id
from bot.views.history import grid_of
from bot.views.layout import MAX_CHARACTERS, Layout
from bot.views.press import GenerationPress, Press, actor_of
from bot.views.result import grid_file
from bot.views.sanction import Ban, TimeOut
from bot.wording import buttons, drawing, moderating, terms, text
from bot.wording.reader import labelled, say
from bot.wording.render import explain_kept

PER_PAGE: Final = 6
FAR: Final = 36**8  # no row has a longer number
_MARKS: Final = {
    "checking": "🔎", "queued": "🕓", "running": "🎨", "delivering": "📨", "delivered": "✅", "blocked": "⛔",
    "cancelled": "✖️", "failed": "⚠️", "expired": "📥",
}  # fmt: skip


class ModLogLayout(Layout):
    """One page of the log under a filter, with the sanction in force where the filter names a person."""

    def __init__(
        self, page: Page[GenerationRecord], wanted: GenerationFilter, before: int | None,
        sanction: SanctionRecord | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        hint = f"\n{say(moderating.WORDS_ARE_PROMPTS)}" if spelled(wanted.words or "") else ""
        self.add_item(ui.TextDisplay(f"### {say(moderating.LOG)}\n-# {described(wanted)}{_in_force(sanction)}{hint}"))
        for record in page.records:
            self.add_item(ui.Section(ui.TextDisplay(entry(record)), accessory=LogEntry(record.id)))
        if not page.records:
            self.add_item(ui.TextDisplay(say(moderating.NOTHING_MATCHES)))
        pages: ui.ActionRow[Any] = ui.ActionRow()
        if before is not None:
            pages.add_item(LogPage.of(wanted, None))
        if page.next_before is not None:
            pages.add_item(LogPage.of(wanted, page.next_before))
        if page.records:
            pages.add_item(LogFile("csv", *in_id(wanted)))
            pages.add_item(LogFile("jsonl", *in_id(wanted)))
            self.add_item(pages)


class Turning(Press):
    """Turns to what is older than row `before` under the same filter, which its id holds."""

    before: Base36 | None

    @property
    @abstractmethod
    def wanted(self) -> GenerationFilter: ...

    def control(self) -> ui.Button[Any]:
        newest = self.before is None
        return ui.Button(label=say(buttons.NEWEST if newest else buttons.OLDER), emoji="⏮️" if newest else "▶️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.edit_message(view=await modlog_layout(interaction, self.wanted, self.before))


class ModLogPage(Turning, verb="modlog"):
    """As it was written before there were channels, times and scores."""

    user_id: Base36 | None
    status: Literal[Shown, "done"] | None  # "done" is what ids called delivered ones until the states got their names
    category: str | None
    words: str | None

    @property
    def wanted(self) -> GenerationFilter:
        status = "delivered" if self.status == "done" else self.status
        return asked_for(self.user_id, status, self.category, self.words)


class LogPage(Turning, verb="modlog", version=2):
    """Times are whole minutes since 1970, the score is in hundredths."""

    user_id: Base36 | None
    channel_id: Base36 | None
    status: Shown | None
    category: str | None
    since: Base36 | None
    until: Base36 | None
    score: Base36 | None
    words: str | None

    @classmethod
    def of(cls, wanted: GenerationFilter, before: int | None) -> Self:
        """Raises InvalidOption for a filter that no id holds."""
        try:
            return cls(before, *in_id(wanted))
        except ValueError as error:
            raise InvalidOption("words", "too_many_filters") from error

    @property
    def wanted(self) -> GenerationFilter:
        return out_of_id(self)


class LogEntry(GenerationPress, verb="logentry"):
    """Opens one entry: everything known of it, with its pictures."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.OPEN))

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        record = await interaction.client.services.moderation.entry(actor_of(interaction), self.generation_id)
        layout = Layout()
        layout.add_item(ui.TextDisplay(opened_entry(record)))
        files = []
        picture = await grid_of(interaction.client.services, record)
        if picture is not None:
            files = [grid_file(record, picture)]
            layout.add_item(ui.MediaGallery(discord.MediaGalleryItem(files[0])))
            layout.add_item(ui.TextDisplay(drawing.mark()))
        requester = record.order.requester
        layout.add_item(ui.ActionRow(*_removing(record), TimeOut(requester.user_id), Ban(requester.user_id)))
        single = _single(record)
        for at in range(0, len(single), 5):  # as many as Discord has in a row
            layout.add_item(ui.ActionRow(*single[at : at + 5]))
        await interaction.followup.send(view=layout, files=files, ephemeral=True)


def _removing(record: GenerationRecord) -> list[Press]:
    """Nothing was drawn of what was blocked; what its owner deleted is gone, and the operator's word stands."""
    if record.removal is not None:
        return [ShowAgain(record.id, None)] if record.can_restore() else []
    return [Remove(record.id)] if record.status != "blocked" else []


def _single(record: GenerationRecord) -> list[Press]:
    """To show single pictures again that the filter held back or moderators took out of what is shown."""
    if record.removal is not None:
        return []
    gone = [image.index for image in record.images if record.can_restore(image.index)]
    return [ShowAgain(record.id, index) for index in gone]


class Remove(GenerationPress, verb="remove"):
    """Takes a generation down from within the log."""

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(buttons.REMOVE), style=discord.ButtonStyle.danger)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        removed = await interaction.client.services.removals.remove(actor_of(interaction), self.generation_id, "")
        await interaction.edit_original_response(view=removed_note(removed), attachments=[])


class ShowAgain(GenerationPress, verb="restore"):
    """Takes a moderator's removal back: of a generation, or of one picture of it."""

    index: int | None

    def control(self) -> ui.Button[Any]:
        which = "" if self.index is None else f" ({self.index + 1})"
        return ui.Button(label=f"{say(buttons.UNDO_REMOVAL)}{which}", emoji="↩️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        await interaction.client.services.removals.restore(actor_of(interaction), self.generation_id, "", self.index)
        await interaction.edit_original_response(view=note(moderating.restored(self.generation_id, self.index)))


def removed_note(removed: Removed, index: int | None = None) -> ui.LayoutView:
    """What was removed, and the way back; what its owner deleted is gone."""
    record = removed.record
    told = note(moderating.removed(record.id, index, gone=removed.gone))
    if record.can_restore(index):
        told.add_item(ui.ActionRow(ShowAgain(record.id, index)))
    return told


async def modlog_layout(interaction: BotInteraction, wanted: GenerationFilter, before: int | None) -> ModLogLayout:
    """The page of this server's log that is older than row `before`."""
    actor, moderation = actor_of(interaction), interaction.client.services.moderation
    page = await moderation.log(actor, wanted, before, PER_PAGE)
    sanction = None if wanted.user_id is None else await moderation.in_force(actor, wanted.user_id)
    return ModLogLayout(page, wanted, before, sanction)


def narrowed(
    wanted: GenerationFilter, channel_id: int | None, since: datetime | None, until: datetime | None,
    score: float | None,
) -> GenerationFilter:  # fmt: skip
    """The filter with what else was asked for, as the next page's button will hold it.  Raises InvalidOption."""
    wanted = replace(wanted, channel_id=channel_id, since=since, until=until, score=score)
    return LogPage.of(wanted, FAR).wanted


def entry(record: GenerationRecord) -> str:
    """One entry of the list, in two lines."""
    return f"**{text.plain(record.order.prompt, 150)}**\n-# {entry_facts(record)}"


def opened_entry(record: GenerationRecord) -> str:
    """All that moderators may read of an entry, in at most 4,000 characters whatever people wrote.

    Where there are many words, single pictures' removals are left out.
    """
    lines = [f"-# {entry_facts(record)}"]
    if record.verdict is not None and record.verdict.reason:
        lines.append(moderating.filtered_because(record.verdict))
    if record.error_code is not None:
        told = explain_kept(record.error_code, record.error_data)
        lines.append(moderating.failed(record.error_code, text.shorten(told, 200)))
    if record.removal is not None:
        lines.append(moderating.removed_by(record.removal.by, record.removal.why, 200))
    removals = ((image.index, image.removal) for image in record.images)
    lines += [moderating.removed_by(gone.by, gone.why, 40, index) for index, gone in removals if gone is not None]
    told = details(record, verdict=True, repeat=False)
    for line in lines:
        if len(told) + 1 + len(line) <= MAX_CHARACTERS:
            told += "\n" + line
    return told


def entry_facts(record: GenerationRecord) -> str:
    parts = [f"{_MARKS[record.status]} {terms.status(record.status)}", f"<@{record.order.requester.user_id}>"]
    if record.order.requester.guild_id is not None:
        parts.append(f"<#{record.order.requester.channel_id}>")
    if record.verdict is not None and record.verdict.category:
        parts.append(labelled(terms.action(record.verdict.action), terms.category(record.verdict.category)))
    if record.order.private:
        parts.append(drawing.locked())
    if record.removal is not None:
        parts.append(terms.status("removed"))
    address = message_url(record)
    if address is not None:
        parts.append(f"[{say(moderating.MESSAGE)}]({address})")
    parts += [text.relative(record.created_at), say(moderating.ID, id=record.id)]
    return " · ".join(parts)


def _in_force(sanction: SanctionRecord | None) -> str:
    return "" if sanction is None else "\n" + moderating.in_force(sanction.kind, sanction.until, sanction.reason)
