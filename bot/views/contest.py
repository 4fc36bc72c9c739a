"""A server's contests: what stands, entering, and voting without seeing counts.

In: a contest as its reader sees it.  Out: layouts and their buttons.
"""

from typing import Any, Final

import discord
from discord import ui

from bot.actions.contests import Contest
from bot.database.contests import ContestRecord
from bot.generation.grid import PictureFile
from bot.views.answer import note
from bot.views.client import BotInteraction
from bot.views.custom_id import Base36, unwritten
from bot.views.gallery import share_box, with_files
from bot.views.layout import Layout
from bot.views.press import Press, actor_of, row_of
from bot.wording import community, text
from bot.wording.reader import say

PER_PAGE: Final = 5  # entries of a page, or first places
MAX_LABEL: Final = 100


class Enter(Press, verb="enter"):
    """Asks which of one's shared pictures to enter."""

    contest_id: Base36

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(community.ENTER), emoji="✋", style=discord.ButtonStyle.primary)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        mine = await interaction.client.services.contests.enterable(actor_of(interaction))
        if not mine:
            await interaction.followup.send(view=note(say(community.NOTHING_TO_ENTER)), ephemeral=True)
            return
        layout = Layout()
        layout.add_item(ui.TextDisplay(say(community.WHICH_ENTRY)))
        named = tuple((share.id, share.prompt) for share in mine)
        layout.add_item(row_of(EnterPicker(self.contest_id, named)))
        await interaction.followup.send(view=layout, ephemeral=True)


class EnterPicker(Press, verb="enterpick"):
    """Enters the picture that is chosen."""

    contest_id: Base36
    mine: tuple[tuple[int, str], ...] = unwritten(default=())

    def control(self) -> ui.Select[Any]:
        options = [
            discord.SelectOption(label=text.shorten(text.one_line(prompt), MAX_LABEL) or "…", value=str(share_id))
            for share_id, prompt in self.mine
        ]
        return ui.Select(placeholder=say(community.CHOOSE_PICTURE), options=options)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        contests = interaction.client.services.contests
        share = await contests.enter(actor_of(interaction), self.contest_id, self.chosen_number("share"))
        await interaction.followup.send(view=note(community.entered(share.prompt)), ephemeral=True)


class Entries(Press, verb="entries"):
    """Shows entries to whoever presses, from the one in this place on; with buttons to vote while that is time."""

    contest_id: Base36
    first: int
    phase: community.Phase | None = unwritten(default=None)

    def control(self) -> ui.Button[Any]:
        if self.first:
            return ui.Button(label=say(community.MORE_ENTRIES), emoji="▶️")
        voting = self.phase == "voting"
        return ui.Button(
            label=say(community.SEE_AND_VOTE if voting else community.SEE_ENTRIES),
            emoji="🗳️" if voting else "🖼️",
            style=discord.ButtonStyle.primary if voting else discord.ButtonStyle.secondary,
        )

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        layout = await entries_layout(interaction, self.contest_id, self.first)
        await interaction.followup.send(view=layout, files=layout.files, ephemeral=True)


class CastVote(Press, verb="castvote"):
    """Votes for an entry, and shows the page again; `first` is where that page starts."""

    contest_id: Base36
    share_id: Base36
    first: int
    chosen: bool | None = unwritten(default=None)

    def control(self) -> ui.Button[Any]:
        if self.chosen:
            return ui.Button(label=say(community.YOUR_VOTE), emoji="✅", style=discord.ButtonStyle.success)
        return ui.Button(label=say(community.VOTE_FOR_THIS), emoji="🗳️")

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        await interaction.client.services.contests.vote(actor_of(interaction), self.contest_id, self.share_id)
        layout = await entries_layout(interaction, self.contest_id, self.first)
        await interaction.edit_original_response(view=layout, attachments=layout.files)


class CallOff(Press, verb="calloff"):
    """Calls the contest off for good; for managers."""

    contest_id: Base36

    def control(self) -> ui.Button[Any]:
        return ui.Button(label=say(community.CALL_OFF), style=discord.ButtonStyle.danger)

    async def press(self, interaction: BotInteraction) -> None:
        await interaction.response.defer()
        await interaction.client.services.contests.cancel(actor_of(interaction), self.contest_id)
        await interaction.edit_original_response(view=note(say(community.CALLED_OFF)))


class CallOffQuestion(Layout):
    """What would end without a result, to be confirmed."""

    def __init__(self, record: ContestRecord) -> None:
        super().__init__()
        self.add_item(ui.TextDisplay(community.call_off(record.theme)))
        self.add_item(row_of(CallOff(record.id)))


class ContestLayout(Layout):
    """A contest and what one can do in it."""

    def __init__(self, record: ContestRecord, entries: int) -> None:
        super().__init__()
        phase = community.contest_phase(record.phase, record.voting_at, record.ends_at)
        told = f"### {community.contest_title(record.theme)}\n{phase}\n-# {community.entries(entries)}"
        self.add_item(ui.TextDisplay(told))
        buttons = contest_buttons(record, entries)
        if buttons:
            self.add_item(row_of(*buttons))


class EntriesLayout(Layout):
    """A page of entries for one viewer; once it is closed, by place, with votes.  `files` are to be sent along."""

    def __init__(self, contest: Contest, shown: dict[int, PictureFile | None], first: int) -> None:
        super().__init__()
        record, self.files = contest.record, list[discord.File]()
        phase = community.contest_phase(record.phase, record.voting_at, record.ends_at)
        self.add_item(ui.TextDisplay(f"### {community.contest_title(record.theme)}\n{phase}"))
        ranked = contest.result or tuple((0, share, 0) for share in contest.entries)
        for place, share, votes in ranked[first : first + PER_PAGE]:
            box, file = share_box(share, shown[share.id])
            self.files += file
            if place:
                box.add_item(ui.TextDisplay(community.place(place, votes)))
            elif record.phase == "voting" and share.id == contest.entered:
                box.add_item(ui.TextDisplay(f"-# {say(community.YOUR_ENTRY)}"))
            elif record.phase == "voting":
                box.add_item(row_of(CastVote(record.id, share.id, first, contest.voted == share.id)))
            self.add_item(box)
        if not ranked:
            self.add_item(ui.TextDisplay(say(community.NO_ENTRIES)))
        if len(ranked) > first + PER_PAGE:
            self.add_item(row_of(Entries(record.id, first + PER_PAGE)))


def contest_buttons(record: ContestRecord, entries: int) -> list[Press]:
    """What can be done in this phase."""
    enter: list[Press] = [Enter(record.id)] if record.phase == "entries" else []
    look: list[Press] = [Entries(record.id, 0, record.phase)] if entries and record.phase != "cancelled" else []
    return enter + look


async def entries_layout(interaction: BotInteraction, contest_id: int, first: int) -> EntriesLayout:
    """The page as the person may see it."""
    contest = await interaction.client.services.contests.look(actor_of(interaction), contest_id)
    ranked = [one for _, one, _ in contest.result] or list(contest.entries)
    shown = await with_files(interaction, ranked[first : first + PER_PAGE])
    return EntriesLayout(contest, {share.id: picture for share, picture in shown}, first)
